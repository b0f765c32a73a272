"""What was done in a span of time, read from the roll-ups: as fast for a year as for a day."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select

from webapp.charts.adding_up import KEPT
from webapp.charts.hours import day_of, hour_of
from webapp.charts.models import BUCKETS, EDGES, NUMBERS, Grain, HistoryMark, history
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import JobKind, Queue

#: Longer spans are read from the days.
LONG = timedelta(days=32)
FLOOR = {Grain.HOUR: hour_of, Grain.DAY: day_of}


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
    #: Tries that failed and were repeated, and that were broken off as their worker died: no endings.
    retried: int
    lost: int
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


_NO_TIMES = Times((0,) * len(BUCKETS), 0.0)
NOTHING = Sums(0, 0, 0, 0, 0, _NO_TIMES, _NO_TIMES)


def span(
    since: datetime,
    until: datetime,
    zone: ZoneInfo,
    kind: JobKind | None = None,
    queue: Queue | None = None,
) -> Sums:
    """Return what was done from ``since`` to before ``until``, of a kind or a queue if given.

    From whole hours by the clock of the house, which ``zone`` is: each that has a part in the span
    counts. Spans of more than 32 days, and those of long ago, are of whole days. At most five
    minutes behind.
    """
    grain = grain_of(since, until)
    inside = (history.c.at >= FLOOR[grain](since, zone), history.c.at < until)
    row = db.session.execute(select(*_sums()).where(*_of_choice(grain, kind, queue), *inside)).one()
    return _of(row) if row[0] is not None else NOTHING


def lately(back: timedelta) -> Sums:
    """Return what was done in a time until now, at most eight days, to the quarter of an hour.

    Half a minute behind, and told also while no worker is there to add up the hours.
    """
    inside = (history.c.grain == Grain.QUARTER, history.c.at > now() - back)
    row = db.session.execute(select(*_sums()).where(*inside)).one()
    return _of(row) if row[0] is not None else NOTHING


def ever() -> dict[JobKind, Sums]:
    """Return what was ever counted of every kind: no number is ever smaller than it was."""
    of_all = _of_choice(Grain.EVER, None, None)
    rows = db.session.execute(
        select(history.c.kind, *_sums()).where(*of_all).group_by(history.c.kind)
    )
    return dict.fromkeys(JobKind, NOTHING) | {row[0]: _of(row[1:]) for row in rows}


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
    return db.session.scalar(select(HistoryMark.written_at).where(HistoryMark.grain == Grain.HOUR))


def grain_of(since: datetime, until: datetime) -> Grain:
    """Return whether a span is read from hours or from days."""
    hours = until - since <= LONG and since > now() - KEPT[Grain.HOUR]
    return Grain.HOUR if hours else Grain.DAY


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
    done, failed, stopped, retried, lost, waited, ran, *counts = row
    half = len(BUCKETS)
    return Sums(
        int(done),
        int(failed),
        int(stopped),
        int(retried),
        int(lost),
        Times(tuple(map(int, counts[:half])), float(waited)),
        Times(tuple(map(int, counts[half:])), float(ran)),
    )
