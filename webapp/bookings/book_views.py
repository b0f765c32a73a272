"""The pages a customer sees: services, free times, details, and the page of the booking."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp.accounts.access import public
from webapp.bookings import holding, ics
from webapp.bookings.forms import DetailsForm
from webapp.bookings.holding import NotFree
from webapp.bookings.models import Booking, BookingState, PaymentState
from webapp.bookings.slots import bookable_days, days, is_free, nearest, next_free, span_of
from webapp.clock import now
from webapp.customers.contacts import one_line
from webapp.extensions import db, limiter, settings
from webapp.pages import goes_to, render
from webapp.security import allow_form_to
from webapp.services.models import Service
from webapp.services.times import zone_words

bp = Blueprint("book", __name__)

WEEK = timedelta(days=7)
#: Until then the next look may well show the payment.
PREPARED_WITHIN = timedelta(seconds=30)
START = "%Y%m%dT%H%MZ"  # in UTC, so that it is one moment also when a clock is set back
NOT_OFFERED = "This time is not offered. Choose another one."
DRAFT = "draft"


def made(response: Response) -> bool:
    """Count only what made a booking, not what was typed wrongly."""
    return response.status_code == 303


def rehearsing() -> bool:
    """Say whether the sandbox stands in for the providers: then nobody is kept from trying much."""
    return settings().sandbox_url is not None


@bp.get("/book")
@public
def index() -> ResponseReturnValue:
    return _services()


@bp.get("/book/<slug>")
@public
def times(slug: str) -> ResponseReturnValue:
    service = _published(slug)
    if service is None:
        return _services("This service is not offered any more. Choose another one.", status=404)
    first, last = bookable_days(service)
    day = min(max(_date(request.args.get("from")) or first, first), last)
    week = days(service, day, 7)
    found = any(shown.free for shown in week)
    return render(
        "book/times.html",
        service=service,
        week=week,
        earlier=max(first, day - WEEK) if day > first else None,
        later=day + WEEK if day + WEEK <= last else None,
        next_free=None if found else next_free(service),
        payable=_payable(service),
        start_text=start_text,
    )


@bp.get("/book/<slug>/<start>")
@public
def details(slug: str, start: str) -> ResponseReturnValue:
    service = _published(slug)
    if service is None:
        return _services("This service is not offered any more. Choose another one.", status=404)
    form = DetailsForm(data={**session.pop(DRAFT, {}), "time": start})
    return _form(service, form)


@bp.post("/book/<slug>/<start>")
@public
@limiter.limit("60 per 10 minutes", deduct_when=made, exempt_when=rehearsing)
def hold(slug: str, start: str) -> ResponseReturnValue:
    form = DetailsForm(request.form)
    form.time.data = form.time.data or start
    service = _published(slug)
    if service is None:
        session[DRAFT] = {name: form[name].data for name in ("name", "phone", "email")}
        said = "This service is not offered any more. Choose another one: what you typed is kept."
        return _services(said, status=422)
    moment = moment_of(form.time.data)
    if not form.validate() or moment is None or not _payable(service):
        return _form(service, form, status=422)
    try:
        booking = holding.hold(service, moment, form.contact(), form_key=form.form_key.data or "")
    except NotFree as problem:
        db.session.rollback()
        return _form(
            db.session.get_one(Service, service.id), form, problem=str(problem), status=422
        )
    answer = goes_to(url_for(".booked", token=booking.token))
    db.session.commit()
    return answer


@bp.get("/booked/<token>")
@public
def booked(token: str) -> ResponseReturnValue:
    booking = _by_token(token)
    account = settings().razorpay
    if account and booking.standing == BookingState.HELD:
        parts = urlsplit(account.base_url)
        allow_form_to(f"{parts.scheme}://{parts.netloc}")
    return render(
        "book/booked.html",
        booking=booking,
        payment=booking.payment,
        account=account,
        public_url=settings().public_url,
        left=_left(booking),
        refresh_seconds=_refresh_seconds(booking),
    )


@bp.get("/booked/<token>/booking.ics")
@public
def calendar(token: str) -> ResponseReturnValue:
    booking = _by_token(token)
    if booking.confirmed_at is None:
        abort(404)
    headers = {"Content-Disposition": f'attachment; filename="{booking.reference}.ics"'}
    return Response(ics.entry(booking), mimetype="text/calendar", headers=headers)


def _left(booking: Booking) -> str:
    """Say how long the time is still kept, in words."""
    if booking.hold_until is None or booking.standing != BookingState.HELD:
        return ""
    minutes = round((booking.hold_until - now()).total_seconds() / 60)
    span = "less than a minute" if minutes < 1 else f"{minutes} more minute{'s' * (minutes > 1)}"
    until = booking.hold_until.astimezone(booking.tz)
    return (
        f"We keep this time for you for {span}, until {until:%H:%M} ({zone_words(booking.zone)})."
    )


def _refresh_seconds(booking: Booking) -> int | None:
    """Return after how many seconds the page looks again by itself: only while we prepare."""
    preparing = booking.payment is not None and booking.payment.state == PaymentState.ASKED
    if not preparing or booking.standing != BookingState.HELD:
        return None
    return 2 if now() - booking.created_at < PREPARED_WITHIN else 10


def start_text(moment: datetime) -> str:
    """Return how a time stands in an address."""
    return moment.astimezone(UTC).strftime(START)


def moment_of(text: str | None) -> datetime | None:
    """Return the time that stands in an address, or None when it is not one."""
    try:
        moment = datetime.strptime(text or "", START).replace(tzinfo=UTC)
    except ValueError:
        return None
    # Other zones could not show the very first and last moments that Python can write.
    return moment if 2000 <= moment.year < 3000 else None


def _services(said: str | None = None, *, status: int = 200) -> ResponseReturnValue:
    shown = select(Service).where(Service.published).order_by(Service.name, Service.id)
    return render(
        "book/index.html", services=db.session.scalars(shown).all(), said=said, status=status
    )


def _form(
    service: Service, form: DetailsForm, *, problem: str | None = None, status: int = 200
) -> ResponseReturnValue:
    """Show the form; when its time is not free, with the free times around it to choose from."""
    moment = moment_of(form.time.data)
    span = span_of(service, moment) if moment else None
    if problem is None and (span is None or not is_free(service, span)):
        problem = NOT_OFFERED if span is None else "Somebody else has just taken this time."
    others = nearest(service, moment or now()) if problem else []
    return render(
        "book/details.html",
        service=service,
        form=form,
        moment=moment,
        problem=problem,
        others=others,
        payable=_payable(service),
        start_text=start_text,
        status=422 if problem else status,
    )


def _payable(service: Service) -> bool:
    return service.price == 0 or settings().razorpay is not None


def _published(slug: str) -> Service | None:
    wanted = select(Service).where(Service.slug == one_line(slug), Service.published)
    return db.session.scalar(wanted)


def _by_token(token: str) -> Booking:
    wanted = select(Booking).where(Booking.token == one_line(token))
    full = wanted.options(joinedload(Booking.service), joinedload(Booking.payment))
    booking: Booking = db.first_or_404(full, description="This link does not belong to a booking.")
    return booking


def _date(text: Any) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
