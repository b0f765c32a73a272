"""Spans and moments of a forecast as people say them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def span_words(least: timedelta, most: timedelta) -> str:
    """Return such as ``between 16 and 18 hours``, or ``about 20 minutes``."""
    if most < MINUTE:
        return "less than a minute"
    unit, name = next(
        (unit, name)
        for unit, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"))
        if most >= unit * (2 if name != "minute" else 1)
    )
    low, high = round(least / unit), max(1, round(most / unit + 0.3))
    if high - low <= high / 10 or not low:
        return f"about {_many(high, name)}"
    return f"between {low} and {_many(high, name)}"


def _many(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def end_words(first: datetime, last: datetime, zone: str, today: datetime) -> str:
    """Return such as ``today about 14:00`` or ``on Monday between 14:00 and 16:00``."""
    where = ZoneInfo(zone)
    here = today.astimezone(where)
    soon = _tens(first.astimezone(where), later=last - first <= 20 * MINUTE)
    late = _tens(last.astimezone(where), later=True)
    if soon.date() != late.date():
        return f"between {_day(soon, here)} {_clock(soon)} and {_day(late, here)} {_clock(late)}"
    if late - soon <= 20 * MINUTE:
        return f"{_day(late, here)} about {_clock(late)}"
    return f"{_day(soon, here)} between {_clock(soon)} and {_clock(late)}"


def _clock(moment: datetime) -> str:
    """Return the time of day, to ten minutes."""
    return f"{moment:%H:%M}"


def _tens(moment: datetime, *, later: bool) -> datetime:
    """Return a moment to ten minutes: an earliest end not later, a latest one not earlier."""
    whole = moment.replace(minute=moment.minute // 10 * 10, second=0, microsecond=0)
    return whole + 10 * MINUTE if later and whole < moment else whole


def _day(moment: datetime, today: datetime) -> str:
    days = (moment.date() - today.date()).days
    if days <= 1:
        return ("today", "tomorrow")[max(days, 0)]
    if days < 7:
        return f"on {moment:%A}"
    return f"on {moment.day} {moment:%B}"
