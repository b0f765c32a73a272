"""What the provider says of a payment: proved, compared with ours, and taken to heart once."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, update

from webapp.accounts.acting import record
from webapp.bookings.confirming import settle
from webapp.bookings.models import OPEN, Booking, Payment, PaymentState
from webapp.bookings.slots import lock
from webapp.clock import now
from webapp.extensions import db, settings
from webapp.messages.channels.signatures import razorpay_payment_signed
from webapp.messages.receiving import handles
from webapp.states import move

#: How soon the provider is asked, when its own report does not come.
SOON = timedelta(minutes=1)


class NotProven(Exception):
    """This does not prove that the booking was paid; the text says why, to whoever sent it."""


class Proof(NamedTuple):
    """What the browser brings back from the checkout; the amount only from callers who add it."""

    payment_id: str
    order_id: str
    signature: str
    amount: str | None = None
    currency: str | None = None


def verify(booking: Booking, proof: Proof) -> None:
    """Confirm a booking whose payment the provider has signed. Raises NotProven.

    The same proof again changes nothing.
    """
    payment = booking.payment
    if payment is None or payment.order_id is None:
        raise NotProven("This booking is not waiting for a payment.")
    if proof.order_id != payment.order_id:
        raise NotProven("This payment belongs to another order.")
    if not _signed(payment.order_id, proof):
        raise NotProven("The signature of this payment is not right.")
    if proof.amount not in {None, str(payment.amount)}:
        raise NotProven("The amount of this payment is not the one of the booking.")
    if proof.currency not in {None, payment.currency}:
        raise NotProven("The currency of this payment is not the one of the booking.")
    if payment.payment_id not in {None, proof.payment_id} or _is_known(proof, payment):
        raise NotProven("This booking or this payment has been dealt with before.")
    accept(payment, proof.payment_id)


def _signed(order_id: str, proof: Proof) -> bool:
    """Check the signature over the order id that we stored, never the one that was posted."""
    account = settings().razorpay
    return account is not None and razorpay_payment_signed(
        order_id, proof.payment_id, proof.signature, key_secret=account.key_secret
    )


def _is_known(proof: Proof, payment: Payment) -> bool:
    elsewhere = select(Payment.id).where(
        Payment.payment_id == proof.payment_id, Payment.id != payment.id
    )
    return db.session.scalar(elsewhere) is not None


def accept(payment: Payment, payment_id: str, *, captured: bool = False) -> None:
    """Take a proven payment to heart once, whoever reports it first. The caller commits."""
    booking = payment.booking
    lock(booking.service_id)
    moment = now()
    paid = move(
        payment,
        PaymentState.PAID,
        expect=OPEN,
        payment_id=payment_id,
        paid_at=moment,
        problem=None,
        next_check_at=None if captured else moment + SOON,
    )
    if captured:
        _keep_capture(payment)
    if not paid:
        return
    record("payment.paid", f"Booking {booking.reference} was paid", about=booking, id=payment_id)
    db.session.refresh(booking)
    settle(booking)


def _keep_capture(payment: Payment) -> None:
    db.session.execute(
        update(Payment)
        .where(Payment.id == payment.id, Payment.captured_at.is_(None))
        .values(captured_at=now(), next_check_at=None)
    )


def compare(payment: Payment, entity: Mapping[str, Any]) -> bool:
    """Say whether the provider's amount is ours; if not, write it down and change nothing else."""
    told = (entity.get("amount"), entity.get("currency"))
    if told == (payment.amount, payment.currency):
        return True
    sentence = f"The provider reports {told[0]} {told[1]}, not {payment.amount} {payment.currency}."
    record("payment.mismatch", sentence, about=payment.booking, payment_id=entity.get("id"))
    expected = [state for state in OPEN if state != PaymentState.MISMATCH]
    move(payment, PaymentState.MISMATCH, expect=expected, problem=sentence)
    return False


@handles("razorpay")
def razorpay_event(body: bytes, _extra: Mapping[str, Any]) -> str | None:
    """Work through one report. Return its order's id when we do not know that order (yet)."""
    report = json.loads(body)
    if not isinstance(report, dict) or not isinstance(report.get("event"), str):
        raise ValueError("a report without an event")
    act = EVENTS.get(report["event"])
    if act is None:
        return None
    entity = _entity(report)
    order_id = entity.get("order_id")
    if not order_id:
        return None  # paid without an order of ours, such as by a payment link
    payment = db.session.scalar(select(Payment).where(Payment.order_id == str(order_id)))
    if payment is None:
        return str(order_id)
    act(payment, entity)
    return None


def _entity(report: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        entity = report["payload"]["payment"]["entity"]
    except (KeyError, TypeError):
        raise ValueError("a report without a payment") from None
    if not isinstance(entity, dict) or not isinstance(entity.get("id"), str):
        raise ValueError("a payment without an id")
    return entity


def _captured(payment: Payment, entity: Mapping[str, Any]) -> None:
    if compare(payment, entity):
        accept(payment, entity["id"], captured=True)


def _authorized(payment: Payment, _entity: Mapping[str, Any]) -> None:
    """Only promised so far: the next check takes it, unless the provider does so by itself."""
    if payment.captured_at is None:
        payment.next_check_at = now()


def _failed(payment: Payment, entity: Mapping[str, Any]) -> None:
    said = str(entity.get("error_description") or "The payment did not go through.")
    move(payment, PaymentState.FAILED, expect=[PaymentState.CREATED], problem=said[:300])


EVENTS = {
    "payment.captured": _captured,
    "order.paid": _captured,
    "payment.authorized": _authorized,
    "payment.failed": _failed,
}
