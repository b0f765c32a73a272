"""Bookings as the desk looks for them."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager, joinedload

from webapp.bookings.models import Booking, BookingState
from webapp.bookings.slots import occupies
from webapp.clock import now
from webapp.customers.finding import holds
from webapp.database import Glance
from webapp.extensions import db, nearest
from webapp.services.models import Service

#: More bookings of one day than anybody reads.
MANY = 300


def listed() -> Select[Booking]:
    """Select bookings with all that a list shows of them, in one statement."""
    return select(Booking).join(Booking.service).options(contains_eager(Booking.service))


def matching(query: Select[Booking], words: str) -> Select[Booking]:
    """Keep the bookings whose name, number, address or reference holds the words."""
    return query.where(holds(words, Booking.name, Booking.phone, Booking.email, Booking.reference))


def on_day(query: Select[Booking], day: date) -> Select[Booking]:
    """Keep the bookings that begin on a day of the house."""
    begin = datetime.combine(day, time(), tzinfo=house_zone())
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=house_zone())
    return query.where(Booking.starts_at >= begin, Booking.starts_at < end)


def in_state(query: Select[Booking], state: BookingState) -> Select[Booking]:
    """Keep the bookings that stand there now: a hold that ran out has expired, marked or not."""
    if state == BookingState.HELD:
        return query.where(Booking.state == state, Booking.hold_until > now())
    if state == BookingState.EXPIRED:
        over = (Booking.state == BookingState.HELD) & (Booking.hold_until <= now())
        return query.where((Booking.state == state) | over)
    return query.where(Booking.state == state)


def today() -> Sequence[Booking]:
    """Return the bookings of today, in the order in which they begin."""
    day = now().astimezone(house_zone()).date()
    query = on_day(listed(), day).where(occupies(now()))
    return db.session.scalars(query.order_by(Booking.starts_at, Booking.id).limit(MANY)).all()


def coming_days(days: int) -> int:
    """Count the bookings that begin in the next days."""
    soon = Booking.starts_at.between(now(), now() + timedelta(days=days))
    return (
        db.session.scalar(select(func.count()).select_from(Booking).where(soon, occupies(now())))
        or 0
    )


def soon(count: int) -> Sequence[Booking]:
    """Return the next bookings after today, in the order in which they begin."""
    tomorrow = now().astimezone(house_zone()).date() + timedelta(days=1)
    begin = datetime.combine(tomorrow, time(), tzinfo=house_zone())
    query = listed().where(Booking.starts_at >= begin, occupies(now()))
    return db.session.scalars(query.order_by(Booking.starts_at, Booking.id).limit(count)).all()


def refunds_due() -> int:
    """Count the customers who wait for their money."""
    due = select(func.count()).select_from(Booking)
    return db.session.scalar(due.where(Booking.state == BookingState.REFUND_DUE)) or 0


def owed() -> Sequence[Booking]:
    """Return the bookings whose money must go back, the longest waiting first."""
    query = listed().where(Booking.state == BookingState.REFUND_DUE)
    return db.session.scalars(query.order_by(Booking.id).limit(MANY)).all()


def services_on_offer() -> int:
    """Count what can be booked."""
    offered = select(func.count()).select_from(Service).where(Service.published)
    return db.session.scalar(offered) or 0


def house_zone() -> ZoneInfo:
    """Return the zone in which the house counts its days: that of its oldest service."""
    row = _OLDEST_ZONE(nearest())
    return zone_called(row[0] if row else None)


def zone_called(name: str | None) -> ZoneInfo:
    """Return the zone of the house by the name that ``OLDEST_ZONE`` found."""
    return ZoneInfo(name or "UTC")


OLDEST_ZONE = select(Service.zone).order_by(Service.id).limit(1)
# On every page that is asked for news, so it is asked in the shortest way.
_OLDEST_ZONE = Glance(OLDEST_ZONE)


def by_id(booking_id: int) -> Select[Booking]:
    """Select one booking with all that its page shows."""
    return (
        select(Booking)
        .where(Booking.id == booking_id)
        .options(
            joinedload(Booking.service),
            joinedload(Booking.customer),
            joinedload(Booking.payment),
            joinedload(Booking.confirmed_by),
        )
    )
