"""What a source is called."""

from webapp.accounts.acting import record
from webapp.extensions import db
from webapp.jobs import subjects
from webapp.knowledge.models import Source


def rename(source: Source, name: str) -> None:
    """Call it by another name; the file it came from keeps its own."""
    if name == source.name:
        return
    record("source.renamed", f"“{source.name}” is called “{name}” now", about=source)
    source.name = name
    source.version += 1
    subjects.renamed(source)


def name_of(source_id: str) -> str | None:
    """Return what a source is called, for a sentence about it."""
    source = db.session.get(Source, int(source_id))
    return None if source is None else source.name
