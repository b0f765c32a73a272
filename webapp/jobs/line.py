"""Where a job stands in line, and when it is likely to begin."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Subquery, and_, func, or_, select

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import Queue
from webapp.jobs.models import Job, JobState
from webapp.jobs.spans import about, ordinal
from webapp.states import stands

#: Jobs ahead are counted up to here.
COUNTED = 1_000
#: The speed is that of the last jobs that ended, if there were so many, and the last one not long ago.
LAST, LEAST = 100, 20
LATELY = timedelta(minutes=2)


class Place(NamedTuple):
    """How many jobs go before this one, at most ``COUNTED`` + 1, and when it begins, where that can be said."""

    ahead: int
    begins: str | None

    @property
    def words(self) -> str:
        """Say the place: “third in line”."""
        if self.ahead > COUNTED:
            return f"behind more than {COUNTED:,} others"
        return ordinal(self.ahead)


def place(job: Any) -> Place | None:
    """Return the place in line of a job that waits for a worker; None when it waits for its time."""
    if job.finished or job.state == JobState.PROGRESS or job.run_at > now():
        return None
    ahead, *ended = db.session.execute(select(_ahead(job), _ended())).one()
    speed = _speed(*ended)
    if not job.hosts:
        return Place(ahead, None)
    if ahead == 0:
        return Place(ahead, "as soon as a worker is free")
    if not speed or ahead > COUNTED:
        return Place(ahead, None)
    seconds = ahead / speed
    return Place(ahead, f"in {about(seconds * 0.6, seconds * 2.0)}")


def _ahead(job: Any) -> ColumnElement[int]:
    """Count what workers take first: what is tried again, then queue by queue, in order of publication."""
    published = job.published_at or now()
    queues = list(Queue)
    urgent = queues[: queues.index(Queue(job.queue))]
    again = and_(stands(Job.state, JobState.RETRY), Job.run_at <= now())
    if job.state == JobState.RETRY:
        before = and_(
            again, or_(Job.queue.in_(urgent), and_(Job.queue == job.queue, Job.published_at < published))
        )  # fmt: skip
    else:
        pending = stands(Job.state, JobState.PENDING)
        before = or_(
            again,
            and_(pending, Job.queue.in_(urgent), Job.run_at <= now()),
            and_(pending, Job.queue == job.queue, Job.published_at < published),
        )
    some = select(Job.id).where(before, Job.id != job.id).limit(COUNTED + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def _ended() -> Subquery:
    """Count the last jobs that went well, with the first and the last moment at which one did."""
    last = (
        select(Job.finished_at)
        .where(stands(Job.state, JobState.SUCCESS))
        .order_by(Job.id.desc())
        .limit(LAST)
        .subquery()
    )
    at = last.c.finished_at
    return select(func.count(at).label("number"), func.min(at), func.max(at)).subquery()


def _speed(number: int, first: datetime | None, last: datetime | None) -> float | None:
    """Return the jobs a second that ended lately; None where they were too few to say that."""
    if number < LEAST or first is None or last is None or last < now() - LATELY or last <= first:
        return None
    return (number - 1) / (last - first).total_seconds()
