"""The times that can be booked: opening hours on the service's clock, less what is taken."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select

from webapp.bookings.models import Booking, BookingState
from webapp.clock import now
from webapp.extensions import db
from webapp.services.models import Service


class Span(NamedTuple):
    """From when to when, in UTC."""

    starts_at: datetime
    ends_at: datetime


class Day(NamedTuple):
    """A day on the service's clock and its free times."""

    date: date
    free: list[datetime]


def days(service: Service, first: date, count: int) -> list[Day]:
    """Return the days from the first one on, each with the times that are free."""
    dates = [first + timedelta(days=number) for number in range(count)]
    offered = {day: list(offered_on(service, day)) for day in dates}
    spans = [span for found in offered.values() for span in found]
    busy = taken(service.id, spans[0].starts_at, spans[-1].ends_at) if spans else []
    return [
        Day(day, [span.starts_at for span in found if _room(service, span, busy)])
        for day, found in offered.items()
    ]


def is_free(service: Service, span: Span) -> bool:
    """Count again whether there is room; certain only for whoever holds the service's lock."""
    return _room(service, span, taken(service.id, span.starts_at, span.ends_at))


def lock(service_id: int) -> Service:
    """Let nobody else give away this service's times until the end of the transaction.

    Return the service as it is now. SQLite's transactions that write are one at a time anyway, and
    it ignores the clause.
    """
    locked = select(Service).where(Service.id == service_id).with_for_update()
    return db.session.scalars(locked.execution_options(populate_existing=True)).one()


def nearest(service: Service, wanted: datetime, *, count: int = 8) -> list[datetime]:
    """Return the free times around a wanted one, in order."""
    first, last = bookable_days(service)
    day = min(max(wanted.astimezone(service.tz).date(), first), last)
    around = days(service, max(first, day - timedelta(days=1)), 7)
    free = [moment for found in around for moment in found.free]
    return sorted(sorted(free, key=lambda moment: abs(moment - wanted))[:count])


def next_free(service: Service) -> datetime | None:
    """Return the first time that is free at all."""
    first, last = bookable_days(service)
    every = days(service, first, (last - first).days + 1)
    return next((day.free[0] for day in every if day.free), None)


def span_of(service: Service, starts_at: datetime) -> Span | None:
    """Return the offered time that begins at a moment, or None when none does."""
    day = starts_at.astimezone(service.tz).date()
    return next((span for span in offered_on(service, day) if span.starts_at == starts_at), None)


def bookable_days(service: Service) -> tuple[date, date]:
    """Return the first and the last day that can be booked."""
    today = now().astimezone(service.tz).date()
    return today, today + timedelta(days=service.days_ahead)


def offered_on(service: Service, day: date) -> Iterator[Span]:
    """Go through the times of a day that may be booked from now on, taken or not."""
    first, last = bookable_days(service)
    if not first <= day <= last:
        return
    earliest = now() + timedelta(minutes=service.lead_minutes)
    for opens, closes in service.openings(day.weekday()):
        end = _wall(service, day, closes).astimezone(UTC)
        for minute in range(opens, closes, service.minutes):
            starts_at = _moment(service, day, minute)
            if starts_at is None or starts_at < earliest:
                continue
            span = Span(starts_at, starts_at + timedelta(minutes=service.minutes))
            if span.ends_at <= end:
                yield span


def taken(service_id: int, since: datetime, until: datetime) -> Sequence[Span]:
    """Return what is booked, or held for somebody, between two moments."""
    rows = db.session.execute(
        select(Booking.starts_at, Booking.ends_at).where(
            Booking.service_id == service_id,
            Booking.starts_at < until,
            Booking.ends_at > since,
            occupies(now()),
        )
    )
    return [Span(row.starts_at, row.ends_at) for row in rows]


def occupies(moment: datetime) -> ColumnElement[bool]:
    """Say in SQL that a booking takes its time away from others."""
    held = and_(Booking.state == BookingState.HELD, Booking.hold_until > moment)
    return or_(Booking.state == BookingState.CONFIRMED, held)


def _room(service: Service, span: Span, busy: Sequence[Span]) -> bool:
    overlaps = sum(
        other.starts_at < span.ends_at and other.ends_at > span.starts_at for other in busy
    )
    return overlaps < service.capacity


def _moment(service: Service, day: date, minute: int) -> datetime | None:
    """Return the moment at which the service's clock shows a time.

    None for a time that the clock skips in spring; the first of two that it shows in autumn.
    """
    local = _wall(service, day, minute)
    moment = local.astimezone(UTC)
    shown = moment.astimezone(service.tz)
    return moment if shown.replace(tzinfo=None) == local.replace(tzinfo=None) else None


def _wall(service: Service, day: date, minute: int) -> datetime:
    midnight = datetime.combine(day, time(), tzinfo=service.tz)
    return midnight + timedelta(minutes=minute)  # on the wall: Python adds without the zone
