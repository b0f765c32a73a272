"""The tasks about documents."""

from typing import Any

from webapp.documents import again, reading
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.running import Run
from webapp.knowledge.models import Source
from worker.tasking import MORE, job_task


@job_task(JobKind.DOCUMENT_READ)
def read(run: Run, source_id: int) -> Any:
    """Read a document, or go on with it, for a while."""
    source = db.session.get(Source, source_id)
    if source is None:
        return {"answer": "It has been removed."}
    answer = reading.go_on(run, source)
    return MORE if answer is None else {"answer": answer}


@job_task(JobKind.DOCUMENTS_READ_AGAIN)
def read_again(run: Run, which: str) -> dict[str, str]:
    """Ask for the reading of many documents: of all that failed, or were read with other settings."""
    return {"answer": again.go_on(run, again.Which(which))}
