"""A time held for somebody until it is paid: never sold twice, and once for each form."""

import secrets
from datetime import datetime

from sqlalchemy import select

from webapp.accounts.acting import record
from webapp.bookings import confirming
from webapp.bookings.models import HOLD, Booking, Payment
from webapp.bookings.slots import Span, is_free, lock, span_of
from webapp.clock import now
from webapp.customers.contacts import Contact
from webapp.customers.finding import find_or_add
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.queue import enqueue
from webapp.services.models import Service


class NotFree(Exception):
    """This time cannot be booked; the text says why."""


def hold(service: Service, starts_at: datetime, contact: Contact, *, form_key: str) -> Booking:
    """Hold a time for a customer, or return the booking that this very form made before.

    A service without a price is confirmed at once. Raises NotFree.
    """
    lock(service.id)
    key = f"{service.id}:{form_key}"
    if (made := db.session.scalar(select(Booking).where(Booking.form_key == key))) is not None:
        return made
    span = span_of(service, starts_at)
    if span is None:
        raise NotFree("This time is not offered, or it has passed. Choose another one.")
    if not is_free(service, span):
        raise NotFree("Somebody else has just taken this time. Choose another one.")
    booking = _add(service, span, contact, key)
    if booking.amount == 0:
        confirming.settle(booking)
    else:
        _ask_for_payment(booking)
    return booking


def _add(service: Service, span: Span, contact: Contact, form_key: str) -> Booking:
    customer = find_or_add(contact, zone=service.zone)
    booking = Booking(
        form_key=form_key,
        service=service,
        customer=customer,
        name=contact.name,
        phone=contact.phone,
        email=contact.email,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        zone=service.zone,
        hold_until=now() + HOLD if service.price else None,
        amount=service.price,
        currency=service.currency,
        payment=None,  # known, and not to be looked for when one is made
    )
    db.session.add(booking)
    db.session.flush()
    record("booking.made", f"Booking {booking.reference} was made", about=booking)
    return booking


def _ask_for_payment(booking: Booking) -> None:
    payment = Payment(
        booking=booking,
        receipt=f"{booking.reference}-{secrets.token_hex(8)}",
        amount=booking.amount,
        currency=booking.currency,
    )
    db.session.add(payment)
    enqueue(
        JobKind.PAYMENT_ORDER,
        about=booking,
        key=f"payment-order:{booking.id}",
        booking_id=booking.id,
    )
