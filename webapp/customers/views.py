"""The desk's pages of the customers."""

from zoneinfo import available_timezones

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.customers import editing
from webapp.customers.contacts import one_line
from webapp.customers.finding import holds, tagged, tags
from webapp.customers.forms import CustomerForm
from webapp.customers.models import Customer
from webapp.customers.sections import sections
from webapp.extensions import db
from webapp.pages import goes_to, next_page, render, say
from webapp.paging import page

bp = Blueprint("customers", __name__, url_prefix="/customers")

KNOWN = "Another customer has this number, or only this address. Look for them in the list."


@bp.get("")
@needs(Role.VIEWER)
def index() -> ResponseReturnValue:
    """List the customers, newest first."""
    words, query = one_line(request.args.get("q")), select(Customer)
    tag = one_line(request.args.get("tag")).lower()
    if words:
        query = query.where(holds(words, Customer.name, Customer.phone, Customer.email))
    if tag:
        query = query.where(tagged(tag))
    return render(
        "customers/index.html",
        block="list",
        page=page(query, Customer.id),
        words=words,
        tag=tag,
        tags=tags(),
    )


@bp.get("/<int:customer_id>")
@needs(Role.VIEWER)
def show(customer_id: int) -> ResponseReturnValue:
    """Show one customer with everything that was done for them."""
    customer = db.get_or_404(Customer, customer_id)
    parts = [(section, section.rows(customer)) for section in sections.values()]
    return render("customers/show.html", customer=customer, parts=parts)


@bp.get("/<int:customer_id>/edit")
@needs(Role.OPERATOR)
def edit(customer_id: int) -> ResponseReturnValue:
    """Show the form."""
    customer = _not_erased(customer_id)
    return _form(customer, CustomerForm(obj=customer))


@bp.post("/<int:customer_id>/edit")
@needs(Role.OPERATOR)
def update(customer_id: int) -> ResponseReturnValue:
    """Store what was typed."""
    customer, form = _not_erased(customer_id), CustomerForm(request.form)
    if not form.validate():
        return _form(customer, form, status=422)
    try:
        editing.change(customer, form.values())
    except editing.KnownAlready:
        db.session.rollback()
        form.phone.errors = [KNOWN]
        return _form(db.get_or_404(Customer, customer_id), form, status=422)
    db.session.commit()
    say("Saved.")
    return goes_to(next_page(url_for(".show", customer_id=customer_id)))


def _not_erased(customer_id: int) -> Customer:
    customer = db.get_or_404(Customer, customer_id)
    if customer.erased_at is not None:
        abort(409, "This customer has been erased, so nothing can be written down about them.")
    return customer


def _form(customer: Customer, form: CustomerForm, *, status: int = 200) -> ResponseReturnValue:
    return render(
        "customers/edit.html",
        customer=customer,
        form=form,
        back_to=next_page(url_for(".show", customer_id=customer.id)),
        zones=sorted(available_timezones()),
        status=status,
    )
