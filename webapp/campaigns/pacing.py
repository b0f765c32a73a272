"""How fast a campaign is, and how long it still takes: measured, and as a range."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

#: The speed "now" is that of so many seconds.
LATELY = 60.0
#: When nothing has been counted for so long, nothing moves.
STALE = 120.0
LONGEST = timedelta(days=60)

#: A moment -> the next one at which something may leave, and when the quiet hours begin after it.
Opening = Callable[[datetime], tuple[datetime, datetime | None]]


class Left(NamedTuple):
    """When it will be done: at the earliest, and at the latest."""

    earliest: datetime
    latest: datetime


def lately(history: Sequence[Sequence[float]], moment: datetime) -> float | None:
    """Return how many a minute have left of late; None while there is nothing to measure.

    ``history`` is that of a batch: [epoch seconds, left the house, delivered, failed].
    """
    if len(history) < 2:
        return None
    last = history[-1]
    if moment.timestamp() - last[0] > STALE:
        return 0.0
    first = next(point for point in history if point[0] >= last[0] - LATELY)
    if first is last:
        first = history[-2]
    return _per_minute(first, last)


def overall(history: Sequence[Sequence[float]]) -> float | None:
    """Return how many a minute have left since the beginning."""
    return _per_minute(history[0], history[-1]) if len(history) > 1 else None


def _per_minute(first: Sequence[float], last: Sequence[float]) -> float:
    left = last[1] + last[3] - first[1] - first[3]
    return max(0.0, 60 * left / max(last[0] - first[0], 0.001))


def range_of(measured: Sequence[float | None], limit: int) -> tuple[float, float] | None:
    """Return the slowest and the fastest speed to reckon with, in messages a minute.

    ``limit`` is what the channels allow, 0: anything. None: it cannot be said yet.
    """
    speeds = [speed for speed in measured if speed]
    if limit:
        speeds = [min(speed, limit) for speed in speeds] or [limit * 0.8, limit]
    return (min(speeds) * 0.95, max(speeds) * 1.05) if speeds else None


def left(
    remaining: int, speeds: tuple[float, float], opening: Opening, moment: datetime
) -> Left | None:
    """Return when so many will be done, with the quiet hours in between; None: not in two months."""
    slow, fast = speeds
    earliest, latest = (_done(remaining, speed, opening, moment) for speed in (fast, slow))
    return None if earliest is None or latest is None else Left(earliest, latest)


def _done(remaining: float, speed: float, opening: Opening, moment: datetime) -> datetime | None:
    end = moment + LONGEST
    while moment < end:
        opens, closes = opening(moment)
        needed = timedelta(minutes=remaining / speed)
        if closes is None or opens + needed <= closes:
            return opens + needed
        remaining -= (closes - opens).total_seconds() / 60 * speed
        moment = closes
    return None


def words(seconds: tuple[float, float]) -> str:
    """Say a span as people do: "10 to 14 minutes", "about 3 hours"."""
    low, high = (_rounded(part) for part in seconds)
    if high.unit == "":
        return "less than a minute"
    if low.unit == "":
        return f"at most {high.said}"
    if low == high:
        return f"about {low.said}"
    return f"{low.number} to {high.said}" if low.unit == high.unit else f"{low.said} to {high.said}"


class _Span(NamedTuple):
    number: int
    unit: str

    @property
    def said(self) -> str:
        return f"{self.number} {self.unit}{'' if self.number == 1 else 's'}"


def _rounded(seconds: float) -> _Span:
    if seconds < 45:
        return _Span(0, "")
    if seconds < 90 * 60:
        return _Span(max(1, round(seconds / 60)), "minute")
    if seconds < 36 * 3600:
        return _Span(round(seconds / 3600), "hour")
    return _Span(round(seconds / 86400), "day")


def span(seconds: float) -> str:
    """Say one span of time."""
    found = _rounded(seconds)
    return found.said if found.unit else f"{max(0, round(seconds))} seconds"
