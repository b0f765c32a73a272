"""What happens by the clock: beat only ticks, and a row says what is due."""

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import JobKind, Wake
from webapp.jobs.models import Turn
from webapp.jobs.queue import enqueue, wake


class Periodic(NamedTuple):
    """Something that is asked for again and again."""

    what: JobKind | Wake
    every: timedelta


PERIODIC = (
    Periodic(Wake.RECONCILE, timedelta(seconds=15)),
    Periodic(JobKind.PAYMENT_CHECK, timedelta(minutes=1)),
    Periodic(JobKind.HISTORY_WRITE, timedelta(minutes=5)),
    Periodic(JobKind.WEBSITES_DUE, timedelta(minutes=10)),
    Periodic(JobKind.SESSIONS_CLEAN, timedelta(days=1)),
    Periodic(JobKind.EXPORTS_CLEAN, timedelta(hours=1)),
    Periodic(JobKind.READINGS_CLEAR, timedelta(hours=1)),
    Periodic(JobKind.FILES_CLEAN, timedelta(hours=1)),
)


def tick() -> None:
    """Ask for whatever is due. Two beats ask once: the turn is taken by a conditional update."""
    for periodic in PERIODIC:
        if not take_turn(periodic):
            continue
        if isinstance(periodic.what, Wake):
            wake(periodic.what)
        else:
            enqueue(periodic.what, key="periodic", routine=True)
        db.session.commit()


def take_turn(periodic: Periodic) -> bool:
    """Take this period's turn; False when somebody has taken it. The caller commits."""
    moment, name = now(), periodic.what.value
    taken = db.session.execute(
        update(Turn)
        .where(Turn.name == name, Turn.last_at <= moment - periodic.every)
        .values(last_at=moment)
    )
    if taken.rowcount == 1:  # type: ignore[attr-defined]
        return True
    if db.session.get(Turn, name) is None:
        try:
            with db.session.begin_nested():
                db.session.add(Turn(name=name, last_at=moment))
        except IntegrityError:
            return False
        return True
    return False
