"""What is measured of jobs and workers: each a statement that reads an index of few rows."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import case, func, select

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import JobKind, Queue
from webapp.jobs.models import ALIVE_FOR, WAITING, Job, JobState, Turn, Worker
from webapp.states import stands


class Depth(NamedTuple):
    """What waits in a queue, of what is due. Times in seconds; 0 where nothing waits."""

    waiting: int = 0
    oldest: float = 0.0
    #: How long the oldest has been due of which Redis has not been told.
    untold: float = 0.0


def depths() -> dict[Queue, Depth]:
    """Return what is due and waits, of every queue."""
    moment = now()
    untold = case((Job.published_at.is_(None), Job.run_at))
    rows = db.session.execute(
        select(Job.queue, func.count(), func.min(Job.run_at), func.min(untold))
        .where(stands(Job.state, *WAITING), Job.run_at <= moment)
        .group_by(Job.queue)
    )
    found = {
        queue: Depth(count, _since(oldest, moment), _since(behind, moment))
        for queue, count, oldest, behind in rows
    }
    return {queue: found.get(queue, Depth()) for queue in Queue}


def _since(then: datetime | None, moment: datetime) -> float:
    return 0.0 if then is None else max(0.0, (moment - then).total_seconds())


def running() -> dict[tuple[Queue, JobKind], int]:
    """Return how many jobs run, by queue and kind."""
    rows = db.session.execute(
        select(Job.queue, Job.kind, func.count())
        .where(stands(Job.state, JobState.PROGRESS))
        .group_by(Job.queue, Job.kind)
    )
    return {(queue, kind): count for queue, kind, count in rows}


class Staff(NamedTuple):
    """The workers that said lately that they live, and those that fell silent without a good-bye."""

    alive: Sequence[Worker]
    silent: Sequence[Worker]


def staff() -> Staff:
    """Return the workers that there are, or were until they vanished."""
    rows = db.session.scalars(select(Worker).order_by(Worker.name)).all()
    limit = now() - ALIVE_FOR
    return Staff(
        [worker for worker in rows if worker.seen_at > limit],
        [worker for worker in rows if worker.seen_at <= limit],
    )


def beat_heard_at() -> datetime | None:
    """Return when a worker last heard beat tick; None when none ever did."""
    return db.session.scalar(select(func.max(Turn.last_at)))


def earliest_id(moment: datetime) -> uuid.UUID:
    """Return the id before every one that is given from a moment on: UUIDv7 begins with the time."""
    milliseconds = int(moment.timestamp() * 1000)
    return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | 0x8 << 60)
