"""The desk's pages of the services."""

from zoneinfo import available_timezones

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.extensions import db, settings
from webapp.pages import goes_to, render, say
from webapp.paging import page
from webapp.services import editing, hours, times
from webapp.services.forms import ServiceForm
from webapp.services.models import Service
from webapp.services.seeding import ELSEWHERE, PLACES, WORKING_DAY

bp = Blueprint("services", __name__, url_prefix="/services")
for words in (times.day_words, times.short_day, times.when_words, times.zone_words):
    bp.add_app_template_global(words)

TAKEN = "Another service has this address. Choose another one."


@bp.get("")
@needs(Role.VIEWER)
def index() -> ResponseReturnValue:
    """List the services, newest first."""
    return render("services/index.html", page=page(select(Service), Service.id))


@bp.get("/new")
@needs(Role.ADMIN)
def new() -> ResponseReturnValue:
    """Show the form with what is usual."""
    place = PLACES.get(settings().phone_region, ELSEWHERE)
    usual = {f"day_{day}": hours.written(WORKING_DAY) for day in range(5)}
    form = ServiceForm(
        data={
            "minutes": 30,
            "price": "0",
            "currency": place.currency,
            "zone": place.zone,
            "capacity": 1,
            "lead_minutes": 60,
            "days_ahead": 30,
            **usual,
        }
    )
    return _form(None, form)


@bp.post("/new")
@needs(Role.ADMIN)
def create() -> ResponseReturnValue:
    """Add it."""
    form = ServiceForm(request.form)
    if not form.validate():
        return _form(None, form, status=422)
    try:
        service = editing.add(form.values())
    except editing.AddressTaken:
        form.slug.errors = [TAKEN]
        return _form(None, form, status=422)
    db.session.commit()
    say("Added.")
    return goes_to(url_for(".show", service_id=service.id))


@bp.get("/<int:service_id>")
@needs(Role.VIEWER)
def show(service_id: int) -> ResponseReturnValue:
    """Show one service."""
    service = db.get_or_404(Service, service_id)
    return render(
        "services/show.html", service=service, weekdays=hours.WEEKDAYS, written=hours.written
    )


@bp.get("/<int:service_id>/edit")
@needs(Role.ADMIN)
def edit(service_id: int) -> ResponseReturnValue:
    """Show the form."""
    service = db.get_or_404(Service, service_id)
    return _form(service, ServiceForm.of(service))


@bp.post("/<int:service_id>/edit")
@needs(Role.ADMIN)
def update(service_id: int) -> ResponseReturnValue:
    """Store what was typed."""
    service, form = db.get_or_404(Service, service_id), ServiceForm(request.form)
    if not form.validate():
        return _form(service, form, status=422)
    try:
        editing.change(service, form.values())
    except editing.AddressTaken:
        form.slug.errors = [TAKEN]
        return _form(db.get_or_404(Service, service_id), form, status=422)
    db.session.commit()
    say("Saved.")
    return goes_to(url_for(".show", service_id=service_id))


def _form(service: Service | None, form: ServiceForm, *, status: int = 200) -> ResponseReturnValue:
    return render(
        "services/edit.html",
        service=service,
        form=form,
        zones=sorted(available_timezones()),
        status=status,
    )
