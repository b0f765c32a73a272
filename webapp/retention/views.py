"""The pages of how long data is kept, and of erasing a customer."""

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.customers.models import Customer
from webapp.extensions import db
from webapp.jobs.models import Job
from webapp.pages import goes_to, render, say
from webapp.retention import cleaning, erasing, of_customer, rules
from webapp.retention.forms import EraseForm, TermForm
from webapp.retention.models import Erasure
from webapp.retention.rules import Term

bp = Blueprint("retention", __name__, url_prefix="/retention")
of_customer.register()

NEWEST = 50


@bp.get("")
@needs(Role.ADMIN)
def index() -> ResponseReturnValue:
    """Show every kind of data with how long it is kept, and who was erased."""
    terms = rules.terms()
    erased = select(Erasure).order_by(Erasure.id.desc()).limit(NEWEST)
    jobs = {term.rule.last_job_id for term in terms.values() if term.rule}
    known = select(Job.id).where(Job.id.in_([one for one in jobs if one]))
    return render(
        "retention/index.html",
        terms=terms.values(),
        due=rules.due(terms),
        jobs=set(db.session.scalars(known)),
        erasures=db.session.scalars(erased).all(),
    )


@bp.get("/kinds/<kind>")
@needs(Role.ADMIN)
def edit(kind: str) -> ResponseReturnValue:
    """Show for how long a kind of data is kept, to be changed."""
    term = _term(kind)
    return _edit(term, TermForm.of(term))


@bp.post("/kinds/<kind>")
@needs(Role.ADMIN)
def change(kind: str) -> ResponseReturnValue:
    """Keep a kind of data for another time."""
    term, form = _term(kind), TermForm(request.form)
    if not form.validate():
        return _edit(term, form, status=422)
    try:
        after = rules.choose(term, form.chosen())
    except rules.TooShort as problem:
        form.days.errors = [str(problem)]
        return _edit(term, form, status=422)
    due = rules.due({kind: after})[kind]
    db.session.commit()
    say(f"“{after.kept.title}”: kept {_span(after)}. {_next_time(after, due)}")
    return goes_to(url_for(".index"))


@bp.get("/clean")
@needs(Role.ADMIN)
def ask_clean() -> ResponseReturnValue:
    """Show what a clean-up would take now."""
    terms = rules.terms()
    return render("retention/clean.html", terms=terms.values(), due=rules.due(terms))


@bp.post("/clean")
@needs(Role.ADMIN)
def clean() -> ResponseReturnValue:
    """Clean up now."""
    job = cleaning.ask()
    db.session.commit()
    return goes_to(url_for("jobs.show", job_id=job.id))


@bp.get("/customers/<int:customer_id>/erase")
@needs(Role.ADMIN)
def ask_erase(customer_id: int) -> ResponseReturnValue:
    """Show what erasing a customer takes, what stays, and why it may not be possible yet."""
    return _erase(db.get_or_404(Customer, customer_id), EraseForm())


@bp.post("/customers/<int:customer_id>/erase")
@needs(Role.ADMIN)
def erase(customer_id: int) -> ResponseReturnValue:
    """Erase a customer everywhere."""
    customer, form = db.get_or_404(Customer, customer_id), EraseForm(request.form)
    if not form.check(customer.name):
        return _erase(customer, form, status=422)
    try:
        job = erasing.ask(customer, form.reason.data or "")
    except erasing.NotPossible as problem:
        db.session.rollback()
        abort(409, str(problem))
    db.session.commit()
    return goes_to(url_for("jobs.show", job_id=job.id))


def _term(kind: str) -> Term:
    term = rules.term_of(kind)
    if term is None:
        abort(404)
    return term


def _edit(term: Term, form: TermForm, *, status: int = 200) -> ResponseReturnValue:
    return render("retention/edit.html", term=term, form=form, status=status)


def _erase(customer: Customer, form: EraseForm, *, status: int = 200) -> ResponseReturnValue:
    return render(
        "retention/erase.html",
        customer=customer,
        form=form,
        found=erasing.preview(customer),
        under_way=erasing.unfinished_of(customer),
        status=status,
    )


def _span(term: Term) -> str:
    return term.words if term.days is None else f"for {term.words}"


def _next_time(term: Term, due: rules.Due) -> str:
    if term.days is None:
        return "Nothing of it goes by itself."
    if not due.many:
        return "Nothing is that old now."
    return f"The next clean-up deals with {due.words} {term.kept.unit}."
