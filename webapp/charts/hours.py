"""Hours, days and weeks as the clock of the house shows them, between moments that have a zone."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

Floor = Callable[[datetime, ZoneInfo], datetime]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Piece(NamedTuple):
    """From a moment to before another."""

    begin: datetime
    end: datetime


def hour_of(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return when the hour began. In zones that are off by half an hour it begins there and then."""
    here = moment.astimezone(zone)
    past = timedelta(minutes=here.minute, seconds=here.second, microseconds=here.microsecond)
    return moment.astimezone(UTC) - past


def day_of(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return when the day began."""
    day = moment.astimezone(zone).date()
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def quarter_of(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return when the quarter of the day began: at 0, 6, 12 or 18 o'clock."""
    here = moment.astimezone(zone)
    return datetime.combine(here.date(), time(here.hour // 6 * 6), tzinfo=zone).astimezone(UTC)


def week_of(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return when the week began, on its Monday."""
    day = moment.astimezone(zone).date()
    monday = day - timedelta(days=day.weekday())
    return datetime.combine(monday, time(), tzinfo=zone).astimezone(UTC)


#: More than each lasts, less than two of it: also on the day on which the clocks are changed.
STEPS: dict[Floor, timedelta] = {
    hour_of: timedelta(minutes=61),
    quarter_of: timedelta(hours=8),
    day_of: timedelta(hours=36),
    week_of: timedelta(days=10),
}


def pieces(begin: datetime, end: datetime, zone: ZoneInfo, floor: Floor) -> Iterator[Piece]:
    """Divide a span where the clock of the house divides it; the first may be a part of an hour or day."""
    at = begin
    while at < end:
        following = floor(floor(at, zone) + STEPS[floor], zone)
        if following <= at:  # on Lord Howe Island the clocks are changed by half an hour
            following = at + HOUR
        yield Piece(at, following)
        at = following
