"""The tasks about websites."""

from typing import Any

from webapp.jobs.kinds import JobKind
from webapp.jobs.running import Run
from worker.tasking import job_task


@job_task(JobKind.WEBSITE_CRAWL)
def crawl(run: Run, source_id: int) -> Any:
    """Read a website, or go on with it, for a while."""
    raise NotImplementedError


@job_task(JobKind.WEBSITES_DUE)
def due(run: Run) -> Any:
    """Ask for the crawl of each website whose time has come."""
    raise NotImplementedError
