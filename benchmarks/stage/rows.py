"""Rows to measure with."""

import secrets
from datetime import timedelta
from typing import NamedTuple

from webapp.bookings.models import Booking, BookingState, Payment, PaymentState
from webapp.clock import now
from webapp.customers.models import Customer
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.queue import enqueue
from webapp.messages.channels import Channel
from webapp.messages.writing import write
from webapp.services.models import Service


class Thing(NamedTuple):
    """Something to write about."""

    id: str


def service() -> Service:
    """Return the one service, made when there is none."""
    found = db.session.query(Service).first()
    if found is None:
        found = Service(
            name="Consultation",
            slug="consultation",
            minutes=30,
            price=500_00,
            currency="INR",
            hours={},
            zone="Asia/Kolkata",
            published=True,
        )
        db.session.add(found)
        db.session.flush()
    return found


def held_booking(number: int = 0) -> Booking:
    """Add a booking that waits for its payment, with an order at the provider."""
    moment = now()
    phone = f"+9198{number:08d}"
    customer = Customer(name="Asha Rao", phone=phone, email=f"asha{number}@example.com")
    booking = Booking(
        service=service(),
        customer=customer,
        name=customer.name,
        phone=phone,
        email=customer.email,
        starts_at=moment + timedelta(days=1, minutes=30 * number),
        ends_at=moment + timedelta(days=1, minutes=30 * number + 30),
        zone="Asia/Kolkata",
        form_key=secrets.token_urlsafe(16),
        hold_until=moment + timedelta(hours=3),
        amount=500_00,
        currency="INR",
    )
    booking.payment = Payment(
        receipt=secrets.token_hex(8),
        order_id=f"order_{secrets.token_hex(8)}",
        amount=500_00,
        currency="INR",
        state=PaymentState.CREATED,
        ordered_at=moment,
    )
    db.session.add(booking)
    db.session.flush()
    return booking


def booking_with_work() -> Booking:
    """Add a confirmed booking whose job runs and whose three messages wait."""
    booking = held_booking()
    booking.state, booking.confirmed_at = BookingState.CONFIRMED, now()
    run(enqueue(JobKind.BOOKING_NOTIFY, about=booking, booking_id=booking.id))
    for channel, address in (
        (Channel.SMS, booking.phone),
        (Channel.WHATSAPP, booking.phone),
        (Channel.EMAIL, booking.email),
    ):
        write(channel, address or "", about=booking, purpose="booking.confirmed", body="Confirmed.")
    return booking


def running_job() -> Job:
    """Add a job in the middle of its work."""
    job = enqueue(JobKind.NOTHING)
    run(job)
    return job


def run(job: Job) -> None:
    """Let a job be at work, seven of twenty steps done."""
    job.state, job.attempt, job.started_at = JobState.PROGRESS, 1, now()
    job.lease_until = now() + timedelta(hours=3)
    job.done, job.total, job.note = 7, 20, "Working on number 7 of 20"
