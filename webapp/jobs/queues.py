"""What waits in each queue, for how long, and how fast it goes."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, Subquery, case, func, literal, select

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import Queue
from webapp.jobs.models import WAITING, Job, JobState
from webapp.states import stands

#: Nobody reads a larger number otherwise than as "very many", and counting on would cost.
MOST = 100_000
#: The rate is that of so many minutes.
MINUTES = 5


class Depth(NamedTuple):
    """What waits in a queue."""

    #: Jobs whose time has come; ``MOST`` means that many or more.
    waiting: int
    #: For how long the oldest of them is due; None when none is.
    oldest_seconds: float | None
    #: Jobs whose time has not come yet, such as another try; ``MOST`` likewise.
    later: int = 0
    running: int = 0
    #: Jobs a minute that have ended lately.
    rate: float = 0.0


def depths() -> dict[Queue, Depth]:
    """Return what waits in each queue, runs, and has ended in the last minutes: one statement.

    It reads at most ``MOST`` entries of an index for a number.
    """
    moment = now()
    due, later = Job.run_at <= moment, Job.run_at > moment
    ended = _ended(moment - timedelta(minutes=MINUTES))
    parts: list[ColumnElement[Any]] = []
    for queue in Queue:
        oldest = select(func.min(Job.run_at)).where(*_waits(queue, due)).scalar_subquery()
        running = select(func.count()).where(
            stands(Job.state, JobState.PROGRESS), Job.queue == queue
        )
        parts += [_count(queue, due), oldest, _count(queue, later), running.scalar_subquery()]
        parts.append(ended.c[queue.name])
    columns = [part.label(f"part_{number}") for number, part in enumerate(parts)]
    row = db.session.execute(select(*columns).select_from(ended)).one()
    size = len(parts) // len(Queue)
    return {
        queue: _depth(moment, *row[size * number : size * (number + 1)])
        for number, queue in enumerate(Queue)
    }


def _depth(
    moment: datetime,
    waiting: int,
    oldest: datetime | None,
    later: int,
    running: int,
    ended: int | None,
) -> Depth:
    seconds = None if oldest is None else max(0.0, (moment - oldest).total_seconds())
    return Depth(waiting, seconds, later, running, (ended or 0) / MINUTES)


def _ended(since: datetime) -> Subquery:
    """Return one row with a number for each queue: its jobs that have ended since."""
    numbers = [
        func.sum(case((Job.queue == queue, 1), else_=0)).label(queue.name) for queue in Queue
    ]
    return select(*numbers).where(Job.finished_at > since).subquery()


def _waits(queue: Queue, when: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    return (stands(Job.state, *WAITING), Job.queue == queue, when)


def _count(queue: Queue, when: ColumnElement[bool]) -> ScalarSelect[int]:
    some = select(literal(1)).where(*_waits(queue, when)).limit(MOST).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
