"""Counts that only grow, so that a chart of them has no holes when old jobs are removed."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Float, case, cast, delete, func, select

from webapp.clock import now
from webapp.extensions import db
from webapp.health.models import Quarter, Tally, Watch
from webapp.health.thresholds import LATELY
from webapp.jobs.history import JobEvent, What
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState

#: What ends is stamped a moment before its transaction is seen by others.
SETTLED = timedelta(seconds=10)
QUARTER = timedelta(minutes=15)
KEPT = timedelta(days=8)
#: A house that was not watched for long counts so much at a time.
MOST = timedelta(hours=6)
#: Upper bounds in seconds, as Prometheus counts them: at most so much.
WAITED = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)
RAN = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 240.0, 900.0, 3600.0)
OUTCOMES = {JobState.SUCCESS: "done", JobState.FAILURE: "failed", JobState.REVOKED: "stopped"}
EVENTS = {What.RETRY: "retried", What.LOST: "lost"}


def count(watch: Watch) -> None:
    """Count what has ended since the last time. The caller holds the turn, and commits."""
    until = min(now() - SETTLED, watch.counted_until + MOST)
    if until <= watch.counted_until:
        return
    begins = _quarter(until)
    for kind, numbers in _ended(watch.counted_until, until).items():
        _add(kind, numbers)
        _note(kind, begins, numbers)
    newest, events = _events(watch.counted_event_id)
    for kind, numbers in events.items():
        _add(kind, numbers)
        _note(kind, begins, numbers)
    db.session.execute(delete(Quarter).where(Quarter.begins_at < now() - KEPT))
    watch.counted_until, watch.counted_event_id = until, newest


def newest_event_id() -> int:
    """Return up to where the history of jobs is before the counting begins."""
    return db.session.scalar(select(func.max(JobEvent.id))) or 0


def _quarter(moment: datetime) -> datetime:
    seconds = int(QUARTER.total_seconds())
    return datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, UTC)


Numbers = dict[str, float]


def _ended(since: datetime, until: datetime) -> dict[JobKind, Numbers]:
    """Count what ended after one moment and not after another: by one statement, for each kind."""
    begun = func.coalesce(Job.started_at, Job.finished_at)
    waited, ran = _seconds(Job.run_at, begun), _seconds(begun, Job.finished_at)
    columns = {
        **{name: _how_many(Job.state == state) for state, name in OUTCOMES.items()},
        "waited_sum": func.sum(waited),
        "ran_sum": func.sum(ran),
        **{f"waited_{limit:g}": _how_many(waited <= limit) for limit in WAITED},
        **{f"ran_{limit:g}": _how_many(ran <= limit) for limit in RAN},
    }
    rows = db.session.execute(
        select(Job.kind, *(column.label(name) for name, column in columns.items()))
        .where(Job.finished_at > since, Job.finished_at <= until)
        .group_by(Job.kind)
    )
    return {row.kind: {name: getattr(row, name) for name in columns} for row in rows}


def _how_many(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _seconds(begin: Any, end: Any) -> Any:
    """Return the seconds between two columns, none less than 0, in the database's own words."""
    if db.engine.dialect.name == "postgresql":
        span: Any = func.extract("epoch", end - begin)
    else:
        span = (func.julianday(end) - func.julianday(begin)) * 86_400
    return case((span > 0, cast(span, Float)), else_=0.0)


def _events(after: int) -> tuple[int, dict[JobKind, Numbers]]:
    """Count the retries and losses that were written down after a number; return the newest one too."""
    limit = db.session.scalar(
        select(func.max(JobEvent.id)).where(JobEvent.id > after, JobEvent.at <= now() - SETTLED)
    )
    if limit is None:
        return after, {}
    rows = db.session.execute(
        select(Job.kind, JobEvent.what, func.count())
        .join(Job, Job.id == JobEvent.job_id)
        .where(JobEvent.id > after, JobEvent.id <= limit, JobEvent.what.in_(EVENTS))
        .group_by(Job.kind, JobEvent.what)
    )
    found: dict[JobKind, Numbers] = {}
    for kind, what, number in rows:
        found.setdefault(kind, {})[EVENTS[what]] = number
    return limit, found


def _add(kind: JobKind, numbers: Numbers) -> None:
    """Add to what was ever counted of a kind."""
    row = db.session.get(Tally, kind)
    if row is None:
        row = Tally(kind=kind, numbers={})
        db.session.add(row)
    together = dict(row.numbers)
    for name, number in numbers.items():
        together[name] = together.get(name, 0) + number
    row.numbers = together


def _note(kind: JobKind, begins_at: datetime, numbers: Numbers) -> None:
    """Add to what was counted of a kind in this quarter of an hour."""
    row = db.session.get(Quarter, (kind, begins_at))
    if row is None:
        row = Quarter(
            kind=kind,
            begins_at=begins_at,
            ended=0,
            failed=0,
            retried=0,
            lost=0,
            waited=0.0,
            ran=0.0,
        )
        db.session.add(row)
    row.ended += sum(int(numbers.get(name, 0)) for name in OUTCOMES.values())
    row.failed += int(numbers.get("failed", 0))
    row.retried += int(numbers.get("retried", 0))
    row.lost += int(numbers.get("lost", 0))
    row.waited += numbers.get("waited_sum", 0.0)
    row.ran += numbers.get("ran_sum", 0.0)


class Share(NamedTuple):
    """What ended of a kind lately, and what ended of it in the time before."""

    kind: JobKind
    ended: int
    failed: int
    lost: int
    ended_before: int
    failed_before: int


def shares() -> list[Share]:
    """Return what ended of each kind in the last quarter of an hour or two, beside the day before."""
    lately = Quarter.begins_at > now() - LATELY - QUARTER
    rows = db.session.execute(
        select(
            Quarter.kind,
            *(
                func.sum(case((lately, column), else_=0))
                for column in (Quarter.ended, Quarter.failed, Quarter.lost)
            ),
            *(
                func.sum(case((lately, 0), else_=column))
                for column in (Quarter.ended, Quarter.failed)
            ),
        )
        .where(Quarter.begins_at > now() - timedelta(days=1))
        .group_by(Quarter.kind)
    )
    return [Share._make(row) for row in rows]


class Span(NamedTuple):
    """What was counted of all kinds together in some time. Seconds are sums over all that ended."""

    ended: int = 0
    failed: int = 0
    retried: int = 0
    lost: int = 0
    waited: float = 0.0
    ran: float = 0.0


def span(since: datetime, until: datetime | None = None) -> Span:
    """Add up the quarters of an hour that began in a time, at most some days ago."""
    columns = [getattr(Quarter, name) for name in Span._fields]
    row = db.session.execute(
        select(*(func.coalesce(func.sum(column), 0) for column in columns)).where(
            Quarter.begins_at >= since, Quarter.begins_at < (until or now())
        )
    ).one()
    return Span._make(row)


def tallies() -> dict[JobKind, Numbers]:
    """Return what was ever counted, of every kind."""
    found = {row.kind: row.numbers for row in db.session.scalars(select(Tally))}
    return {kind: found.get(kind, {}) for kind in JobKind}
