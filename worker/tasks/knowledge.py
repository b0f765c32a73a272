"""The tasks about what is known."""

from typing import Any

from webapp.jobs.kinds import JobKind
from webapp.jobs.running import Run
from worker.tasking import job_task


@job_task(JobKind.SOURCE_REMOVE)
def remove(run: Run, source_id: int) -> Any:
    """Take away what a source has brought, its file, and itself."""
    raise NotImplementedError
