"""The pages of the jobs."""

import uuid

from flask import Blueprint, Response, abort, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import and_, bindparam, not_, select

from webapp.accounts.access import needs
from webapp.accounts.acting import record
from webapp.accounts.models import Role
from webapp.accounts.polls import polled
from webapp.extensions import db
from webapp.jobs import details, reading_logs, showing, story
from webapp.jobs.kinds import POLICIES, JobKind
from webapp.jobs.models import UNFINISHED, Job, JobState
from webapp.jobs.queue import enqueue
from webapp.pages import (
    goes_to,
    interval,
    nothing_new,
    render,
    unchanged,
)
from webapp.paging import page

bp = Blueprint("jobs", __name__)

#: What the clock asks for went well, as it does every minute: nobody looks for that.
ROUTINE = and_(Job.subject_type.is_(None), Job.asked_by_id.is_(None), Job.state == JobState.SUCCESS)
FILTERS = {
    "": ("All", not_(ROUTINE)),
    "open": ("Not finished", Job.state.in_(UNFINISHED)),
    "failed": ("Failed", Job.state == JobState.FAILURE),
    "done": ("Done", and_(Job.state == JobState.SUCCESS, not_(ROUTINE))),
    "stopped": ("Stopped", Job.state == JobState.REVOKED),
    "routine": ("Routine", ROUTINE),
}


@bp.get("/jobs")
@needs(Role.VIEWER)
def index() -> ResponseReturnValue:
    """List the jobs, newest first."""
    chosen, kind = request.args.get("show", ""), request.args.get("kind", "")
    if chosen not in FILTERS or (kind and kind not in set(JobKind)):
        abort(404)
    query = select(Job).where(FILTERS[chosen][1])
    if kind:
        query = query.where(Job.kind == JobKind(kind))
    found = page(query, Job.id)
    version = "-".join(f"{job.version}" for job in found.rows) or "none"
    if unchanged(version):
        return nothing_new()
    moving = [job.created_at for job in found.rows if not job.finished]
    return render(
        "jobs/index.html",
        block="list",
        page=found,
        filters=FILTERS,
        chosen=chosen,
        kind=kind,
        kinds={kind.value: POLICIES[kind].title for kind in JobKind},
        version=version,
        interval_ms=max(interval(min(moving)), 2_000) if moving else None,
    )


@bp.get("/jobs/<uuid:job_id>")
@needs(Role.VIEWER)
@polled(select(Job.version).where(Job.id == bindparam("job_id")).scalar_subquery())
def show(job_id: uuid.UUID) -> ResponseReturnValue:
    """Show one job, live while it is not finished."""
    shown = showing.show(job_id)
    if shown is None:
        abort(404)
    job = shown.job
    interval_ms = None if job.finished else interval(job.created_at)
    return render(
        "jobs/show.html",
        block="live_part",
        shown=shown,
        job=job,
        interval_ms=interval_ms,
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


from webapp.jobs import act_views, many_views  # noqa: E402 - they need the blueprint

__all__ = ["act_views", "bp", "many_views"]
