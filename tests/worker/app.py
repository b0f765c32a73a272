"""The product's worker, whose jobs do what their arguments ask: ``celery -A tests.worker.app``."""

import os
import time
from functools import partial
from pathlib import Path
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded

from webapp.accounts.acting import record
from webapp.extensions import db
from webapp.jobs.kinds import POLICIES, JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.running import Ended, Impossible, NotNow, Run, when_ended
from webapp.jobs.sweeping import rescue

SHORT = JobKind.NOTHING
POLICIES[SHORT] = POLICIES[SHORT]._replace(soft_limit=3, hard_limit=6)

import worker.tasks  # noqa: E402 - it takes over the limits
from worker import tasking  # noqa: E402 - the same
from worker.app import app  # noqa: E402 - the same

assert worker.tasks
app.conf.worker_max_tasks_per_child = 60


class Unspeakable(NotNow):
    """A trouble of which not even the sentence can be written down."""

    def __str__(self) -> str:
        raise ValueError("no words")


def effect(run: Run) -> None:
    """Leave a trace, in the transaction of whatever comes after."""
    record("test.effect", "Did what was asked", about=run, attempt=run.attempt)


def nothing(run: Run) -> None:
    effect(run)


def wait(run: Run, until: str) -> None:
    """Run until a file is there; can be stopped at any time."""
    while not Path(until).exists():
        run.step(note="Waiting.")
        time.sleep(0.1)
    effect(run)


def hold(run: Run, until: str) -> None:
    """Run until a file is there; hears nothing meanwhile."""
    while not Path(until).exists():
        time.sleep(0.05)
    effect(run)


def slices(run: Run, count: int) -> Any:
    """Do one step of several, and leave the others to the next slice."""
    done = db.session.get_one(Job, run.id).done + 1
    effect(run)
    run.step(done, count, f"Step {done}.")
    return tasking.MORE if done < count else {"pid": os.getpid()}


def fail(run: Run, times: int, how: str) -> None:
    """Fail so many times, then succeed; what was done before is undone."""
    effect(run)
    if run.attempt <= times:
        raise {
            "later": NotNow("The shop is closed.", "Wait until it opens."),
            "never": Impossible("There is no such shop.", "Choose another one."),
            "fault": ZeroDivisionError("a bug"),
            "unspeakable": Unspeakable(""),
        }[how]


def too_long(run: Run) -> None:
    """Take longer than it may, the first time."""
    if run.attempt == 1:
        time.sleep(600)
    effect(run)


def deaf(run: Run) -> None:
    """Take longer than it may and do not even stop when asked, the first time."""
    while run.attempt == 1:
        try:
            time.sleep(600)
        except SoftTimeLimitExceeded:
            continue
    effect(run)


DAWDLE = Path(os.environ["DAWDLE"])


@rescue
def dawdle() -> None:
    """Stay in a transaction for a while, when there is a file that asks for it; take that away."""
    if DAWDLE.exists():
        record("test.dawdle", "Dawdled")
        db.session.flush()
        DAWDLE.unlink()
        time.sleep(5)
        db.session.commit()


ACTIONS = {
    action.__name__: action for action in (nothing, wait, hold, slices, fail, too_long, deaf)
}


def give_up(ended: Ended) -> None:
    if ended.state == JobState.FAILURE:
        record("test.gave_up", f"Gave up: {ended.error}")


when_ended.append(give_up)


def body(run: Run, do: str = "nothing", **how: Any) -> Any:
    return ACTIONS[do](run, **how)


# The names stay those of the product; only what is done under them is ours.
for kind in (JobKind.NOTHING, JobKind.SESSIONS_CLEAN, JobKind.PAYMENT_ORDER):
    tasking.TASKS[kind.value] = partial(tasking._run, body=body)
