"""Times as customers read them: day, clock, and whose clock it is."""

from datetime import date, datetime
from zoneinfo import ZoneInfo


def day_words(day: date) -> str:
    """Return such as ``Monday 23 November 2026``."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def short_day(day: date) -> str:
    """Return such as ``Mon 23 Nov``."""
    return f"{day:%a} {day.day} {day:%b}"


def when_words(moment: datetime, zone: str) -> str:
    """Return such as ``Monday 23 November 2026, 09:00 (Kolkata time)``."""
    here = moment.astimezone(ZoneInfo(zone))
    return f"{day_words(here)}, {here:%H:%M} ({zone_words(zone)})"


def zone_words(zone: str) -> str:
    """Return a zone as people say it: ``Kolkata time`` for Asia/Kolkata."""
    place = zone.rpartition("/")[2].replace("_", " ")
    return place if place in {"UTC", "GMT"} else f"{place} time"
