"""A report is asked for, written, and told of."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from webapp.accounts.acting import record, who
from webapp.accounts.models import Role, User
from webapp.bookings.finding import house_zone
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.jobs.queue import enqueue
from webapp.jobs.running import Impossible, Run
from webapp.notices import links
from webapp.notices.models import Level
from webapp.notices.telling import give
from webapp.reports import figures
from webapp.reports.models import Report
from webapp.reports.periods import Span, before, span_of, words_of


def ask(period: str) -> tuple[Report, Job]:
    """Ask for a report on the days until this moment; a job writes it. Raises NotAPeriod.

    While the same person's report on the same period is being written, that one is returned.
    """
    report = _new(period, today_too=True)
    report.asked_by_id = who().user_id
    db.session.add(report)
    db.session.flush()
    key = f"{period}:{who().user_id}"
    job = enqueue(JobKind.REPORT_WRITE, about=report, key=key, period=period, report_id=report.id)
    if job.args["report_id"] != report.id:
        db.session.delete(report)
        db.session.flush()
        return db.session.get_one(Report, job.args["report_id"]), job
    report.job_id = job.id
    record("report.asked", f"Asked for a report: {words_of(period)}", about=report, period=period)
    return report, job


def write(run: Run, period: str, report_id: int | None) -> str:
    """Write the report that somebody asked for, or the one that is due by the clock; return it in words.

    Run twice it writes one report and tells of it once.
    """
    if report_id is not None:
        report = db.session.get(Report, report_id)
        if report is None:
            raise Impossible("The report has been removed.", "Ask for another one.")
    else:
        report = generate_analytics_report(period, run=run)
    _fill(report, run)
    if report.asked_by_id is None:
        _tell_the_admins(report)
    return f"{report.told_as}: written down."


def generate_analytics_report(period: str = "30d", *, run: Run) -> Report:
    """Return the report of a run by the clock, on whole days; a run that begins anew finds its own."""
    report = db.session.scalar(select(Report).where(Report.job_id == run.id))
    if report is None:
        report = _new(period, today_too=False)
        report.job_id = run.id
        db.session.add(report)
        db.session.flush()
        record("report.written", f"Wrote a report: {words_of(period)}", about=report, period=period)
    return report


def newest(limit: int) -> Sequence[Report]:
    """Return the newest reports."""
    return db.session.scalars(select(Report).order_by(Report.id.desc()).limit(limit)).all()


def name_of(report_id: str) -> str | None:
    """Return what a report is called."""
    report = db.session.get(Report, int(report_id))
    return None if report is None else report.told_as


def _new(period: str, *, today_too: bool) -> Report:
    zone = house_zone()
    span = span_of(period, zone, now(), today_too=today_too)
    return Report(period=period, since=span.since, until=span.until, zone=zone.key, version=1)


def _fill(report: Report, run: Run) -> None:
    span = Span(report.since, report.until)
    written: list[dict[str, Any]] = []
    for title, lines in figures.sections(span, before(span, report.period, report.tz)):
        written.append({"title": title, "lines": [line._asdict() for line in lines]})
        run.report(done=len(written), total=len(figures.PARTS), note=f"Counting: {title}.")
    report.figures, report.ready_at, report.version = written, now(), report.version + 1


def _tell_the_admins(report: Report) -> None:
    give(
        select(User.id).where(User.role == Role.ADMIN),
        f"The report on {words_of(report.period).lower()} is ready",
        f"{report.told_as}, compared with the time before.",
        level=Level.INFO,
        key=f"report:{report.id}",
        link=links.path_of("reports.show", report_id=report.id),
    )
