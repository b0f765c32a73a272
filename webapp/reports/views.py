"""The pages of the reports."""

from flask import Blueprint, Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import BindParameter, bindparam, func, select
from sqlalchemy.orm import joinedload

from webapp.accounts import polls
from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.customers.models import Customer
from webapp.exports.views import attachment
from webapp.exports.writing import in_parts
from webapp.extensions import db
from webapp.jobs.models import Job
from webapp.notices import links
from webapp.pages import goes_to, interval, render
from webapp.paging import page
from webapp.reports import customers, periods, telling, writing
from webapp.reports.forms import ReportForm
from webapp.reports.models import Report

bp = Blueprint("reports", __name__, url_prefix="/reports")
customers.register()
links.register("report", "reports.show", "report_id", called=writing.name_of)

_ID: BindParameter[int] = bindparam("report_id")
_JOB = select(func.coalesce(func.sum(Job.version), 0)).where(
    Job.id == select(Report.job_id).where(Report.id == _ID).scalar_subquery()
)
CHANGES = (
    select(func.coalesce(func.sum(Report.version), 0)).where(Report.id == _ID).scalar_subquery()
    + _JOB.scalar_subquery()
)
SIZE = 20


@bp.get("")
@needs(Role.VIEWER)
def index() -> ResponseReturnValue:
    """List the reports, newest first, and offer another one."""
    return _list(ReportForm())


@bp.post("")
@needs(Role.OPERATOR)
def ask() -> ResponseReturnValue:
    """Ask for one."""
    form = ReportForm(request.form)
    if not form.validate():
        return _list(form, status=422)
    report, _job = writing.ask(form.wanted())
    db.session.commit()
    return goes_to(url_for(".show", report_id=report.id))


@bp.get("/<int:report_id>")
@needs(Role.VIEWER)
@polls.polled(CHANGES)
def show(report_id: int) -> ResponseReturnValue:
    """Show one, live until it is written."""
    version, report = polls.version(), _find(report_id)
    job = None
    if report.ready_at is None and report.job_id is not None:
        job = db.session.get(Job, report.job_id)
    return render(
        "reports/show.html",
        block="live_part",
        version=version,
        report=report,
        job=job,
        name=periods.words_of(report.period),
        earlier=periods.before(periods.Span(report.since, report.until), report.period, report.tz),
        said=telling.said,
        change=telling.change,
        interval_ms=interval(job.created_at) if job and not job.finished else None,
    )


@bp.get("/<int:report_id>/csv")
@needs(Role.VIEWER)
def csv(report_id: int) -> ResponseReturnValue:
    """Give its figures as a CSV file."""
    report = _find(report_id)
    if report.figures is None:
        abort(409, "This report is not written yet.")
    first, last = (at.astimezone(report.tz) for at in (report.since, report.last_moment))
    name = f"Report {first:%Y-%m-%d} to {last:%Y-%m-%d}.csv"
    content = b"".join(in_parts(telling.rows(report.figures)))
    return Response(content, mimetype="text/csv", headers={"Content-Disposition": attachment(name)})


@bp.post("/customers/<int:customer_id>")
@needs(Role.OPERATOR)
def of_customer(customer_id: int) -> ResponseReturnValue:
    """Ask for a file with all that is known of one customer."""
    export = customers.generate_customer_report(db.get_or_404(Customer, customer_id))
    db.session.commit()
    return goes_to(url_for("exports.show", export_id=export.id))


def _list(form: ReportForm, *, status: int = 200) -> ResponseReturnValue:
    found = page(select(Report).options(joinedload(Report.asked_by)), Report.id, size=SIZE)
    return render(
        "reports/index.html", page=found, form=form, words_of=periods.words_of, status=status
    )


def _find(report_id: int) -> Report:
    report: Report = db.first_or_404(
        select(Report).where(Report.id == report_id).options(joinedload(Report.asked_by))
    )
    return report
