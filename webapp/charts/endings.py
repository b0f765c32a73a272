"""What ended in a span of time, counted from the jobs themselves, and how long those had waited and run.

The one place that says what counts: see docs/decisions/0030-what-was-done-is-added-up.md.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, extract, func, select

from webapp.charts.hours import Piece
from webapp.charts.models import BUCKETS, EDGES, NUMBERS
from webapp.database import reading
from webapp.extensions import db
from webapp.jobs.history import JobEvent, What
from webapp.jobs.models import Job, JobState
from webapp.states import stands

#: What the row of a job tells, until it is run again.
SHOWN = {JobState.SUCCESS: "done", JobState.REVOKED: "stopped"}
#: What has no other trace than what is told of it, once the job was run again.
TOLD = {What.ERROR: "failed", What.RETRY: "retried", What.LOST: "lost"}
_IS_TOLD = stands(JobEvent.what, *TOLD)

#: By kind and queue, each of ``NUMBERS``.
Sums = dict[tuple[Any, Any], dict[str, float]]


def within(span: Piece) -> Sums:
    """Count what ended in a span, by kind and queue; what none ended of is left out.

    Commits first, so as not to keep anybody from writing meanwhile.
    """
    sums: Sums = defaultdict(lambda: dict.fromkeys(NUMBERS, 0))
    with only_looking():
        for row in db.session.execute(_shown(span)):
            numbers = sums[row.kind, row.queue]
            if row.state in SHOWN:
                numbers[SHOWN[row.state]] += row.number
            for name, bucket, seconds in (
                ("waited", row.waited_in, row.waited),
                ("ran", row.ran_in, row.ran),
            ):
                if bucket is not None and row.state != JobState.REVOKED:
                    numbers[name] += float(seconds)
                    numbers[f"{name}_{bucket}"] += row.number
        for kind, queue, what, number in db.session.execute(_told(span)):
            sums[kind, queue][TOLD[what]] += number
    return {key: numbers for key, numbers in sums.items() if any(numbers.values())}


def next_after(moment: datetime) -> datetime | None:
    """Return when something ended next, at a moment or after it."""
    jobs = select(func.min(Job.finished_at)).where(Job.finished_at >= moment)
    told = select(func.min(JobEvent.at)).where(_IS_TOLD, JobEvent.at >= moment)
    row = db.session.execute(select(jobs.scalar_subquery(), told.scalar_subquery())).one()
    return min((found for found in row if found), default=None)


def _shown(span: Piece) -> Any:
    waited, ran = _seconds(Job.due_at, Job.started_at), _seconds(Job.started_at, Job.finished_at)
    groups = [
        Job.kind,
        Job.queue,
        Job.state,
        _bucket(waited).label("waited_in"),
        _bucket(ran).label("ran_in"),
    ]
    return (
        select(
            *groups,
            func.count().label("number"),
            func.sum(waited).label("waited"),
            func.sum(ran).label("ran"),
        )
        .where(Job.finished_at >= span.begin, Job.finished_at < span.end)
        .group_by(*groups)
    )


def _told(span: Piece) -> Any:
    return (
        select(Job.kind, Job.queue, JobEvent.what, func.count())
        .join(JobEvent, JobEvent.job_id == Job.id)
        .where(_IS_TOLD, JobEvent.at >= span.begin, JobEvent.at < span.end)
        .group_by(Job.kind, Job.queue, JobEvent.what)
    )


def _seconds(begin: Any, end: Any) -> ColumnElement[Any]:
    """Return the seconds between two columns, none less than 0: machines' clocks differ by a little."""
    if db.engine.dialect.name == "sqlite":
        span: Any = (func.julianday(end) - func.julianday(begin)) * 86_400.0
    else:
        span = extract("epoch", end - begin)
    return case((span < 0, 0.0), else_=span)


def _bucket(seconds: ColumnElement[Any]) -> ColumnElement[int | None]:
    steps = [(seconds < edge, bucket) for bucket, edge in enumerate(EDGES)]
    return case((seconds.is_(None), None), *steps, else_=BUCKETS[-1])


@contextmanager
def only_looking() -> Iterator[None]:
    """Read without the write lock, which on SQLite would keep everybody else from writing. Commits."""
    db.session.commit()
    token = reading.set(True)
    try:
        yield
        db.session.commit()
    finally:
        reading.reset(token)
