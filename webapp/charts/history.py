"""What was done in a span of time, read from the roll-ups: as fast for a year as for a day."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select

from webapp.charts.adding_up import KEPT, NUMBERS
from webapp.charts.models import BUCKETS, EDGES, Grain, HistoryMark, history
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import JobKind, Queue

#: Longer spans are read from the days.
LONG = timedelta(days=32)
LENGTH = {Grain.HOUR: timedelta(hours=1), Grain.DAY: timedelta(days=1)}


class Times(NamedTuple):
    """How long some jobs took for something, as far as buckets can tell."""

    #: How many jobs stand in each bucket.
    counts: tuple[int, ...]
    #: Of all together.
    seconds: float

    @property
    def number(self) -> int:
        """How many jobs it is told of."""
        return sum(self.counts)

    @property
    def mean(self) -> float | None:
        """Seconds; None of nothing."""
        return self.seconds / self.number if self.number else None

    @property
    def p50(self) -> float | None:
        """Half of them took at most so many seconds."""
        return self.quantile(0.5)

    @property
    def p95(self) -> float | None:
        """Of a hundred, 95 took at most so many seconds."""
        return self.quantile(0.95)

    def quantile(self, share: float) -> float | None:
        """Return the seconds that this share of the jobs did not exceed; None of nothing.

        Inside a bucket they are taken for evenly spread; beyond the last edge it is that edge.
        """
        wanted, below = share * self.number, 0
        for bucket, count in enumerate(self.counts):
            if count and below + count >= wanted:
                low = EDGES[bucket - 1] if bucket else 0.0
                high = EDGES[bucket] if bucket < len(EDGES) else low
                return low + (high - low) * (wanted - below) / count
            below += count
        return None


class Sums(NamedTuple):
    """What was done: endings, not jobs; one that failed and was run again counts twice."""

    done: int
    failed: int
    stopped: int
    #: From when it was due to when it began; not of what was stopped.
    waited: Times
    #: From when the last attempt began to its end; not of what was stopped.
    ran: Times

    @property
    def ended(self) -> int:
        """All endings."""
        return self.done + self.failed + self.stopped

    @property
    def failure_share(self) -> float | None:
        """Of what was done or failed, the share that failed; None of nothing."""
        tried = self.done + self.failed
        return self.failed / tried if tried else None


class Part(NamedTuple):
    """The sums of one kind."""

    kind: JobKind
    sums: Sums


NOTHING = Sums(0, 0, 0, *[Times((0,) * len(BUCKETS), 0.0)] * 2)


def span(
    since: datetime, until: datetime, kind: JobKind | None = None, queue: Queue | None = None
) -> Sums:
    """Return what was done from ``since`` to before ``until``, of a kind or a queue if given.

    From whole hours of the house's clock: each that has a part in the span counts. Spans of more
    than 32 days, and those of long ago, are of whole days. At most five minutes behind.
    """
    grain = grain_of(since, until)
    row = db.session.execute(
        select(*_sums()).where(*_within(grain, since, until, kind, queue))
    ).one()
    return _of(row) if row[0] is not None else NOTHING


def course(
    begins: Sequence[datetime],
    until: datetime,
    grain: Grain,
    kind: JobKind | None = None,
    queue: Queue | None = None,
) -> list[Sums]:
    """Return what was done in each of the spans that begin at these moments, in one statement."""
    rows = db.session.execute(
        select(history.c.at, *_sums())
        .where(*_of_choice(grain, kind, queue), history.c.at >= begins[0], history.c.at < until)
        .group_by(history.c.at)
    )
    found: list[list[float] | None] = [None] * len(begins)
    for at, *numbers in rows:
        slot = bisect_right(begins, at) - 1
        before = found[slot] or [0] * len(numbers)
        found[slot] = [one + other for one, other in zip(before, numbers, strict=True)]
    return [NOTHING if numbers is None else _of(numbers) for numbers in found]


def by_kind(
    since: datetime, until: datetime, grain: Grain, queue: Queue | None = None
) -> list[Part]:
    """Return what was done of each kind, what failed most first."""
    rows = db.session.execute(
        select(history.c.kind, *_sums())
        .where(*_of_choice(grain, None, queue), history.c.at >= since, history.c.at < until)
        .group_by(history.c.kind)
    ).all()
    parts = [Part(row[0], _of(row[1:])) for row in rows]
    return sorted(parts, key=lambda part: (-part.sums.failed, -part.sums.ended, part.kind))


def written_at() -> datetime | None:
    """Return when it was last added up; None when never."""
    return db.session.scalar(select(func.max(HistoryMark.written_at)))


def grain_of(since: datetime, until: datetime) -> Grain:
    """Return whether a span is read from hours or from days."""
    hours = until - since <= LONG and since > now() - KEPT[Grain.HOUR]
    return Grain.HOUR if hours else Grain.DAY


def _within(
    grain: Grain, since: datetime, until: datetime, kind: JobKind | None, queue: Queue | None
) -> tuple[ColumnElement[bool], ...]:
    first = since - LENGTH[grain]
    return (*_of_choice(grain, kind, queue), history.c.at > first, history.c.at < until)


def _of_choice(
    grain: Grain, kind: JobKind | None, queue: Queue | None
) -> tuple[ColumnElement[bool], ...]:
    chosen: tuple[ColumnElement[bool], ...] = (history.c.grain == grain,)
    if kind is not None:
        chosen += (history.c.kind == kind,)
    if queue is not None:
        chosen += (history.c.queue == queue,)
    return chosen


def _sums() -> list[Any]:
    return [func.sum(history.c[name]).label(name) for name in NUMBERS]


def _of(row: Sequence[Any]) -> Sums:
    done, failed, stopped, waited, ran, *counts = row
    half = len(BUCKETS)
    return Sums(
        int(done),
        int(failed),
        int(stopped),
        Times(tuple(map(int, counts[:half])), float(waited)),
        Times(tuple(map(int, counts[half:])), float(ran)),
    )
