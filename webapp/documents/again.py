"""Documents are read again: one, all that failed, or all that were read with other settings."""

from enum import StrEnum

from sqlalchemy import Select, func, select

from webapp.accounts import acting
from webapp.accounts.acting import record
from webapp.documents import reading
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.jobs.queue import enqueue
from webapp.jobs.running import Run
from webapp.knowledge.models import Reading, Source, SourceKind, SourceState
from webapp.knowledge.readings import outdated

AT_ONCE = 50


class Which(StrEnum):
    """Which documents are read again."""

    FAILED = "failed"
    OUTDATED = "outdated"
    """Read with other settings, or by an older version of the reader."""


class BeingRemoved(Exception):
    """A document that is being removed is not read again; the text says so."""


def read_again(source: Source) -> Job:
    """Read a document again; what was found of it stays until that is done. Raises BeingRemoved."""
    if source.state == SourceState.REMOVING:
        raise BeingRemoved("This document is being removed.")
    record("document.read_again", f"Asked to read {source.name} again", about=source)
    return reading.ask(source)


def all_again(which: Which) -> Job:
    """Read many again, by a job that asks for each one's."""
    record("documents.read_again", f"Asked to read again all that {WORDS[which]}", which=which)
    return enqueue(JobKind.DOCUMENTS_READ_AGAIN, key=which.value, which=which.value)


WORDS = {
    Which.FAILED: "could not be read",
    Which.OUTDATED: "was read with other settings",
}


def count(which: Which) -> int:
    """Return how many there are."""
    return db.session.scalar(select(func.count()).select_from(_ids(which).subquery())) or 0


def go_on(run: Run, which: Which) -> str:
    """Ask for the reading of each, some at a time. Commits.

    What has been asked for waits and is not among them any more, so this may begin anew. Nobody is
    told of each one's end: whoever asked for hundreds did not ask for hundreds of notices.
    """
    asked, total = 0, count(which)
    asker = acting.who()
    acting.act_as(acting.NOBODY)
    try:
        while some := db.session.scalars(
            select(Source).where(Source.id.in_(_ids(which).limit(AT_ONCE).scalar_subquery()))
        ).all():
            for source in some:
                reading.ask(source)
            asked += len(some)
            run.step(asked, max(total, asked), f"{asked:,} asked for")
    finally:
        acting.act_as(asker)
    return f"{asked:,} documents are read again."


def _ids(which: Which) -> Select[int]:
    found = select(Source.id).where(Source.kind == SourceKind.DOCUMENT).order_by(Source.id)
    if which == Which.FAILED:
        return found.where(Source.state == SourceState.FAILED)
    standing = (SourceState.READY, SourceState.FAILED, SourceState.STOPPED)
    return found.join(Reading).where(Reading.live, outdated(), Source.state.in_(standing))
