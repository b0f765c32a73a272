"""What waits in each queue, for how long, and how fast it goes."""

from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, func, literal, select

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import Queue
from webapp.jobs.models import WAITING, Job
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


def depths() -> dict[Queue, Depth]:
    """Return what waits in each queue: one statement, which reads at most ``MOST`` entries of an index each."""
    moment = now()
    due, later = Job.run_at <= moment, Job.run_at > moment
    columns: list[ScalarSelect[Any]] = []
    for queue in Queue:
        oldest = select(func.min(Job.run_at)).where(*_waits(queue, due)).scalar_subquery()
        columns += [_count(queue, due), oldest, _count(queue, later)]
    row = db.session.execute(select(*(part.label(f"n{i}") for i, part in enumerate(columns)))).one()
    found = {}
    for number, queue in enumerate(Queue):
        waiting, oldest_at, not_yet = row[3 * number : 3 * number + 3]
        seconds = None if oldest_at is None else max(0.0, (moment - oldest_at).total_seconds())
        found[queue] = Depth(waiting, seconds, not_yet)
    return found


def rates() -> dict[Queue, float]:
    """Return how many jobs a minute of each queue have ended lately."""
    ended = (
        select(Job.queue, func.count())
        .where(Job.finished_at > now() - timedelta(minutes=MINUTES))
        .group_by(Job.queue)
    )
    found = {queue: number / MINUTES for queue, number in db.session.execute(ended).tuples()}
    return {queue: found.get(queue, 0.0) for queue in Queue}


def _waits(queue: Queue, when: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    return (stands(Job.state, *WAITING), Job.queue == queue, when)


def _count(queue: Queue, when: ColumnElement[bool]) -> ScalarSelect[int]:
    some = select(literal(1)).where(*_waits(queue, when)).limit(MOST).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
