"""A source is removed: at once nothing of it is found, and a job takes away what it has brought."""

from collections.abc import Callable

from sqlalchemy import delete

from webapp import storage
from webapp.accounts.acting import record
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.jobs.queue import enqueue
from webapp.jobs.running import NotNow, Run
from webapp.knowledge import clearing
from webapp.knowledge.models import Source, SourceKind, SourceState
from webapp.states import move

#: What a slice keeps of its sources beside what is found: called with the source's id, perhaps more
#: than once, outside of a transaction; it commits, and may raise ``storage.Away``.
leavings: dict[SourceKind, Callable[[int], None]] = {}
STORAGE_AWAY = "The storage of files did not answer."


def remove(source: Source) -> Job | None:
    """Let nothing of a source be found any more, and ask for the job that takes the rest away.

    None when that has been asked for already.
    """
    others = [state for state in SourceState if state != SourceState.REMOVING]
    if not move(source, SourceState.REMOVING, expect=others, error=None, advice=None):
        return None
    record(f"{source.kind}.removed", f"Removed {source.name}", about=source)
    return enqueue(
        JobKind.SOURCE_REMOVE, about=source, key=f"source:{source.id}", source_id=source.id
    )


def go_on(run: Run, source: Source) -> str:
    """Take away what a source has brought, what its slice keeps of it, and itself. Commits.

    Raises NotNow when the storage is away.
    """
    source_id, kind, name = source.id, source.kind, source.name
    clearing.of_source(run, source_id, note=f"Removing {name}")
    run.step()
    if kind in leavings:
        try:
            leavings[kind](source_id)
        except storage.Away:
            raise NotNow(STORAGE_AWAY, "It is tried again by itself.") from None
    db.session.execute(delete(Source).where(Source.id == source_id))
    return f"{name} is removed."
