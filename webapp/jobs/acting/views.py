"""The pages by which something is asked of jobs: to run again, to stop, with other values, or not after all."""

import uuid
from collections.abc import Callable, Mapping

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.extensions import db
from webapp.jobs.acting import arguments, asking, bulk, changing, taking_back, things
from webapp.jobs.acting.reasons import needed_to_stop, reason_of
from webapp.jobs.models import FINISHED, Job, Subject
from webapp.jobs.page import details
from webapp.jobs.page.views import bp
from webapp.pages import back, goes_to, render, say


@bp.post("/jobs/<uuid:job_id>/retry")
@needs(Role.OPERATOR)
def retry(job_id: uuid.UUID) -> ResponseReturnValue:
    """Run it again."""
    reason, wrong = reason_of(request.form)
    if wrong:
        abort(422, wrong)
    return _ask(job_id, lambda job: asking.retry(job, reason), "It runs again.")


@bp.get("/jobs/<uuid:job_id>/cancel")
@needs(Role.OPERATOR)
def ask_cancel(job_id: uuid.UUID) -> ResponseReturnValue:
    """Say what a stop would leave behind, before it is asked for."""
    job = db.get_or_404(Job, job_id)
    if job.state in FINISHED or job.cancel_requested_at:
        abort(409, asking.why_not(job, "be stopped"))
    return _before_stop(job)


@bp.post("/jobs/<uuid:job_id>/cancel")
@needs(Role.OPERATOR)
def cancel(job_id: uuid.UUID) -> ResponseReturnValue:
    """Stop it."""
    job = db.get_or_404(Job, job_id)
    dangerous = needed_to_stop(job)
    reason, wrong = reason_of(request.form, needed=dangerous)
    if wrong:
        return _before_stop(job, wrong)
    not_begun = job.kind in bulk.BULK and job.attempt == 0
    said = "Undone: nothing has happened." if not_begun else "It is being stopped."
    default = url_for("jobs.show", job_id=job_id)
    return _ask(
        job_id, lambda job: asking.cancel(job, reason), said, None if dangerous else default
    )


def _before_stop(job: Job, wrong: str = "") -> ResponseReturnValue:
    return render(
        "jobs/ask_stop.html",
        job=job,
        left=things.left_by_stop(job),
        needed=job.asks_first,
        typed=request.form.get("reason", ""),
        wrong=wrong,
        status=422 if wrong else 200,
    )


@bp.post("/jobs/<uuid:job_id>/take-back")
@needs(Role.OPERATOR)
def take_back(job_id: uuid.UUID) -> ResponseReturnValue:
    """Undo what was last asked of it."""
    return _ask(job_id, taking_back.take_back, "Undone: it stands as it did before.")


@bp.get("/jobs/<uuid:job_id>/change")
@needs(Role.OPERATOR)
def change(job_id: uuid.UUID) -> ResponseReturnValue:
    """Show what it works on, as a form."""
    job = _changeable(job_id)
    return _form(job, {name: str(value) for name, value in job.args.items()})


@bp.post("/jobs/<uuid:job_id>/change")
@needs(Role.OPERATOR)
def retry_with(job_id: uuid.UUID) -> ResponseReturnValue:
    """Do it again with other values."""
    job = _changeable(job_id)
    reason, no_reason = reason_of(request.form)
    wrong = {"reason": no_reason} if no_reason else {}
    try:
        args = changing.read(job, request.form)
    except changing.BadArguments as problem:
        wrong |= problem.wrong
    if wrong:
        return _form(job, request.form, wrong)
    try:
        new = changing.retry_with(job, args, reason)
    except changing.NothingChanged as problem:
        db.session.rollback()
        return _form(_changeable(job_id), request.form, {"": str(problem)})
    except asking.NotPossible as problem:
        db.session.rollback()
        abort(409, str(problem))
    db.session.commit()
    say("It is done again with the new values. The old job stays as it is.")
    return goes_to(url_for("jobs.show", job_id=new.id))


def _changeable(job_id: uuid.UUID) -> Job:
    job: Job = db.get_or_404(Job, job_id)
    if not arguments.changeable(job.kind):
        abort(404)
    if not changing.can_change(job):
        abort(409, "Only what failed or was stopped can be tried again with other values.")
    return job


def _form(
    job: Job, typed: Mapping[str, str], wrong: Mapping[str, str] | None = None
) -> ResponseReturnValue:
    free = {one.name for one in arguments.changeable(job.kind)}
    fixed = {name: value for name, value in job.args.items() if name not in free}
    return render(
        "jobs/ask_change.html",
        job=job,
        fields=arguments.changeable(job.kind),
        fixed=[(one, _called(one)) for one in details.readable(job, fixed)],
        typed=typed,
        wrong=wrong or {},
        status=422 if wrong else 200,
    )


def _called(one: details.Detail) -> str:
    """Return how people call what an argument names."""
    known = one.thing and db.session.scalar(
        select(Subject.name).where(Subject.type == one.thing[0], Subject.ref == one.thing[1])
    )
    return known or one.text


def _ask(
    job_id: uuid.UUID, wish: Callable[[Job], None], done: str, default: str | None = ""
) -> ResponseReturnValue:
    job = db.get_or_404(Job, job_id)
    try:
        wish(job)
    except asking.NotPossible as problem:
        db.session.rollback()
        abort(409, str(problem))
    db.session.commit()
    say(done)
    page = url_for("jobs.show", job_id=job_id)
    return goes_to(page if default is None else back(page))
