"""Jobs, for programs: found, followed, run again, stopped."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response, abort, jsonify, request, url_for
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from webapp.accounts.scopes import Scope
from webapp.api.errors import not_possible
from webapp.api.operations import operation
from webapp.api.task_schemas import Progress, Reason, Task, TaskList, TaskQuery
from webapp.extensions import db
from webapp.jobs.acting import asking
from webapp.jobs.models import Job, JobState, Subject, Telling
from webapp.jobs.page.glancing import glimpse
from webapp.notices import links

TAG = "Tasks"
LATEST = (1 << 48) - 1
REFUSED = "It is not in a state in which that can be asked."
IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "description": "The `ETag` of the last answer: while nothing has changed, the answer is 304.",
    "schema": {"type": "string"},
}


@operation("/tasks", Scope.TASKS_READ, out=TaskList, query=TaskQuery, tag=TAG)
def list_tasks(query: dict[str, Any]) -> dict[str, Any]:
    """List tasks, newest first.

    As many as `limit` says; `next` is the address of the older ones. However many there are,
    each part comes as fast as the first.
    """
    limit = query.pop("limit")
    found = (
        select(Job)
        .where(*conditions(query))
        .order_by(Job.id.desc())
        .limit(limit + 1)
        .options(joinedload(Job.asked_by), joinedload(Job.token))
    )
    jobs = list(db.session.scalars(found))
    more = len(jobs) > limit
    jobs = jobs[:limit]
    names = _names(jobs)
    return {
        "tasks": [shown(job, names.get(job.about_id or 0)) for job in jobs],
        "next": _older(jobs[-1].id) if more else None,
    }


def conditions(query: dict[str, Any]) -> list[ColumnElement[bool]]:
    """Return what a query means, each part by itself.

    The ids of jobs rise with time, so a span of time is a span of ids.
    """
    found: list[ColumnElement[bool]] = []
    for name, column in (("state", Job.state), ("queue", Job.queue), ("kind", Job.kind)):
        if name in query:
            found.append(column == query[name])
    if "about" in query:
        kind, _, ref = query["about"].partition(":")
        found += [Job.subject_type == kind, Job.subject_id == ref]
    if "routine" in query:
        found.append(Job.routine.is_(query["routine"]))
    if "since" in query:
        found.append(Job.id >= first_id(query["since"]))
    if "until" in query:
        found.append(Job.id < first_id(query["until"]))
    if "cursor" in query:
        found.append(Job.id < query["cursor"])
    return found


def first_id(moment: datetime) -> uuid.UUID:
    """Return the least id (UUIDv7) that a job of a moment or later can have."""
    milliseconds = min(int(moment.timestamp() * 1000), LATEST)
    return uuid.UUID(int=(milliseconds << 80) | (0x7 << 76) | (0b10 << 62))


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
    return answer.make_conditional(request)  # type: ignore[return-value]


@operation(
    "/tasks/<uuid:task_id>/retry",
    Scope.TASKS_WRITE,
    out=Task,
    body=Reason,
    post=True,
    status=202,
    tag=TAG,
    also={409: REFUSED},
)
def retry_task(body: dict[str, Any], task_id: uuid.UUID) -> dict[str, Any]:
    """Run a task again that failed or was stopped.

    Its attempts are counted from the start.
    """
    return _ask(task_id, asking.retry, body)


@operation(
    "/tasks/<uuid:task_id>/cancel",
    Scope.TASKS_WRITE,
    out=Task,
    body=Reason,
    post=True,
    status=202,
    tag=TAG,
    also={409: REFUSED},
)
def cancel_task(body: dict[str, Any], task_id: uuid.UUID) -> dict[str, Any]:
    """Stop a task.

    At once while it waits; at its next step while it runs, so its state may change a little later.
    """
    return _ask(task_id, asking.cancel, body)


def _ask(
    task_id: uuid.UUID, wish: Callable[[Job, str | None], None], body: dict[str, Any]
) -> dict[str, Any]:
    job = find(task_id)
    try:
        wish(job, body.get("reason") or None)
    except asking.NotPossible as problem:
        not_possible(problem)
    db.session.commit()
    return shown(job, links.name_of(job.subject_type, job.subject_id))


def find(task_id: uuid.UUID) -> Job:
    """Return a job, or answer 404."""
    return db.get_or_404(Job, task_id)


def _names(jobs: list[Job]) -> dict[int, str]:
    """Return how people call what some jobs are about, by one statement."""
    ids = {job.about_id for job in jobs if job.about_id}
    if not ids:
        return {}
    found = select(Subject.id, Subject.name).where(Subject.id.in_(ids))
    return {row.id: row.name for row in db.session.execute(found)}


def shown(job: Job, name: str | None = None) -> dict[str, Any]:
    """Return a job as programs see it, with how people call what it is about."""
    about = {"type": job.subject_type, "id": job.subject_id, "name": name}
    names = (
        *("id", "kind", "title", "state", "queue", "result", "error", "advice", "parent_id"),
        *("created_at", "started_at", "finished_at", "cancel_requested_at"),
    )
    return {
        **{name: getattr(job, name) for name in names},
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
