"""The tasks about documents."""

from typing import Any

from webapp.jobs.kinds import JobKind
from webapp.jobs.running import Run
from worker.tasking import job_task


@job_task(JobKind.DOCUMENT_READ)
def read(run: Run, source_id: int) -> Any:
    """Read a document, or go on with it, for a while."""
    raise NotImplementedError


@job_task(JobKind.DOCUMENTS_READ_AGAIN)
def read_again(run: Run, which: str) -> Any:
    """Ask for the reading of many documents: of all that failed, or were read with other settings."""
    raise NotImplementedError
