"""Where a job stands in line, and when it is likely to begin."""

from datetime import timedelta
from functools import cache
from itertools import takewhile
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, false, func, literal, or_, select

from webapp.clock import now
from webapp.jobs.kinds import Queue
from webapp.jobs.models import Job, JobState
from webapp.jobs.page.together import Found, Parts, given, row
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


def parts(job: Any) -> Parts:
    """Return the questions that ``place`` wants answered: none where a job does not stand in line."""
    moment = now()
    if job.finished or job.state == JobState.PROGRESS or job.run_at > moment:
        return Parts()
    ahead = _ahead(Queue(job.queue), again=job.state == JobState.RETRY)
    published = job.published_at or moment
    return Parts((ahead, _ENDED), {"of": job.id, "moment": moment, "published": published})


def place(job: Any, found: Found) -> Place | None:
    """Return the place in line of a job that waits for a worker; None when it waits for its time."""
    if "ahead" not in found:
        return None
    ahead, speed = found["ahead"][0].number, _speed(found["ended"][0])
    if not job.hosts:
        return Place(ahead, None)
    if ahead == 0:
        return Place(ahead, "as soon as a worker is free")
    if not speed or ahead > COUNTED:
        return Place(ahead, None)
    return Place(ahead, f"in {about(ahead / speed * 0.6, ahead / speed * 2.0)}")


@cache
def _ahead(queue: Queue, *, again: bool) -> Select[Any]:
    """Count what workers take first: what is tried again, then queue by queue, in order of publication."""
    kind, due = Job.queue.type, Job.run_at <= given("moment", Job.run_at.type)
    above = [literal(one, kind) for one in takewhile(lambda one: one != queue, Queue)]
    urgent = Job.queue.in_(above) if above else false()
    earlier = Job.published_at < given("published", Job.published_at.type)
    sooner = and_(Job.queue == queue, earlier)
    retried = and_(stands(Job.state, JobState.RETRY), due)
    if again:
        before = and_(retried, or_(urgent, sooner))
    else:
        pending = stands(Job.state, JobState.PENDING)
        before = or_(retried, and_(pending, urgent, due), and_(pending, sooner))
    others = Job.id != given("of", Job.id.type)
    some = select(Job.id).where(before, others).limit(COUNTED + 1).subquery()
    return select(*row("ahead", number=func.count(some.c.id)))


def _ended() -> Select[Any]:
    """Count the last jobs that went well, with the first and the last moment at which one did."""
    last = (
        select(Job.finished_at)
        .where(stands(Job.state, JobState.SUCCESS))
        .order_by(Job.id.desc())
        .limit(LAST)
        .subquery()
    )
    at = last.c.finished_at
    return select(*row("ended", number=func.count(at), began_at=func.min(at), at=func.max(at)))


_ENDED = _ended()


def _speed(ended: Any) -> float | None:
    """Return the jobs a second that ended lately; None where they were too few to say that."""
    first, last = ended.began_at, ended.at
    if ended.number < LEAST or last < now() - LATELY or last <= first:
        return None
    span: timedelta = last - first
    return float(ended.number - 1) / span.total_seconds()
