"""The tasks of the ledger itself."""

from webapp.accounts import acting
from webapp.jobs.kinds import JobKind
from webapp.jobs.running import Run
from worker import schedule
from worker.app import app, flask_app
from worker.beat import TICK
from worker.tasking import job_task


@job_task(JobKind.NOTHING)
def nothing(_run: Run) -> dict[str, str]:
    """Do nothing, to prove that a worker answers."""
    return {"answer": "A worker is there and answers."}


@app.task(name=TICK)
def tick() -> None:
    """Ask for what is due by the clock."""
    acting.act_as(acting.NOBODY)  # the clock asks, not whoever the job before was done for
    with flask_app.app_context():
        schedule.tick()
