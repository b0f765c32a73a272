"""What programs ask of tasks: to run again, to stop, with other values, or not after all."""

import uuid
from collections.abc import Callable
from typing import Any

from flask import Response, url_for

from webapp.accounts.scopes import Scope
from webapp.api.errors import BadFields, not_possible, refuse
from webapp.api.operations import View, operation
from webapp.api.repeating import Made, once
from webapp.api.task_filters import EVERY, Many, filter_of
from webapp.api.task_schemas import Changed, Reason, Task
from webapp.api.tasks import TAG, find, shown
from webapp.extensions import db
from webapp.jobs.acting import arguments, asking, bulk, changing, taking_back
from webapp.jobs.acting.asking import NotPossible
from webapp.jobs.acting.bulk import Chosen
from webapp.jobs.acting.reasons import needed_to_stop, reason_for_many, reason_of
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.notices import links

REFUSED = {409: "It is not in a state in which that can be asked."}
NO_OTHER = "Nothing would be other than before. Use “retry” to do the same once more."


def wish(rule: str, **more: Any) -> Callable[[View], View]:
    """Declare a route by which something is asked of tasks; it answers 202 with a task."""
    asked: dict[str, Any] = {"out": Task, "post": True, "status": 202, "tag": TAG, "also": REFUSED}
    return operation(rule, Scope.TASKS_WRITE, **asked, **more)


@wish("/tasks/<uuid:task_id>/retry", body=Reason)
def retry_task(body: dict[str, Any], task_id: uuid.UUID) -> dict[str, Any]:
    """Run a task again that failed or was stopped.

    Its attempts are counted from the start.
    """
    return _ask(task_id, lambda job: asking.retry(job, reason_of(body)[0]))


@wish("/tasks/<uuid:task_id>/retry-with", body=Changed, once=True)
def retry_task_with(body: dict[str, Any], task_id: uuid.UUID) -> Response:
    """Do what failed or was stopped again, with other arguments.

    A new task does it, and is the answer; the old one stays as it is. `changeable` of the old one
    names what may be said otherwise; what is not named is as before.
    """

    def again() -> Made:
        job = find(task_id)
        if not arguments.changeable(job.kind):
            not_possible("Nothing that this task works on can be changed.")
        try:
            new = changing.retry_with(job, _changed(job, body["arguments"]), reason_of(body)[0])
        except changing.NothingChanged:
            refuse(arguments=NO_OTHER)
        except NotPossible as problem:
            not_possible(problem)
        return _made(new)

    return once(again, body)


def _changed(job: Job, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a new job. What cannot be meant is told of its field: 422."""
    known = [one.name for one in arguments.changeable(job.kind)]
    wrong = {
        name: f"Only these can be changed: {', '.join(known)}." for name in {*wanted} - {*known}
    }
    for name, value in wanted.items():
        if not isinstance(value, str | int | None) or isinstance(value, bool):
            wrong.setdefault(name, "Give a text, a whole number, or null.")
    said = {name: "" if value is None else str(value) for name, value in wanted.items()}
    before = {name: str(value) for name, value in job.args.items()}
    try:
        args = changing.read(job, before | said)
    except changing.BadArguments as problem:
        wrong = problem.wrong | wrong
    if wrong:
        raise BadFields({f"arguments.{name}": [sentence] for name, sentence in wrong.items()})
    return args


@wish("/tasks/<uuid:task_id>/cancel", body=Reason)
def cancel_task(body: dict[str, Any], task_id: uuid.UUID) -> dict[str, Any]:
    """Stop a task.

    At once while it waits; at its next step while it runs, so its state may change a little later.
    Where that leaves something half done, `reason` is needed.
    """

    def cancel(job: Job) -> None:
        reason, wrong = reason_of(body, needed=needed_to_stop(job))
        if wrong:
            refuse(reason=wrong)
        asking.cancel(job, reason)

    return _ask(task_id, cancel)


@wish("/tasks/<uuid:task_id>/take-back")
def take_back_task(task_id: uuid.UUID) -> dict[str, Any]:
    """Undo what was last asked of a task: to run again, or to stop.

    That is possible while nothing of it has begun; the task then stands as it did before.
    """
    return _ask(task_id, taking_back.take_back)


@wish("/tasks/many/retry", body=Many, once=True)
def retry_many(body: dict[str, Any]) -> Response:
    """Run all tasks again that a filter finds.

    A task does it, and is the answer: it begins in ten seconds, has a progress of its own, and can be
    stopped with `cancel`. What it has asked for can be taken back with `take-back-all`.
    """
    return _of_many(JobKind.JOBS_RETRY, body)


@wish("/tasks/many/cancel", body=Many, once=True)
def cancel_many(body: dict[str, Any]) -> Response:
    """Stop all tasks that a filter finds.

    A task does it, as for running many again.
    """
    return _of_many(JobKind.JOBS_CANCEL, body)


def _of_many(wanted: JobKind, body: dict[str, Any]) -> Response:
    def ask() -> Made:
        chosen = bulk.ticked(body["ids"]) if "ids" in body else _narrowed(body["filter"])
        if not bulk.any_able(wanted, chosen):
            not_possible(bulk.NOBODY_ABLE)
        reason, wrong = reason_for_many(body, wanted, chosen)
        if wrong:
            refuse(reason=wrong)
        return _made(bulk.ask(wanted, chosen, reason))

    return once(ask, body)


def _narrowed(said: dict[str, Any]) -> Chosen:
    """Return the jobs of a filter; one that leaves nothing out is a slip of the pen: 422."""
    found = filter_of(said, "filter.")
    if found == EVERY:
        refuse(filter="Say which: a filter with nothing in it would mean every task.")
    return bulk.chosen(found)


@wish("/tasks/<uuid:task_id>/take-back-all", once=True)
def take_back_many(task_id: uuid.UUID) -> Response:
    """Take back what has not begun of all that a task has asked for.

    The task is one that ran many again, or stopped them, and has ended. Another task does it, and is
    the answer.
    """

    def back() -> Made:
        try:
            return _made(bulk.take_back(find(task_id)))
        except NotPossible as problem:
            not_possible(problem)

    return once(back, {})


def _made(job: Job) -> Made:
    db.session.flush()
    return Made(Task().dump(_told(job)), 202, url_for("api.get_task", task_id=job.id))


def _ask(task_id: uuid.UUID, asked: Callable[[Job], None]) -> dict[str, Any]:
    job = find(task_id)
    try:
        asked(job)
    except NotPossible as problem:
        not_possible(problem)
    db.session.commit()
    return _told(job)


def _told(job: Job) -> dict[str, Any]:
    return shown(job, links.name_of(job.subject_type, job.subject_id))
