"""The tasks about websites."""

from typing import Any

from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.running import Run
from webapp.knowledge.models import Source
from webapp.websites import crawling, scheduling
from webapp.websites import stopping as stopping  # a stopped job stops its website
from worker.tasking import MORE, job_task


@job_task(JobKind.WEBSITE_CRAWL)
def crawl(run: Run, source_id: int, max_pages: int | None = None) -> Any:
    """Read a website, or go on with it, for a while; ``max_pages`` stands in for its own limit."""
    source = db.session.get(Source, source_id)
    answer = (
        crawling.REMOVED if source is None else crawling.go_on(run, source, max_pages=max_pages)
    )
    return MORE if answer is None else {"answer": answer}


@job_task(JobKind.WEBSITES_DUE)
def due(run: Run) -> dict[str, int]:
    """Ask for the crawl of each website whose time has come."""
    return {"asked": scheduling.ask_for_due(run)}
