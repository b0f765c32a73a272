"""The tasks about what is known."""

from webapp.documents import removing as of_documents
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.running import Run
from webapp.knowledge import clearing, removing
from webapp.knowledge.models import Source
from worker.tasking import job_task

assert of_documents  # noqa: S101 - it has said what documents leave behind


@job_task(JobKind.SOURCE_REMOVE)
def remove(run: Run, source_id: int) -> dict[str, str]:
    """Take away what a source has brought, its file, and itself."""
    source = db.session.get(Source, source_id)
    if source is None:
        return {"answer": "It has been removed."}
    return {"answer": removing.go_on(run, source)}


@job_task(JobKind.READINGS_CLEAR)
def clear(run: Run) -> dict[str, str]:
    """Remove the rows of readings that nobody will find again."""
    return {"answer": clearing.go_on(run)}
