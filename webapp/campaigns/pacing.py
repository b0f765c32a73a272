"""How fast a campaign is, as measured, and how long it still takes, as a range."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import func, select

from webapp.campaigns import forecasting, words
from webapp.campaigns.models import Campaign
from webapp.extensions import db
from webapp.messages.models import Batch, Message, MessageState
from webapp.messages.quiet import window
from webapp.states import stands

#: The speed "now" is that of so many seconds.
LATELY = 60.0
#: When nothing has changed for so long, nothing moves.
STALE = 120.0
#: What was measured may be so much lower or higher later on.
SPREAD = 0.1
#: Those who live elsewhere change the range less than its width.
MOST_ZONES = 5
#: What waits for less than this is about to leave.
SOON = timedelta(seconds=3)

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


@dataclass
class Pace:
    """The pace of a batch that is under way."""

    campaign: Campaign
    batch: Batch
    remaining: int
    #: Messages a minute that its channels together may send; 0: any number.
    limit: int
    moment: datetime

    @property
    def speed(self) -> float | None:
        """Messages a minute of late."""
        return lately(self.batch.history, self.moment)

    @cached_property
    def left(self) -> tuple[datetime, datetime] | None:
        """When it will be done, at the earliest and at the latest; None when that cannot be said."""
        speeds = expected((self.speed, overall(self.batch.history)), self.limit)
        if speeds is None or not self.remaining:
            return None
        hours = (self.batch.quiet_from, self.batch.quiet_until)
        late, soon = (
            forecasting.end_of(self._zones, speed / 60, self.moment, hours) for speed in speeds
        )
        return None if soon is None or late is None else (soon, late)

    @property
    def _zones(self) -> dict[str, int]:
        """Say how many of those who are left live in which time zone, as the check found them."""
        found: Counter[str] = Counter()
        for zones in forecasting.by_channel(self.campaign).values():
            found.update(zones)
        largest = dict(found.most_common(MOST_ZONES)) or {self.campaign.zone: 1}
        share = self.remaining / sum(largest.values())
        return {zone: round(count * share) for zone, count in largest.items()}

    @property
    def time_left(self) -> str | None:
        """How long it still takes, in words."""
        if self.left is None:
            return None
        soon, late = self.left
        return words.span_words(soon - self.moment, late - self.moment)

    @property
    def ends(self) -> str | None:
        """When it will be done, in words, where that is not soon."""
        if self.left is None or self.left[1] - self.moment < timedelta(hours=1):
            return None
        return words.end_words(*self.left, self.campaign.zone, self.moment)

    @cached_property
    def waits_until(self) -> datetime | None:
        """When the next message may leave, if that is not now: quiet hours, or a next try."""
        first = [
            select(func.min(Message.due_at))
            .where(
                Message.batch_id == self.batch.id,
                Message.channel == channel,
                stands(Message.state, MessageState.QUEUED),
            )
            .scalar_subquery()
            for channel in self.campaign.order
        ]
        found = [due for due in db.session.execute(select(*first)).one() if due] if first else []
        due = min(found, default=None)
        return due if due and due > self.moment + SOON else None

    @property
    def quiet(self) -> bool:
        """Whether these are quiet hours, by the campaign's own clock."""
        hours = (self.batch.quiet_from, self.batch.quiet_until)
        return window(self.campaign.zone, *hours, self.moment).opens > self.moment
