"""All that the house knows of one customer, as a file: bookings, payments, messages."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp.bookings.models import Booking
from webapp.customers.models import Customer
from webapp.customers.sections import Section, sections
from webapp.exports import asking
from webapp.exports.asking import Asked
from webapp.exports.models import Export
from webapp.exports.writing import writer
from webapp.extensions import db
from webapp.messages.models import Message
from webapp.services.money import number_for

WHAT = "customer.report"
AT_A_TIME = 500
HEADER = ["What", "When", "State", "About", "Amount", "Currency", "Reference", "Text"]


def register() -> None:
    """Put the part on the customer's page."""
    sections["report"] = Section("Report on this customer", "reports/_of_customer.html", files_of)


def files_of(customer: Customer) -> Sequence[Asked]:
    """Return the reports on a customer that are kept."""
    return [one for one in asking.of(customer) if one.export.what == WHAT]


def generate_customer_report(customer: Customer) -> Export:
    """Ask for a file with all bookings, payments and messages of a customer."""
    filename = f"Report on {customer.name}.csv"
    return asking.ask(WHAT, filename, about=customer, customer_id=customer.id)


@writer(WHAT)
def rows(args: dict[str, Any]) -> Iterator[list[Any]]:
    """Give the rows: who it is, then each booking with its payment, then each message."""
    yield HEADER
    customer = db.session.get(Customer, int(args["customer_id"]))
    if customer is None:
        return
    about = ", ".join(filter(None, (customer.name, customer.phone, customer.email)))
    yield ["Customer", _when(customer, customer.created_at), "", about, "", "", "", customer.note]
    yield from _bookings(customer)
    yield from _messages(customer)


def _bookings(customer: Customer) -> Iterator[list[Any]]:
    last = 0
    while True:
        some = db.session.scalars(
            select(Booking)
            .where(Booking.customer_id == customer.id, Booking.id > last)
            .options(joinedload(Booking.service), joinedload(Booking.payment))
            .order_by(Booking.id)
            .limit(AT_A_TIME)
        ).all()
        for booking in some:
            last = booking.id
            yield from _booking(customer, booking)
        if len(some) < AT_A_TIME:
            return


def _booking(customer: Customer, booking: Booking) -> Iterator[list[Any]]:
    price = number_for(booking.amount, booking.currency)
    yield [
        "Booking", _when(customer, booking.starts_at), booking.standing, booking.service.name,
        price, booking.currency, booking.reference, booking.refund_note,
    ]  # fmt: skip
    payment = booking.payment
    if payment is not None:
        yield [
            "Payment", _when(customer, payment.paid_at or payment.created_at), payment.state,
            booking.service.name, number_for(payment.amount, payment.currency), payment.currency,
            payment.payment_id or payment.receipt, payment.problem or "",
        ]  # fmt: skip


def _messages(customer: Customer) -> Iterator[list[Any]]:
    last = None
    while True:
        query = select(Message).where(Message.customer_id == customer.id)
        if last is not None:
            query = query.where(Message.id > last)
        some = db.session.scalars(query.order_by(Message.id).limit(AT_A_TIME)).all()
        for message in some:
            last = message.id
            yield [
                "Message", _when(customer, message.created_at), message.state,
                f"{message.channel} to {message.address}", "", "", message.purpose,
                message.title or message.body,
            ]  # fmt: skip
        if len(some) < AT_A_TIME:
            return


def _when(customer: Customer, moment: Any) -> str:
    return f"{moment.astimezone(customer.tz):%Y-%m-%d %H:%M}"
