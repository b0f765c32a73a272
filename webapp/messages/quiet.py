"""Quiet hours: when a message may reach somebody, by the clock on his own wall."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


class Window(NamedTuple):
    """From when a message may leave, and when the next quiet hours begin (None: never)."""

    opens: datetime
    closes: datetime | None


def window(
    zone: str | None, quiet_from: str | None, quiet_until: str | None, moment: datetime
) -> Window:
    """Return the first span at or after a moment that lies outside of the quiet hours of a zone.

    ``quiet_from`` and ``quiet_until`` are times of day such as "21:00"; None or two equal ones mean
    that there are no quiet hours. A zone that is not known is UTC.
    """
    if not quiet_from or not quiet_until or quiet_from == quiet_until:
        return Window(moment, None)
    where = _zone(zone)
    today = moment.astimezone(where).date()
    nights = [_night(where, today + DAY * days, quiet_from, quiet_until) for days in (-1, 0, 1, 2)]
    opens = moment
    for begins, ends in nights:
        if begins <= opens < ends:
            opens = ends
    return Window(opens, min(begins for begins, _ends in nights if begins > opens))


def _night(
    where: ZoneInfo, day: date, quiet_from: str, quiet_until: str
) -> tuple[datetime, datetime]:
    """Return when the quiet hours that begin on a day begin and end.

    Where clocks are put back an hour comes twice, where they are put forward one is missing: then
    the quiet hours begin at the earlier and end at the later of the two readings.
    """
    last = day if quiet_from < quiet_until else day + DAY
    return min(_readings(where, day, quiet_from)), max(_readings(where, last, quiet_until))


def _readings(where: ZoneInfo, day: date, clock: str) -> list[datetime]:
    wall = datetime.combine(day, time.fromisoformat(clock), where)
    return [wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]


@lru_cache(maxsize=512)
def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
