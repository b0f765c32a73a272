"""The page of those who want no offers: the desk looks, adds and takes off."""

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.customers.contacts import one_line
from webapp.customers.models import Customer
from webapp.extensions import db
from webapp.messages import of_customer
from webapp.messages.channels import Channel
from webapp.messages.models import SuppressedBecause, Suppression
from webapp.messages.stopping import NAMES
from webapp.messages.suppressing import BECAUSE, BY, lift, suppress
from webapp.messages.suppression_forms import AddForm, LiftForm
from webapp.pages import back, goes_to, next_page, render, say
from webapp.paging import page

bp = Blueprint("suppressions", __name__, url_prefix="/messages/do-not-contact")
of_customer.register()

KNOWN = "It is on the list already."


@bp.get("")
@needs(Role.VIEWER)
def index() -> ResponseReturnValue:
    """List who wants no offers, newest first."""
    words, query = one_line(request.args.get("q")), select(Suppression)
    if words:
        query = query.where(Suppression.address.contains(words.lower(), autoescape=True))
    return render(
        "messages/suppressions/index.html",
        block="list",
        page=page(query, Suppression.id),
        words=words,
        names=NAMES,
        because=BECAUSE,
    )


@bp.get("/new")
@needs(Role.OPERATOR)
def new() -> ResponseReturnValue:
    """Show the form."""
    return _form(AddForm(request.args))


@bp.post("/new")
@needs(Role.OPERATOR)
def add() -> ResponseReturnValue:
    """Put an address on the list."""
    form = AddForm(request.form)
    if not form.validate():
        return _form(form, status=422)
    channel, address = Channel(form.channel.data), form.address.parsed
    if not suppress(channel, address, SuppressedBecause.BY_HAND, form.note.data or None):
        form.address.errors = [KNOWN]
        return _form(form, status=422)
    db.session.commit()
    say(f"No more offers by {BY[channel]} to {address}.")
    return goes_to(url_for(".index"))


@bp.post("/customers/<int:customer_id>/<channel>")
@needs(Role.OPERATOR)
def add_customer(customer_id: int, channel: str) -> ResponseReturnValue:
    """Put a customer's number or address on the list."""
    customer = db.get_or_404(Customer, customer_id)
    address = of_customer.address_of(customer, _channel(channel))
    if address is None:
        abort(409, "This customer cannot be reached that way.")
    suppress(Channel(channel), address, SuppressedBecause.BY_HAND, "On the page of the customer")
    db.session.commit()
    say(f"No more offers by {BY[Channel(channel)]} to {address}.")
    return goes_to(back(url_for("customers.show", customer_id=customer_id)))


@bp.get("/<int:suppression_id>/lift")
@needs(Role.OPERATOR)
def lift_form(suppression_id: int) -> ResponseReturnValue:
    """Ask why offers may go there again."""
    return _lift(db.get_or_404(Suppression, suppression_id), LiftForm())


@bp.post("/<int:suppression_id>/lift")
@needs(Role.OPERATOR)
def take_off(suppression_id: int) -> ResponseReturnValue:
    """Take an address off the list."""
    entry, form = db.get_or_404(Suppression, suppression_id), LiftForm(request.form)
    if not form.validate():
        return _lift(entry, form, status=422)
    channel, address = entry.channel, entry.address
    lift(channel, address, note=form.note.data)
    db.session.commit()
    say(f"Offers by {BY[channel]} may go to {address} again.")
    return goes_to(next_page(url_for(".index")))


def _channel(name: str) -> Channel:
    if name not in set(Channel):
        abort(404)
    return Channel(name)


def _form(form: AddForm, *, status: int = 200) -> ResponseReturnValue:
    return render("messages/suppressions/new.html", form=form, status=status)


def _lift(entry: Suppression, form: LiftForm, *, status: int = 200) -> ResponseReturnValue:
    return render(
        "messages/suppressions/lift.html",
        entry=entry,
        form=form,
        names=NAMES,
        because=BECAUSE,
        next=next_page(url_for(".index")),
        status=status,
    )
