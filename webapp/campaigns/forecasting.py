"""What a campaign will cost and when it will be done, said before anything leaves."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import select

from webapp.campaigns import prices
from webapp.campaigns.models import Campaign
from webapp.clock import now
from webapp.extensions import db
from webapp.messages import limiting
from webapp.messages.channels import Channel
from webapp.messages.models import Batch
from webapp.messages.quiet import window

#: Messages a second where nothing limits us and nothing has been measured yet.
SLOW, FAST = 20.0, 150.0
#: A limit is used to this share at least; and a measured speed may be this much lower or higher.
USED = 0.95
SPREAD = 1.4
#: How many of those who can fall back may do so.
FALLING = 0.1
#: Steps from one opening or closing to the next: with 40 zones a month and more.
MOST_STEPS = 3_000

Hours = tuple[str | None, str | None]


class Speed(NamedTuple):
    """How many messages a second leave by a channel, at least and at most."""

    least: float
    most: float


class Forecast(NamedTuple):
    """What is to be expected of a campaign."""

    messages: int
    units: int
    lines: list[prices.Line]
    cost: dict[str, int]
    #: When everybody who can fall back does so.
    most_cost: dict[str, int]
    #: The earliest and the latest end that is likely; None: not within months.
    ends: tuple[datetime, datetime] | None
    begins: datetime

    @property
    def unpriced(self) -> list[prices.Line]:
        """What has no price."""
        return [line for line in self.lines if line.price is None]


def forecast(campaign: Campaign, begins: datetime | None = None) -> Forecast | None:
    """Say what the last check leads to; None when there was none."""
    found = campaign.findings
    if "good" not in found:
        return None
    begins = begins or campaign.starts_at or now()
    lines = prices.bill(found["units"])
    spare = prices.bill(found["spare_units"])
    return Forecast(
        messages=found["good"],
        units=sum(found["units"].values()),
        lines=lines,
        cost=prices.total(lines),
        most_cost=prices.total([*lines, *spare]),
        ends=_ends(campaign, max(begins, now())),
        begins=begins,
    )


def stored(campaign: Campaign) -> dict[str, Any]:
    """Return the forecast as it is kept with the campaign, to be held against what happened."""
    expected = forecast(campaign, now())
    if expected is None:
        return {}
    return {
        "at": now().isoformat(),
        "messages": expected.messages,
        "units": campaign.findings["units"],
        "cost": expected.cost,
        "most_cost": expected.most_cost,
        "ends": [moment.isoformat() for moment in expected.ends] if expected.ends else None,
        "rates": {channel.value: limiting.per_minute(channel) for channel in campaign.order},
    }


def _ends(campaign: Campaign, begins: datetime) -> tuple[datetime, datetime] | None:
    hours = (campaign.quiet_from, campaign.quiet_until)
    zones = by_channel(campaign)
    spare = campaign.findings.get("spare", {})
    first, last = begins, begins
    for channel in campaign.order:
        waiting, speed = zones.get(channel.value, {}), speed_of(channel)
        falling = round(spare.get(channel.value, 0) * FALLING)
        more = {**waiting, campaign.zone: waiting.get(campaign.zone, 0) + falling}
        soon = end_of(waiting, speed.most, begins, hours)
        late = end_of(more if falling else waiting, speed.least, begins, hours)
        if soon is None or late is None:
            return None
        first, last = max(first, soon), max(last, late)
    return first, last


def by_channel(campaign: Campaign) -> dict[str, dict[str, int]]:
    """Return how many messages go to each time zone, by channel."""
    zones: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for place, count in campaign.findings.get("zones", {}).items():
        channel, _, zone = place.partition(" ")
        name = zone or campaign.zone
        zones[channel][name] = zones[channel].get(name, 0) + count
    return zones


def speed_of(channel: Channel) -> Speed:
    """Return how fast a channel is: by its limit, else as was measured, else as is usual."""
    limit = limiting.per_minute(channel)
    if limit:
        return Speed(limit / 60 * USED, limit / 60)
    known = measured()
    return Speed(known / SPREAD, known * SPREAD) if known else Speed(SLOW, FAST)


def measured() -> float | None:
    """Return the messages a second of the newest batch that was sent for real."""
    histories = db.session.scalars(
        select(Batch.history).where(Batch.rehearsal.is_(None)).order_by(Batch.id.desc()).limit(5)
    )
    for points in histories:
        speeds = [
            (later[1] - earlier[1]) / (later[0] - earlier[0])
            for earlier, later in pairwise(points)
            if later[0] > earlier[0] and later[1] > earlier[1]
        ]
        if speeds:
            return float(max(speeds))
    return None


def end_of(
    waiting: Mapping[str, int], per_second: float, begins: datetime, hours: Hours
) -> datetime | None:
    """Say when the messages to some time zones will have left; None: not within months.

    Goes from one moment at which a zone opens or closes to the next. Who closes first goes first.
    """
    left = {zone: float(count) for zone, count in waiting.items() if count}
    moment = begins
    for _ in range(MOST_STEPS):
        if not left:
            return moment
        windows = {zone: window(zone, *hours, moment) for zone in left}
        closing = {zone: one.closes for zone, one in windows.items() if one.opens <= moment}
        changes = [one.opens for one in windows.values() if one.opens > moment]
        changes += [closes for closes in closing.values() if closes is not None]
        need = timedelta(seconds=sum(left[zone] for zone in closing) / per_second)
        until = min(changes) if changes else moment + need
        if closing and moment + need <= until:
            moment, left = moment + need, {z: n for z, n in left.items() if z not in closing}
            continue
        room = (until - moment).total_seconds() * per_second
        for zone in sorted(closing, key=lambda name: str(closing[name])):
            sent = min(room, left[zone])
            left[zone], room = left[zone] - sent, room - sent
        left = {zone: count for zone, count in left.items() if count > 0}
        moment = until
    return None
