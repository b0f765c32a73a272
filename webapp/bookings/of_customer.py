"""What the page of a customer shows of bookings and messages."""

from collections.abc import Sequence

from webapp.bookings.finding import listed
from webapp.bookings.models import Booking
from webapp.customers.models import Customer
from webapp.customers.sections import Section, sections
from webapp.extensions import db
from webapp.jobs.subjects import relatives
from webapp.messages.models import Message

NEWEST = 50


def register() -> None:
    """Put both parts on the page, and let the jobs of bookings be found by what the customer is called."""
    sections["bookings"] = Section("Bookings", "bookings/_of_customer.html", bookings_of)
    relatives["customer"] = all_bookings_of
    sections["messages"] = Section("Messages", "bookings/_messages_of_customer.html", messages_of)


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
