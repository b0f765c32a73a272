"""Bookings: what can be booked and when, made, looked at, cancelled."""

import secrets
from datetime import date
from typing import Any

from flask import Response, abort, url_for
from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from sqlalchemy import select

from webapp.accounts.scopes import Scope
from webapp.api import tasks
from webapp.api.errors import not_possible, refuse
from webapp.api.fields import Line, Moment, Strict, line, told
from webapp.api.operations import operation
from webapp.api.repeating import Made, once
from webapp.bookings import confirming, finding, holding, slots
from webapp.bookings.confirming import NoteMissing, TooLate
from webapp.bookings.models import Booking, BookingState, PaymentState
from webapp.bookings.telling import link
from webapp.customers.contacts import Contact, NotAContact, one_line, parse_email, parse_phone
from webapp.extensions import db, settings
from webapp.services.models import Service

TAG = "Bookings"
WEEK = 7
REACHABLE = "Give a telephone number or an e-mail address."
NO_SERVICE = "This service is not offered."
NOT_OFFERED = "This time is not offered, or it has passed. Free times are at {times}."
NO_PAYMENT = "Payments are not set up here. Send “confirm”: true for what is paid at the desk."
STATES = [state.value for state in BookingState]
PAYMENTS = [state.value for state in PaymentState]


class ServiceSchema(Schema):
    """Something that can be booked."""

    slug = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    minutes = fields.Integer(required=True, **told("How long it takes."))
    price = fields.Integer(required=True, **told("In the currency's smallest unit."))
    currency = fields.String(required=True)
    zone = fields.String(required=True, **told("On whose clock its hours are."))


class ServiceList(Schema):
    """What can be booked."""

    services = fields.List(fields.Nested(ServiceSchema), required=True)


class Times(Schema):
    """When something can be booked."""

    times = fields.List(fields.DateTime(), required=True, **told("Where a free time begins."))
    zone = fields.String(required=True)


class TimesQuery(Strict):
    """Of which days."""

    since = fields.Date(data_key="from", **told("The first of seven days; today if left out."))


class BookingSchema(Schema):
    """A customer's time at a service."""

    id = fields.Integer(required=True)
    reference = fields.String(required=True, **told("What customer and desk call it."))
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    service = fields.String(required=True, **told("The service's slug."))
    start = fields.DateTime(required=True)
    end = fields.DateTime(required=True)
    zone = fields.String(required=True)
    name = fields.String(required=True)
    phone = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    price = fields.Integer(required=True, **told("In the currency's smallest unit."))
    currency = fields.String(required=True)
    payment = fields.String(
        required=True, allow_none=True, validate=validate.OneOf([*PAYMENTS, None])
    )
    hold_until = fields.DateTime(
        required=True, allow_none=True, **told("Until when it waits for the payment.")
    )
    customer_page = fields.String(
        required=True,
        **told("Where the customer pays and sees the booking: give it to nobody else."),
    )
    tasks = fields.List(fields.UUID(), required=True, **told("The tasks about it, newest first."))
    created_at = fields.DateTime(required=True)


class NewBooking(Strict):
    """A booking to be made."""

    service: Any = line(
        80, least=1, required=True, **told("The service's slug.", example="massage")
    )
    start = Moment(required=True, **told("When it begins, with its zone."))
    name: Any = line(100, least=1, required=True, **told("Who comes.", example="Asha Rao"))
    phone: Any = line(
        40,
        allow_none=True,
        **told("With its country; or give an e-mail address.", example="+919812345678"),
    )
    email: Any = line(254, allow_none=True)
    confirm = fields.Boolean(
        load_default=False,
        **told("true: it is confirmed at once, such as when it is paid at the desk."),
    )

    @validates_schema
    def reachable(self, data: dict[str, Any], **_: Any) -> None:
        """Raise ValidationError when nobody could tell the customer anything."""
        if not data.get("phone") and not data.get("email"):
            raise ValidationError(REACHABLE, "phone")


class Cancelling(Strict):
    """What becomes of the money."""

    note = Line(
        load_default="",
        validate=validate.Length(max=500),
        **told("Needed where money came in: what becomes of it."),
    )


@operation("/services", Scope.BOOKINGS_READ, out=ServiceList, tag=TAG)
def list_services() -> dict[str, Any]:
    """List what can be booked."""
    offered = select(Service).where(Service.published).order_by(Service.name, Service.id)
    return {"services": db.session.scalars(offered).all()}


