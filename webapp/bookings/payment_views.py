"""Where the customer's browser comes back from the checkout."""

from typing import Any

from flask import Blueprint, abort, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp.accounts.access import public
from webapp.accounts.acting import record
from webapp.bookings.models import Booking
from webapp.bookings.paying import NotProven, Proof, verify
from webapp.extensions import csrf, db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.pages import goes_to, say

bp = Blueprint("payments", __name__)
csrf.exempt(bp)  # the provider's page posts it; the signature says that it is genuine

FAILED = "The payment did not go through, and nothing was taken. You can try again."


@bp.post("/bookings/<int:booking_id>/verify-payment")
@public
def verify_payment(booking_id: int) -> ResponseReturnValue:
    wanted = select(Booking).where(Booking.id == booking_id)
    booking = db.first_or_404(wanted.options(joinedload(Booking.payment)))
    sent = _sent()
    if _tells_of_failure(sent, booking):
        say(FAILED, "warn")
        return goes_to(url_for("book.booked", token=booking.token))
    try:
        verify(booking, _proof(sent))
    except NotProven as problem:
        record("payment.refused", str(problem), about=booking, sent=_kept(sent))
        db.session.commit()
        abort(400, str(problem))
    # Made before the commit: a look at the row after it would be another transaction.
    answer = (
        jsonify(booking=booking.id, state=booking.state, job=_job(booking))
        if request.is_json
        else goes_to(url_for("book.booked", token=booking.token))
    )
    db.session.commit()
    return answer


def _sent() -> dict[str, Any]:
    """Return what was posted, as a form or as JSON; anything else proves nothing."""
    if request.is_json:
        content = request.get_json(silent=True)
        return content if isinstance(content, dict) else {}
    return request.form.to_dict()


def _proof(sent: dict[str, Any]) -> Proof:
    def text(name: str) -> str | None:
        return None if sent.get(name) is None else str(sent[name])

    return Proof(
        payment_id=text("razorpay_payment_id") or "",
        order_id=text("razorpay_order_id") or "",
        signature=text("razorpay_signature") or "",
        amount=text("amount"),
        currency=text("currency"),
    )


def _tells_of_failure(sent: dict[str, Any], booking: Booking) -> bool:
    """Say whether the checkout sends the customer back without payment.

    Nothing signs that, so only whoever brought the booking's secret along is led to its page.
    """
    return "error[code]" in sent and request.args.get("booked") == booking.token


def _kept(sent: dict[str, Any]) -> dict[str, str]:
    names = ("razorpay_payment_id", "razorpay_order_id", "amount", "currency")
    return {name: str(sent[name])[:80] for name in names if name in sent}


def _job(booking: Booking) -> str | None:
    """Return the id of the job that tells the customer."""
    asked = select(Job.id).where(
        Job.subject_type == "booking",
        Job.subject_id == str(booking.id),
        Job.kind == JobKind.BOOKING_NOTIFY,
    )
    found = db.session.scalar(asked.order_by(Job.id.desc()).limit(1))
    return str(found) if found else None
