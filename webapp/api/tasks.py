"""Jobs, for programs: found and followed, run again and stopped, one or many."""

import uuid
from typing import Any

from flask import Response, abort, jsonify, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp.accounts.scopes import Scope
from webapp.api.operations import operation
from webapp.api.task_filters import TaskQuery, filter_of
from webapp.api.task_schemas import Progress, Task, TaskList
from webapp.extensions import db
from webapp.jobs.acting import arguments
from webapp.jobs.listing import finding
from webapp.jobs.models import Job, JobState, Telling
from webapp.jobs.page.glancing import glimpse
from webapp.notices import links

TAG = "Tasks"
IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "description": "The `ETag` of the last answer: while nothing has changed, the answer is 304.",
    "schema": {"type": "string"},
}


@operation("/tasks", Scope.TASKS_READ, out=TaskList, query=TaskQuery, tag=TAG)
def list_tasks(query: dict[str, Any]) -> dict[str, Any]:
    """List tasks, newest first.

    At most as many as `limit` says; `next` is the address of the older ones. However many there
    are, each part comes as fast as the first. Where words stand in very many, a part may hold fewer,
    or none, and still have a `next`.
    """
    found = finding.look(filter_of(query), before=query.get("cursor"), size=query["limit"])
    jobs = _whole([row.job.id for row in found.rows])
    return {
        "tasks": [shown(jobs[one.job.id], one.about) for one in found.rows if one.job.id in jobs],
        "next": found.older and _older(found.older),
    }


def _whole(ids: list[uuid.UUID]) -> dict[uuid.UUID, Job]:
    """Return some jobs with all that is told of them, by one statement."""
    found = (
        select(Job)
        .where(Job.id.in_(ids))
        .options(joinedload(Job.asked_by), joinedload(Job.token))
        .execution_options(populate_existing=True)
    )
    return {job.id: job for job in db.session.scalars(found)}


@operation("/tasks/<uuid:task_id>", Scope.TASKS_READ, out=Task, tag=TAG)
def get_task(task_id: uuid.UUID) -> dict[str, Any]:
    """Look at a task."""
    job = find(task_id)
    return shown(job, links.name_of(job.subject_type, job.subject_id))


@operation(
    "/tasks/<uuid:task_id>/progress",
    Scope.TASKS_READ,
    out=Progress,
    tag=TAG,
    parameters=[IF_NONE_MATCH],
    given={304: None},
)
def get_progress(task_id: uuid.UUID) -> Response:
    """See how far a task is.

    Made to be asked often: send the `ETag` of the last answer as `If-None-Match`. The task is over
    when its state is `SUCCESS`, `FAILURE` or `REVOKED`.
    """
    job = glimpse(task_id)
    if job is None:
        abort(404)
    answer = jsonify(Progress().dump(progress(job)))
    answer.set_etag(f"{job.version}", weak=True)
    return answer.make_conditional(request)  # type: ignore[return-value]  # werkzeug types its own Response


def find(task_id: uuid.UUID) -> Job:
    """Return a job, or answer 404."""
    return db.get_or_404(Job, task_id)


def shown(job: Job, name: str | None = None) -> dict[str, Any]:
    """Return a job as programs see it, with how people call what it is about."""
    about = {"type": job.subject_type, "id": job.subject_id, "name": name}
    names = (
        *("id", "kind", "title", "state", "queue", "result", "error", "advice", "parent_id"),
        *("created_at", "started_at", "finished_at", "cancel_requested_at", "follows_id"),
    )
    return {
        **{name: getattr(job, name) for name in names},
        "cause": job.cause_id,
        "arguments": job.args,
        "changeable": [one.name for one in arguments.changeable(job.kind)],
        "attempts": job.attempt,
        "asked_by": job.asker,
        "about": about if job.subject_type else None,
        "progress": progress(job),
        "links": {
            "self": url_for("api.get_task", task_id=job.id),
            "progress": url_for("api.get_progress", task_id=job.id),
            "page": url_for("jobs.show", job_id=job.id),
        },
    }


def progress(job: Telling) -> dict[str, Any]:
    """Return how far a job is; whatever went well is done to the last."""
    total, left = job.total, job.seconds_left
    percent = None if not total else min(100, job.done * 100 // total)
    if job.state == JobState.SUCCESS:
        percent = 100
    return {
        "state": job.state,
        "current": job.done,
        "total": total,
        "percent": percent,
        "note": getattr(job, "note", None),
        "seconds_left": None if left is None else round(left),
    }


def newest_of(thing_type: str, thing_id: object) -> list[uuid.UUID]:
    """Return the numbers of the jobs about a thing, newest first."""
    mine = (Job.subject_type == thing_type, Job.subject_id == str(thing_id))
    return list(db.session.scalars(select(Job.id).where(*mine).order_by(Job.id.desc()).limit(50)))


def _older(last: uuid.UUID) -> str:
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name != "cursor"}
    return url_for("api.list_tasks", **kept, cursor=last)
