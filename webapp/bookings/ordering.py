"""The provider's side of a payment: an order before it, and a question when no report comes."""

from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import select

from webapp.bookings import razorpay
from webapp.bookings.models import Booking, BookingState, Payment, PaymentState
from webapp.bookings.paying import SOON, accept, compare
from webapp.clock import now
from webapp.extensions import db, settings
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.running import Ended, Impossible, NotNow, Run, when_ended
from webapp.messages.receiving import adopt
from webapp.providers import RazorpayAccount
from webapp.states import move

log = structlog.get_logger(__name__)

BATCH = 200
#: An order can be paid for as long as somebody keeps its page open; after this we stop asking.
GIVE_UP = timedelta(days=3)
READY = "The customer can pay now."
AWAY = "The payment provider did not answer."
AWAY_ADVICE = "It is tried again by itself. If it goes on, look at the provider's status page."
NO_ACCOUNT = "No payment provider is set up."
NO_ACCOUNT_ADVICE = "Set RAZORPAY_KEY_ID and the settings that belong to it."


class Wanted(NamedTuple):
    """An order as it is asked for; plain values, because no transaction is open meanwhile."""

    receipt: str
    amount: int
    currency: str
    asked_before: bool


def prepare(run: Run, booking: Booking) -> str:
    """Open the order that the customer pays. Return what became of it.

    Raises NotNow and Impossible. An order whose answer got lost is found by its receipt, so no
    second one is opened.
    """
    payment = booking.payment
    if payment is None or payment.order_id or booking.standing != BookingState.HELD:
        return "There was nothing left to prepare."
    account, payment_id = _account(), payment.id
    wanted = Wanted(
        payment.receipt, payment.amount, payment.currency, payment.ordered_at is not None
    )
    payment.ordered_at = payment.ordered_at or now()
    run.step(0, 1, "Asking the payment provider for an order.")  # commits before the call
    order = _order(account, wanted)
    payment = db.session.get_one(Payment, payment_id)
    if not compare(payment, order):
        return "The provider's order is for another amount."
    waiting = [PaymentState.ASKED, PaymentState.FAILED]
    order_id = str(order["id"])
    move(
        payment,
        PaymentState.CREATED,
        expect=waiting,
        order_id=order_id,
        problem=None,
        next_check_at=now() + SOON,
    )
    adopt(order_id)
    log.info("The customer can pay this order", order=order_id)
    run.step(1, 1, READY)
    return READY


def _order(account: RazorpayAccount, wanted: Wanted) -> razorpay.Entity:
    try:
        found = razorpay.find_order(account, wanted.receipt) if wanted.asked_before else None
        if found is not None:
            log.info("The provider has an order from before, which is used", order=found["id"])
        return found or razorpay.create_order(
            account, amount=wanted.amount, currency=wanted.currency, receipt=wanted.receipt
        )
    except razorpay.Unreachable as problem:
        raise NotNow(AWAY, AWAY_ADVICE) from problem
    except razorpay.Refused as refusal:
        raise Impossible(
            f"The payment provider refused: {refusal}",
            "Check the keys and the price of the service.",
        ) from refusal


def _learn_of_the_end(ended: Ended) -> None:
    """Let the customer's page say that the payment cannot be prepared."""
    if ended.kind != JobKind.PAYMENT_ORDER or ended.state != JobState.FAILURE:
        return
    args = db.session.scalar(select(Job.args).where(Job.id == ended.id)) or {}
    asked = select(Payment).where(Payment.booking_id == args.get("booking_id", 0))
    if (payment := db.session.scalar(asked)) is not None:
        move(payment, PaymentState.FAILED, expect=[PaymentState.ASKED], problem=ended.error)


when_ended.append(_learn_of_the_end)


def check(run: Run) -> int:
    """Ask for every payment that may have come in unseen. Return how many were asked for.

    Raises NotNow when the provider is away.
    """
    account = settings().razorpay
    if account is None:
        return 0
    due = db.session.execute(
        select(Payment.id, Payment.order_id)
        .where(Payment.next_check_at <= now(), Payment.order_id.is_not(None))
        .order_by(Payment.next_check_at)
        .limit(BATCH)
    ).all()
    db.session.commit()
    for number, row in enumerate(due):
        run.report(number, len(due), "Asking the payment provider.")
        _check_one(account, row.id, row.order_id)
        db.session.commit()
    return len(due)


def _check_one(account: RazorpayAccount, payment_id: int, order_id: str) -> None:
    try:
        found = razorpay.fetch_payments(account, order_id)
        money = next((one for one in found if one["status"] in {"captured", "authorized"}), None)
        if money is not None and money["status"] == "authorized":
            money = razorpay.capture(account, money)
    except razorpay.Unreachable as problem:
        raise NotNow(AWAY, AWAY_ADVICE) from problem
    except razorpay.Refused as refusal:
        log.warning("the provider refused a question", order=order_id, problem=str(refusal))
        money = None
    payment = db.session.get_one(Payment, payment_id)
    if money is not None and compare(payment, money):
        log.info("Found a payment that nobody had reported", order=order_id)
        accept(payment, money["id"], captured=True)
        return
    payment.next_check_at = next_check(payment.created_at)


def next_check(made_at: datetime) -> datetime | None:
    """Return when to ask again: each minute at first, ever more rarely, at last no more."""
    age = now() - made_at
    return None if age > GIVE_UP else now() + max(SOON, age / 10)


def _account() -> RazorpayAccount:
    account = settings().razorpay
    if account is None:
        raise Impossible(NO_ACCOUNT, NO_ACCOUNT_ADVICE)
    return account
