"""Customers are reminded of what they booked: once, and only of what is still to come."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import joinedload

from webapp.bookings.models import Booking, BookingState
from webapp.bookings.notifying import Way, tell_by, ways_to
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.running import Run
from webapp.messages.models import Suppression
from webapp.services.models import Service

#: So many bookings share a transaction: whoever cancels one of them waits no longer than that takes.
BATCH = 20


def remind(run: Run) -> str:
    """Write the reminders that are due, some bookings at a time; return how many customers were reminded.

    Each batch is one transaction that also marks its bookings, so that a worker that dies and the
    next one remind nobody twice. What has begun while nobody was here to remind is left out.
    """
    seen = reminded = 0
    while batch := _due(now()):
        reminded += sum(_remind(batch))
        seen += len(batch)
        run.step(done=seen, note=f"{_customers(reminded)} reminded so far.")
    return f"{_customers(reminded)} reminded."


def _due(moment: datetime) -> Sequence[Booking]:
    """Return some bookings whose reminder is due, locked."""
    wanted = _within_reminder_time(moment)
    if wanted is None:
        return []
    return db.session.scalars(
        select(Booking)
        .join(Booking.service)
        .where(
            Booking.state == BookingState.CONFIRMED,
            Booking.starts_at > moment,
            Booking.reminded_at.is_(None),
            wanted,
        )
        .options(joinedload(Booking.service))
        .order_by(Booking.starts_at, Booking.id)
        .limit(BATCH)
        .with_for_update(of=Booking)
        .execution_options(populate_existing=True)
    ).all()


def _within_reminder_time(moment: datetime) -> ColumnElement[bool] | None:
    """Return the condition that a booking begins within the time of its service; None when none reminds."""
    spans = select(Service.reminder_hours).where(Service.reminder_hours > 0).distinct()
    soon = [
        and_(Service.reminder_hours == hours, Booking.starts_at <= moment + timedelta(hours=hours))
        for hours in db.session.scalars(spans)
    ]
    return or_(*soon) if soon else None


def _remind(batch: Sequence[Booking]) -> list[bool]:
    """Remind the customers of some bookings and mark these; say of each whether anybody was reminded."""
    ways = {booking.id: list(ways_to(booking)) for booking in batch if _known_before(booking)}
    unwanted = _unwanted([way for found in ways.values() for way in found])
    told = []
    for booking in batch:
        wanted = [way for way in ways.get(booking.id, ()) if _lane(way) not in unwanted]
        for way in wanted:
            tell_by(way, booking, "reminder")
        booking.reminded_at = now()
        booking.version += 1
        told.append(bool(wanted))
    return told


def _known_before(booking: Booking) -> bool:
    """Say whether it was confirmed before its reminder was due: who has just booked remembers."""
    due = booking.starts_at - timedelta(hours=booking.service.reminder_hours)
    return booking.confirmed_at is None or booking.confirmed_at < due


def _unwanted(ways: Sequence[Way]) -> set[str]:
    """Return the lanes by which the customers want nothing that they did not ask for."""
    lanes = {_lane(way) for way in ways}
    return set(db.session.scalars(select(Suppression.lane).where(Suppression.lane.in_(lanes))))


def _lane(way: Way) -> str:
    return f"{way.channel}:{way.address}"


def _customers(number: int) -> str:
    return "1 customer" if number == 1 else f"{number:,} customers"
