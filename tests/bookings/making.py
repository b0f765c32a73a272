"""Services, times and payments for the tests; the defaults are valid and boring."""

import contextvars
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask

from tests.live import SandboxProcess
from webapp.bookings import holding, paying
from webapp.bookings.models import Booking, Payment, PaymentState
from webapp.bookings.slots import days
from webapp.clock import now
from webapp.customers.contacts import Contact
from webapp.database import reading
from webapp.extensions import db, settings
from webapp.services.models import Service

MEERA = Contact("Meera Iyer", "+919812345678", "meera@example.org")
ZOE = Contact("Zoë Ångström", "+919876543210", "zoe@example.org")
ALWAYS = {str(day): [[0, 24 * 60]] for day in range(7)}


def a_service(**values: Any) -> Service:
    """Return a service that is open all day, every day."""
    slug = values.pop("slug", f"service-{secrets.token_hex(4)}")
    wanted = {
        "name": "Consultation",
        "minutes": 30,
        "price": 500_00,
        "currency": "INR",
        "hours": ALWAYS,
        "zone": "Asia/Kolkata",
        "lead_minutes": 0,
        "published": True,
        **values,
    }
    service = Service(slug=slug, **wanted)
    db.session.add(service)
    db.session.commit()
    return service


def a_time(service: Service, number: int = 0) -> datetime:
    """Return one of the times that are free tomorrow."""
    tomorrow = (now() + timedelta(days=1)).astimezone(service.tz).date()
    return days(service, tomorrow, 1)[0].free[number]


def held(service: Service | None = None, who: Contact = MEERA, number: int = 0) -> Booking:
    """Return a booking that waits for its payment."""
    service = service or a_service()
    booking = holding.hold(service, a_time(service, number), who, form_key=secrets.token_hex(16))
    db.session.commit()
    return booking


def ordered(service: Service | None = None, who: Contact = MEERA, number: int = 0) -> Booking:
    """Return a booking whose order is made, without asking a provider."""
    booking = held(service, who, number)
    payment = the_payment(booking)
    payment.order_id = f"order_{secrets.token_hex(7)}"
    payment.state = PaymentState.CREATED
    payment.ordered_at = now()
    db.session.commit()
    return booking


def the_payment(booking: Booking) -> Payment:
    assert booking.payment is not None
    return booking.payment


def lapse(booking: Booking) -> None:
    """Let the hold run out."""
    booking.hold_until = now() - timedelta(seconds=1)
    db.session.commit()


def proof(booking: Booking, payment_id: str = "pay_AAAAAAAAAAAAAA") -> dict[str, str]:
    """Return what the browser brings back from the checkout after a good payment."""
    account = settings().razorpay
    order_id = the_payment(booking).order_id
    assert account is not None
    assert order_id is not None
    signed = hmac.new(
        account.key_secret.encode(), f"{order_id}|{payment_id}".encode(), hashlib.sha256
    )
    return {
        "razorpay_payment_id": payment_id,
        "razorpay_order_id": order_id,
        "razorpay_signature": signed.hexdigest(),
    }


def report(
    booking: Booking, event: str = "payment.captured", **changes: Any
) -> tuple[bytes, dict[str, str]]:
    """Return a webhook of the provider: its body and its headers."""
    payment = the_payment(booking)
    entity = {
        "id": "pay_AAAAAAAAAAAAAA",
        "order_id": payment.order_id,
        "amount": payment.amount,
        "currency": payment.currency,
        "status": "captured",
        **changes,
    }
    body = json.dumps({"event": event, "payload": {"payment": {"entity": entity}}}).encode()
    return body, signed(body)


def signed(body: bytes, secret: str | None = None) -> dict[str, str]:
    """Return the headers that the provider sends with a report."""
    account = settings().razorpay
    assert account is not None
    key = (secret or account.webhook_secret).encode()
    return {
        "X-Razorpay-Signature": hmac.new(key, body, hashlib.sha256).hexdigest(),
        "X-Razorpay-Event-Id": secrets.token_hex(8),
        "Content-Type": "application/json",
    }


def pay(sandbox: SandboxProcess, booking: Booking) -> dict[str, str]:
    """Pay in the sandbox; return what the browser would bring back."""
    paid: dict[str, str] = sandbox.ask("/_/pay", {"order_id": the_payment(booking).order_id})
    return paid


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def in_threads(app: Flask, count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run the work in so many threads at once, each with a request's own context."""

    def one(number: int) -> Any:
        with app.app_context():
            reading.set(False)
            return work(number)

    with ThreadPoolExecutor(count) as pool:
        futures = [
            pool.submit(contextvars.copy_context().run, one, number) for number in range(count)
        ]
        return [future.result() for future in futures]


def lost_to_another(service=None):
    """Return a booking that was paid after its time went to somebody else."""
    booking = ordered(service or a_service())
    lapse(booking)
    holding.hold(booking.service, booking.starts_at, ZOE, form_key=secrets.token_hex(8))
    paying.accept(the_payment(booking), f"pay_{booking.id}")
    db.session.commit()
    return booking
