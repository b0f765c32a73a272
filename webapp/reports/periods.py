"""Which days a report is about."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement

from webapp.clock import first_id

MONTH = "month"
LONGEST = 366
_DAYS = re.compile(r"([1-9][0-9]{0,2})d", re.ASCII)


class NotAPeriod(ValueError):
    """It names no span of days; the text says what would."""


class Span(NamedTuple):
    """From when, and until before when; in UTC."""

    since: datetime
    until: datetime


def span_of(period: str, zone: ZoneInfo, moment: datetime, *, today_too: bool = False) -> Span:
    """Return the days of a period on the clock of a zone. Raises NotAPeriod.

    "7d" is the seven whole days before today; with ``today_too`` it is today so far and the six days
    before. "month" is the last calendar month.
    """
    today = moment.astimezone(zone).date()
    if period == MONTH:
        first = today.replace(day=1)
        return Span(
            _midnight((first - timedelta(days=1)).replace(day=1), zone), _midnight(first, zone)
        )
    days = days_of(period)
    if today_too:
        return Span(_midnight(today - timedelta(days=days - 1), zone), moment)
    return Span(_midnight(today - timedelta(days=days), zone), _midnight(today, zone))


def before(span: Span, period: str, zone: ZoneInfo) -> Span:
    """Return what a span is compared with: the month before a month, else as many days before it."""
    if period == MONTH:
        return span_of(MONTH, zone, span.since + timedelta(days=1))
    days = timedelta(days=days_of(period))
    begins, ends = (moment.astimezone(zone) - days for moment in span)  # on the wall
    return Span(begins.astimezone(UTC), min(ends.astimezone(UTC), span.since))


def days_of(period: str) -> int:
    """Return the days that "30d" means. Raises NotAPeriod."""
    said = _DAYS.fullmatch(period)
    if said is None or int(said[1]) > LONGEST:
        raise NotAPeriod(f"A number of days from 1 to {LONGEST}, such as 30d, or month.")
    return int(said[1])


def words_of(period: str) -> str:
    """Return what people call a period."""
    if period == MONTH:
        return "One month"
    days = days_of(period)
    return "One day" if days == 1 else f"{days} days"


def ids_within(column: Any, span: Span) -> tuple[ColumnElement[bool], ...]:
    """Return the condition that a row whose id is a UUIDv7 was made within a span."""
    return column >= first_id(span.since), column < first_id(span.until)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
