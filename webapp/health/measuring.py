"""What is measured of jobs and workers: each a statement that reads an index of few rows."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, select

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs import queues
from webapp.jobs.kinds import JobKind, Queue
from webapp.jobs.models import WAITING, Job, JobState
from webapp.jobs.worker_models import ALIVE_FOR, Worker
from webapp.states import stands


class Depth(NamedTuple):
    """What waits in a queue, of what is due. Times in seconds; 0 where nothing waits."""

    waiting: int = 0
    oldest: float = 0.0
    #: How long the oldest has been due of which Redis has not been told.
    untold: float = 0.0


def depths() -> dict[Queue, Depth]:
    """Return what is due and waits, of every queue, in two statements."""
    behind = _untold()
    return {
        queue: Depth(depth.waiting, depth.oldest_seconds or 0.0, behind.get(queue, 0.0))
        for queue, depth in queues.depths().items()
    }


def _untold() -> dict[Queue, float]:
    moment = now()
    rows = db.session.execute(
        select(Job.queue, func.min(Job.run_at))
        .where(stands(Job.state, *WAITING), Job.published_at.is_(None), Job.run_at <= moment)
        .group_by(Job.queue)
    )
    return {queue: max(0.0, (moment - oldest).total_seconds()) for queue, oldest in rows}


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
