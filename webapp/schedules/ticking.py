"""What a tick does: it asks for whatever is due, each once, however many beats and workers there are."""

import itertools
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Update, select, update
from sqlalchemy.exc import IntegrityError

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import Wake
from webapp.jobs.models import Job
from webapp.jobs.queue import enqueue, wake
from webapp.schedules import whens
from webapp.schedules.finding import Entry, entries, write_missing_rows
from webapp.schedules.models import Beat, IfMissed, Schedule
from webapp.states import rows_changed

log = structlog.get_logger(__name__)

NOTED_EVERY = timedelta(seconds=4)
#: Beyond this many nobody wants to know how many exactly, and a tick has other things to do.
COUNTED = 1_000


class Missed(NamedTuple):
    """Runs that nobody was there to ask for."""

    number: int
    first: datetime
    last: datetime


def tick() -> None:
    """Ask for what is due. Commits after each schedule; a fault of one is logged, and holds up no other."""
    if hear():
        db.session.commit()
    known = entries()
    missing = [entry.name for entry in known if entry.row.version == 0]
    if missing:
        write_missing_rows(missing)
        db.session.commit()
        known = entries()
    moment = now()
    for entry in [entry for entry in known if _wants_something(entry, moment)]:
        try:
            take(entry, moment)
            db.session.commit()
        except Exception:
            db.session.rollback()
            log.exception("a schedule could not be asked for", schedule=entry.name)


def hear() -> bool:
    """Note that beat ticks, at most every few seconds; False when that was noted just now. The caller commits."""
    moment = now()
    noted = db.session.scalar(select(Beat.heard_at).where(Beat.id == 1))
    if noted is None:
        try:
            with db.session.begin_nested():
                db.session.add(Beat(id=1, heard_at=moment))
        except IntegrityError:  # another worker heard its first tick at the same time
            return False
        return True
    old = update(Beat).where(Beat.id == 1, Beat.heard_at <= moment - NOTED_EVERY)
    return _changed(old.values(heard_at=moment))


def _wants_something(entry: Entry, moment: datetime) -> bool:
    if entry.paused:
        return False
    due = entry.row.next_at
    return due is None or due <= moment or entry.row.reckoned != entry.reckoned


def take(entry: Entry, moment: datetime) -> Job | None:
    """Take what is due of a schedule and ask for it; None when nothing is, or somebody else took it.

    The taking is one UPDATE that names the time it has read, in the transaction of the job.
    """
    if not _wants_something(entry, moment):
        return None
    due = entry.row.next_at
    values: dict[str, Any] = {"next_at": entry.when.after(moment, entry.zone)}
    if due is None or entry.row.reckoned != entry.reckoned:  # new, or at another time than before
        _set(entry, due, values)
        return None
    punctual, missed = _looked_through(entry, due, moment)
    runs = punctual or entry.if_missed == IfMissed.RUN_ONCE
    if missed is not None:
        first_to_last = {"missed_from": missed.first, "missed_until": missed.last}
        values |= {"missed": missed.number, "missed_made_up": runs, **first_to_last}
    return ask(entry, routine=True) if _set(entry, due, values) and runs else None


def _looked_through(entry: Entry, due: datetime, moment: datetime) -> tuple[bool, Missed | None]:
    """Return whether a run is due now and not long ago, and which were missed before."""
    if entry.wakes:
        return True, None
    runs = itertools.chain([due], whens.upcoming(entry.when, entry.zone, due))
    since = list(itertools.takewhile(lambda run: run <= moment, itertools.islice(runs, COUNTED)))
    missed = [run for run in since if moment - run > entry.default.tolerance]
    if not missed:
        return True, None
    last = moment if len(since) == COUNTED else missed[-1]
    return len(missed) < len(since), Missed(len(missed), missed[0], last)


def ask(entry: Entry, *, routine: bool) -> Job | None:
    """Ask for its job, or wake what has none, and note that; None for a wake. The caller commits.

    While its last job is not finished that one is returned.
    """
    job, what = None, entry.default.what
    made_up = {} if routine else {"missed_made_up": True}  # a person has seen to it
    if isinstance(what, Wake):
        wake(what)
    else:
        key, args = entry.default.key, dict(entry.default.args)
        job = enqueue(what, about=entry, key=key, routine=routine, **args)
    db.session.execute(
        update(Schedule)
        .where(Schedule.name == entry.name)
        .values(
            last_at=now(),
            last_job_id=job.id if job else None,
            version=Schedule.version + 1,
            **made_up,
        )
        .execution_options(synchronize_session=False)
    )
    return job


def _set(entry: Entry, due: datetime | None, values: dict[str, Any]) -> bool:
    """Set the next run if nobody did since it was read; True for exactly one of many."""
    read = Schedule.next_at.is_(None) if due is None else Schedule.next_at == due
    return _changed(
        update(Schedule)
        .where(Schedule.name == entry.name, Schedule.paused_at.is_(None), read)
        .values(reckoned=entry.reckoned, version=Schedule.version + 1, **values)
    )


def _changed(statement: Update) -> bool:
    done = db.session.execute(statement.execution_options(synchronize_session=False))
    return rows_changed(done) == 1
