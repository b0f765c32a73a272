"""The job that reads a document."""

from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.jobs.queue import enqueue
from webapp.knowledge.models import Source


def ask(source: Source) -> Job:
    """Ask for the reading of a document; while it waits or runs, that is one job."""
    return enqueue(
        JobKind.DOCUMENT_READ, about=source, key=f"source:{source.id}", source_id=source.id
    )