@operation("/services/<slug>/times", Scope.BOOKINGS_READ, out=Times, query=TimesQuery, tag=TAG)
def list_times(query: dict[str, Any], slug: str) -> dict[str, Any]:
    """List the free times of seven days."""
    service = _service(slug) or abort(404)
    first, last = slots.bookable_days(service)
    wanted: date = query.get("since", first)
    week = slots.days(service, min(max(wanted, first), last), WEEK) if wanted <= last else []
    return {"times": [moment for day in week for moment in day.free], "zone": service.zone}


@operation(
    "/bookings",
    Scope.BOOKINGS_WRITE,
    out=BookingSchema,
    body=NewBooking,
    post=True,
    status=201,
    once=True,
    tag=TAG,
    also={409: "Somebody else has just taken this time, or it cannot be paid."},
)
def make_booking(body: dict[str, Any]) -> Response:
    """Book a time for a customer.

    It is held for ten minutes, and its `customer_page` is where the customer pays. A service without
    a price is confirmed at once, and so is any other with `confirm`. The customer is told as if the
    booking had been made on the page.
    """
    contact = _contact(body)
    return once(lambda: _make(body, contact), body)


def _make(body: dict[str, Any], contact: Contact) -> Made:
    service = _service(body["service"])
    if service is None:
        refuse(service=NO_SERVICE)
    if service.price and not body["confirm"] and settings().razorpay is None:
        not_possible(NO_PAYMENT)
    slots.lock(service.id)
    if slots.span_of(service, body["start"]) is None:
        times = url_for("api.list_times", slug=service.slug)
        refuse(start=NOT_OFFERED.format(times=times))
    try:
        booking = holding.hold(service, body["start"], contact, form_key=secrets.token_urlsafe(24))
        if body["confirm"]:
            confirming.confirm_by_hand(booking)
    except (holding.NotFree, TooLate) as problem:
        not_possible(problem)
    db.session.flush()
    place = url_for("api.get_booking", booking_id=booking.id)
    return Made(BookingSchema().dump(shown(booking)), 201, place)


def _contact(body: dict[str, Any]) -> Contact:
    """Return who it is, in the form in which we keep it."""
    found: dict[str, str | None] = {"phone": None, "email": None}
    for name, parse in (("phone", parse_phone), ("email", parse_email)):
        try:
            found[name] = parse(body[name]) if body.get(name) else None
        except NotAContact as problem:
            refuse(**{name: str(problem)})
    return Contact(name=body["name"], **found)


@operation("/bookings/<int:booking_id>", Scope.BOOKINGS_READ, out=BookingSchema, tag=TAG)
def get_booking(booking_id: int) -> dict[str, Any]:
    """Look at a booking."""
    return shown(_find(booking_id))


@operation(
    "/bookings/<int:booking_id>/cancel",
    Scope.BOOKINGS_WRITE,
    out=BookingSchema,
    body=Cancelling,
    post=True,
    tag=TAG,
    also={409: "It is over already."},
)
def cancel_booking(body: dict[str, Any], booking_id: int) -> dict[str, Any]:
    """Cancel a booking.

    The customer is told. Money that came in is given back by people, so `note` says what becomes of it.
    """
    booking = _find(booking_id)
    try:
        confirming.cancel(booking, body["note"])
    except NoteMissing:
        refuse(note="Money came in: say what becomes of it.")
    except TooLate as problem:
        not_possible(problem)
    db.session.commit()
    return shown(booking)


def shown(booking: Booking) -> dict[str, Any]:
    """Return a booking as programs see it."""
    names = ("id", "reference", "zone", "name", "phone", "email", "currency", "created_at")
    held = booking.standing == BookingState.HELD
    return {
        **{name: getattr(booking, name) for name in names},
        "state": booking.standing,
        "service": booking.service.slug,
        "start": booking.starts_at,
        "end": booking.ends_at,
        "price": booking.amount,
        "payment": booking.payment and booking.payment.state,
        "hold_until": booking.hold_until if held else None,
        "customer_page": link(booking),
        "tasks": tasks.newest_of("booking", booking.id),
    }


def _service(slug: str) -> Service | None:
    return db.session.scalar(
        select(Service).where(Service.slug == one_line(slug), Service.published)
    )


def _find(booking_id: int) -> Booking:
    booking: Booking = db.first_or_404(finding.by_id(booking_id))
    return booking
