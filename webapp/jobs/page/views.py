"""The pages of the jobs."""

import uuid

from flask import Blueprint, Response, abort, jsonify, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import bindparam, select

from webapp.accounts.access import needs
from webapp.accounts.acting import record
from webapp.accounts.models import Role
from webapp.accounts.polls import polled
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.jobs.page import details, reading_logs, showing, story
from webapp.jobs.queue import enqueue
from webapp.pages import goes_to, interval, render
from webapp.paging import page

bp = Blueprint("jobs", __name__)


@bp.get("/jobs/<uuid:job_id>")
@needs(Role.VIEWER)
@polled(select(Job.version).where(Job.id == bindparam("job_id")).scalar_subquery(), shared=True)
def show(job_id: uuid.UUID) -> ResponseReturnValue:
    """Show one job, live while it is not finished."""
    shown = showing.show(job_id)
    if shown is None:
        abort(404)
    job = shown.job
    many = many_views.standing_of_many(job)
    interval_ms = None if job.finished else interval(job.created_at)
    until = shown.until
    if many and many["moving"] and job.finished:  # its row says nothing of those it has asked
        interval_ms, until = interval(job.created_at), now()
    return render(
        "jobs/show.html",
        block="live_part",
        shown=shown,
        job=job,
        many=many,
        interval_ms=interval_ms,
        until=until,
        raw=details.raw,
        counted=story.COUNTED,
    )


@bp.get("/jobs/<uuid:job_id>/children")
@needs(Role.VIEWER)
def children(job_id: uuid.UUID) -> ResponseReturnValue:
    """List the jobs that were asked for while a job ran."""
    job = db.get_or_404(Job, job_id)
    found = page(select(Job).where(Job.parent_id == job_id), Job.id)
    return render("jobs/children.html", job=job, page=found)


@bp.get("/jobs/<uuid:job_id>/log.txt")
@needs(Role.VIEWER)
def log(job_id: uuid.UUID) -> ResponseReturnValue:
    """Give what a job has logged, as a file."""
    job = db.get_or_404(Job, job_id)
    headers = {"Content-Disposition": f'attachment; filename="job-{job_id}.txt"'}
    return Response(reading_logs.as_text(job), mimetype="text/plain", headers=headers)


@bp.get("/task-status/<uuid:job_id>")
@needs(Role.VIEWER)
def status(job_id: uuid.UUID) -> ResponseReturnValue:
    """Tell a program how a job is: its id, state, result and error."""
    job = db.get_or_404(Job, job_id)
    progress = {"done": job.done, "total": job.total, "note": job.note}
    return jsonify(
        id=str(job.id),
        kind=job.kind,
        state=job.state,
        progress=progress,
        result=job.result,
        error=job.error,
    )


@bp.post("/jobs/test")
@needs(Role.OPERATOR)
def test() -> ResponseReturnValue:
    """Ask for a job that does nothing, to see whether a worker answers."""
    job = enqueue(JobKind.NOTHING)
    record("job.tested", "Asked whether a worker answers", about=job)
    db.session.commit()
    return goes_to(url_for("jobs.show", job_id=job.id))


from webapp.jobs.acting import many_views  # noqa: E402 - they need the blueprint
from webapp.jobs.acting import views as act_views  # noqa: E402 - they need the blueprint

__all__ = ["act_views", "bp", "many_views"]
