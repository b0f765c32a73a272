"""How a task is run: claim, run, finish. The only try and except around tasks."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from celery import Task
from celery.exceptions import SoftTimeLimitExceeded

from webapp import logs
from webapp.accounts import acting
from webapp.extensions import db
from webapp.jobs import logbook, owners, pausing
from webapp.jobs.claiming import claim
from webapp.jobs.kinds import POLICIES, JobKind, Wake
from webapp.jobs.queue import heard, wake
from webapp.jobs.running import Cancelled, Impossible, LeaseLost, NotNow, Run
from worker.app import app, flask_app

log = structlog.get_logger(__name__)

#: Each task by its name: call it with the job's id inside an app context.
TASKS: dict[str, Callable[[uuid.UUID], None]] = {}

#: What each kind runs, with the arguments that it takes.
BODIES: dict[JobKind, Callable[..., Any]] = {}

#: What a body returns to say: this slice is done, there is more.
MORE = object()

Body = Callable[..., Any]

#: Seconds before the next process tries its luck, when the database is away.
BREATH = 1.0

FAULT = "Something went wrong on our side."
FAULT_ADVICE = (
    "Try it again. If it keeps failing, show the details below to whoever looks after the server."
)


def job_task(kind: JobKind) -> Callable[[Body], Body]:
    """Make a body the task of a kind.

    The body is called with the Run and the job's arguments, finds its row and tells it what to do.
    What it returns is the job's result, or MORE. An exception is tried again by the kind's policy;
    Impossible is not. What else must learn of its end says so in ``jobs.running.when_ended``.
    """

    def register(body: Body) -> Body:
        policy = POLICIES[kind]
        TASKS[kind.value] = lambda job_id: _run(job_id, body)
        BODIES[kind] = body
        _add_task(kind.value, policy.soft_limit, policy.hard_limit)
        return body

    return register


def wake_task(
    task: Wake, *, soft_limit: int = 240, hard_limit: int = 300
) -> Callable[[Body], Body]:
    """Make a body the task that drains rows; it returns True when it should be woken again."""

    def register(body: Body) -> Body:
        def drain(_id: uuid.UUID) -> None:
            logs.begin(wake=task.value)
            heard(task)
            if pausing.held(task):
                return  # the sweep wakes again when its queue goes on
            if body():
                wake(task)
                db.session.commit()

        TASKS[task.value] = drain
        _add_task(task.value, soft_limit, hard_limit)
        return body

    return register


def _add_task(name: str, soft_limit: int, hard_limit: int) -> None:
    def run_task(self: "Task[Any, Any]") -> None:
        acting.act_as(acting.NOBODY)  # whoever the work before was done for
        try:
            with flask_app.app_context():
                TASKS[name](uuid.UUID(self.request.id))
        except Exception as error:
            # How it ended could not be written down, so whatever this process holds would stay
            # held for as long as it lives. The sweep frees what a dead one held.
            log.error("a task broke off; its process ends", task=name, exc_info=error)
            time.sleep(BREATH)
            raise SystemExit(1) from error

    app.task(name=name, bind=True, soft_time_limit=soft_limit, time_limit=hard_limit)(run_task)


def _run(job_id: uuid.UUID, body: Body) -> None:
    run = claim(job_id, worker=owners.me())
    if run is None:
        return
    logs.begin(
        request_id=run.request_id, job_id=str(run.id), kind=run.kind.value, attempt=run.attempt
    )
    acting.act_as(acting.Actor(run.asked_by_id, job_id=run.id))
    began = time.monotonic()
    with logbook.kept(run.id, run.attempt):
        try:
            outcome = _attempt(run, body)
        except LeaseLost:
            db.session.rollback()
            outcome = "lease lost"
    log.info("job ended", outcome=outcome, seconds=round(time.monotonic() - began, 3))


def _attempt(run: Run, body: Body) -> str:
    try:
        result = body(run, **run.args)
        run.go_on_later() if result is MORE else run.succeed(result)
        logbook.commit()
    except LeaseLost:
        raise
    except Cancelled:
        db.session.rollback()
        run.stop()
        logbook.commit()
        return "stopped"
    except Exception as error:
        db.session.rollback()
        return _after(error, run)
    return "more to do" if result is MORE else "done"


def _after(error: Exception, run: Run) -> str:
    sentence, advice = _words(error, run)
    final = isinstance(error, Impossible) or run.failures + 1 >= run.max_attempts
    if not isinstance(error, NotNow):
        log.error("job failed", exc_info=error, final=final)
    if not final:
        run.retry_later(error, sentence, advice)
        logbook.commit()
        return "trying again later"
    run.fail(error, sentence, advice)
    logbook.commit()
    return "failed"


def _words(error: Exception, run: Run) -> tuple[str, str | None]:
    if isinstance(error, NotNow):
        return str(error), error.advice
    if isinstance(error, SoftTimeLimitExceeded):
        limit = POLICIES[run.kind].soft_limit
        span = f"{limit // 60} minutes" if limit >= 120 else f"{limit} seconds"
        return f"It took longer than the {span} that it may take.", FAULT_ADVICE
    return FAULT, FAULT_ADVICE
