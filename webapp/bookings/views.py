"""The desk's pages of the bookings."""

from datetime import date
from typing import Any

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import BindParameter, String, bindparam, cast, select

from webapp.accounts import polls
from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.bookings import confirming, finding, of_customer, undelivered
from webapp.bookings.confirming import NoteMissing, TooLate
from webapp.bookings.forms import CancelForm
from webapp.bookings.models import Booking, BookingState
from webapp.bookings.telling import link
from webapp.customers.contacts import one_line
from webapp.extensions import db
from webapp.messages import watching
from webapp.notices import links
from webapp.pages import goes_to, render, say
from webapp.paging import Page, page

bp = Blueprint("bookings", __name__, url_prefix="/bookings")
of_customer.register()
undelivered.register()
links.register("booking", "bookings.show", "booking_id")

_ID: BindParameter[int] = bindparam("booking_id")
#: The booking itself may change, and so may its jobs and messages.
CHANGES = select(Booking.version).where(Booking.id == _ID).scalar_subquery() + watching.changes_of(
    "booking", cast(_ID, String)
)

NOTE_NEEDED = "Money came in. Say what becomes of it: the customer reads this."


@bp.get("")
@needs(Role.VIEWER)
def index() -> ResponseReturnValue:
    """List the bookings: what needs somebody first, then the newest."""
    words, state = one_line(request.args.get("q")), request.args.get("state", "")
    day, typed = _day()
    if state and state not in set(BookingState):
        abort(404)
    query = finding.listed()
    if words:
        query = finding.matching(query, words)
    if state:
        query = finding.in_state(query, BookingState(state))
    if day:
        query = finding.on_day(query, day)
    first = not (words or state or typed or request.args.get("before") or request.args.get("after"))
    return render(
        "bookings/index.html",
        block="list",
        page=_of_day(query) if day else page(query, Booking.id),
        words=words,
        state=state,
        day=typed,
        bad_day=bool(typed) and day is None,
        states=[state.value for state in BookingState],
        owed=finding.owed() if first else [],
        today=finding.today() if first else [],
    )


@bp.get("/<int:booking_id>")
@needs(Role.VIEWER)
@polls.polled(CHANGES, shared=True)
def show(booking_id: int) -> ResponseReturnValue:
    """Show one booking with its jobs and messages, live while something moves."""
    version = polls.version()
    booking = _find(booking_id)
    waiting = booking.created_at if booking.standing == BookingState.HELD else None
    return render(
        "bookings/show.html",
        block="live_part",
        booking=booking,
        watched=watching.about(booking, waits_since=waiting),
        version=version,
        public_link=link(booking),
    )


@bp.post("/<int:booking_id>/confirm")
@needs(Role.OPERATOR)
def confirm(booking_id: int) -> ResponseReturnValue:
    """Confirm by hand, such as when it was paid at the desk."""
    try:
        confirming.confirm_by_hand(_find(booking_id))
    except TooLate as problem:
        db.session.rollback()
        abort(409, str(problem))
    db.session.commit()
    say("Confirmed. The customer is being told.")
    return goes_to(url_for(".show", booking_id=booking_id))


@bp.get("/<int:booking_id>/cancel")
@needs(Role.OPERATOR)
def cancel_form(booking_id: int) -> ResponseReturnValue:
    """Ask what becomes of the money before a booking is cancelled."""
    booking = _find(booking_id)
    if booking.standing not in confirming.CANCELLABLE:
        abort(409, confirming.WHY_NOT_CANCELLED[booking.standing])
    return render("bookings/cancel.html", booking=booking, form=CancelForm())


@bp.post("/<int:booking_id>/cancel")
@needs(Role.OPERATOR)
def cancel(booking_id: int) -> ResponseReturnValue:
    """Cancel it and tell the customer."""
    booking, form = _find(booking_id), CancelForm(request.form)
    if not form.validate():
        return render("bookings/cancel.html", booking=booking, form=form, status=422)
    try:
        confirming.cancel(booking, form.note.data or "")
    except NoteMissing:
        form.note.errors = [NOTE_NEEDED]
        return render("bookings/cancel.html", booking=booking, form=form, status=422)
    except TooLate as problem:
        db.session.rollback()
        abort(409, str(problem))
    db.session.commit()
    say("Cancelled. The customer is being told.")
    return goes_to(url_for(".show", booking_id=booking_id))


def _find(booking_id: int) -> Booking:
    booking: Booking = db.first_or_404(finding.by_id(booking_id))
    return booking


def _day() -> tuple[date | None, str]:
    """Return the day asked for, and what was typed."""
    typed = one_line(request.args.get("day"))
    try:
        return date.fromisoformat(typed), typed
    except ValueError:
        return None, typed


def _of_day(query: Any) -> Page:
    """Return a whole day in the order in which it happens."""
    rows = query.order_by(Booking.starts_at, Booking.id).limit(finding.MANY)
    return Page(db.session.scalars(rows).all(), None, None)
