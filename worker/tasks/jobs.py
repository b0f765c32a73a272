"""The tasks of the ledger itself."""

import uuid
from typing import Any

from webapp.accounts import acting
from webapp.jobs.acting import many as acting_many
from webapp.jobs.kinds import JobKind
from webapp.jobs.running import Run
from worker import schedule
from worker.app import app, flask_app
from worker.beat import TICK
from worker.tasking import MORE, job_task


@job_task(JobKind.NOTHING)
def nothing(_run: Run) -> dict[str, str]:
    """Do nothing, to prove that a worker answers."""
    return {"answer": "A worker is there and answers."}


@job_task(JobKind.JOBS_RETRY)
def retry_many(
    run: Run,
    chosen: dict[str, Any],  # noqa: ARG001 - the run has it, with how far it is
    reason: str | None = None,  # noqa: ARG001 - so has it this
    **_so_far: Any,
) -> Any:
    """Ask many jobs to run again, for a while."""
    answer = acting_many.go_on(run, JobKind.JOBS_RETRY)
    return MORE if answer is None else {"answer": answer}


@job_task(JobKind.JOBS_CANCEL)
def cancel_many(
    run: Run,
    chosen: dict[str, Any],  # noqa: ARG001 - the run has it, with how far it is
    reason: str | None = None,  # noqa: ARG001 - so has it this
    **_so_far: Any,
) -> Any:
    """Ask many jobs to stop, for a while."""
    answer = acting_many.go_on(run, JobKind.JOBS_CANCEL)
    return MORE if answer is None else {"answer": answer}


@job_task(JobKind.JOBS_TAKE_BACK)
def take_back(run: Run, bulk_id: str, **_so_far: Any) -> Any:
    """Take back what has not begun of all that one job has asked, for a while."""
    answer = acting_many.take_back(run, uuid.UUID(bulk_id))
    return MORE if answer is None else {"answer": answer}


@app.task(name=TICK)
def tick() -> None:
    """Ask for what is due by the clock."""
    acting.act_as(acting.NOBODY)  # the clock asks, not whoever the job before was done for
    with flask_app.app_context():
        schedule.tick()
