"""What the page of a customer shows of bookings and messages."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update

from webapp.bookings.confirming import CANCELLABLE
from webapp.bookings.finding import listed
from webapp.bookings.models import Booking
from webapp.clock import now
from webapp.customers import editing
from webapp.customers.models import Customer
from webapp.customers.sections import Section, sections
from webapp.extensions import db
from webapp.jobs.subjects import relatives
from webapp.messages.models import Message

NEWEST = 50


def register() -> None:
    """Put both parts on the page, and let the jobs of bookings be found by what the customer is called."""
    if take_over not in editing.when_changed:
        editing.when_changed.append(take_over)
    sections["bookings"] = Section("Bookings", "bookings/_of_customer.html", bookings_of)
    relatives["customer"] = all_bookings_of
    sections["messages"] = Section("Messages", "bookings/_messages_of_customer.html", messages_of)


def take_over(customer: Customer, before: dict[str, Any]) -> None:
    """Let bookings to come take the number or the address that was mended, where they have the old one."""
    for column in (Booking.phone, Booking.email):
        old = before.get(column.key)
        if old is None:
            continue
        db.session.execute(
            update(Booking)
            .where(
                Booking.customer_id == customer.id,
                column == old,
                Booking.ends_at > now(),
                Booking.state.in_(CANCELLABLE),
            )
            .values({column.key: getattr(customer, column.key), "version": Booking.version + 1})
        )


def bookings_of(customer: Customer) -> Sequence[Booking]:
    """Return the customer's newest bookings."""
    query = listed().where(Booking.customer_id == customer.id)
    return db.session.scalars(query.order_by(Booking.starts_at.desc()).limit(NEWEST)).all()


def messages_of(customer: Customer) -> Sequence[Message]:
    """Return the newest messages to the customer."""
    query = db.select(Message).where(Message.customer_id == customer.id)
    return db.session.scalars(query.order_by(Message.id.desc()).limit(NEWEST)).all()


def all_bookings_of(customer: Customer) -> Sequence[Booking]:
    """Return every booking of the customer."""
    query = listed().where(Booking.customer_id == customer.id)
    return db.session.scalars(query.order_by(Booking.id)).all()
