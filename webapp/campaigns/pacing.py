"""How fast a campaign is, as measured: now, and since its beginning."""

from collections.abc import Sequence
from datetime import datetime

#: The speed "now" is that of so many seconds.
LATELY = 60.0
#: When nothing has changed for so long, nothing moves.
STALE = 120.0
#: What was measured may be so much lower or higher later on.
SPREAD = 0.1

History = Sequence[Sequence[float]]


def lately(history: History, moment: datetime) -> float | None:
    """Return how many messages a minute have left of late; None while there is nothing to measure.

    ``history`` is that of a batch: [epoch seconds, left the house, delivered, failed].
    """
    if len(history) < 2:
        return None
    last = history[-1]
    if moment.timestamp() - last[0] > STALE:
        return 0.0
    before = [point for point in history[:-1] if point[0] >= last[0] - LATELY]
    return _per_minute(before[0] if before else history[-2], last)


def overall(history: History) -> float | None:
    """Return how many a minute have left since the beginning."""
    return _per_minute(history[0], history[-1]) if len(history) > 1 else None


def _per_minute(first: Sequence[float], last: Sequence[float]) -> float:
    left = last[1] + last[3] - first[1] - first[3]
    return max(0.0, 60 * left / max(last[0] - first[0], 1))


def expected(measured: Sequence[float | None], limit: int) -> tuple[float, float] | None:
    """Return the slowest and the fastest speed to reckon with, in messages a minute.

    ``limit`` is what the channels allow, 0: anything. None: it cannot be said yet.
    """
    speeds = [speed for speed in measured if speed]
    if limit:
        speeds = [min(speed, limit) for speed in speeds] or [limit]
    if not speeds:
        return None
    low, high = min(speeds) * (1 - SPREAD), max(speeds) * (1 + SPREAD)
    return (low, min(high, limit)) if limit else (low, high)
