"""The product's worker, whose test jobs take their time and leave a row: ``celery -A benchmarks.stage.slow_jobs``."""

import random
import time
from functools import partial

from sqlalchemy import text

import worker.tasks
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.queue import enqueue
from webapp.jobs.running import Run
from worker import tasking
from worker.app import app

assert app
assert worker.tasks

TABLE = "CREATE TABLE done_once (number INTEGER PRIMARY KEY)"
STEP = 0.5  # seconds of work between two reports


def take_time(run: Run, number: int, seconds: float) -> dict[str, str]:
    """Work so long, reporting as jobs do, and leave the one row in the transaction of the end."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(STEP, left))
        run.report(note="At it.")
    db.session.execute(text("INSERT INTO done_once VALUES (:number)"), {"number": number})
    return {"answer": "Done."}


def enqueue_some(count: int, chance: random.Random) -> None:
    """Ask for so many: one in fifty takes as long as a platform is patient, or nearly."""
    for number in range(count):
        seconds = chance.uniform(6, 12) if number % 50 == 0 else chance.uniform(0.1, 0.8)
        enqueue(JobKind.NOTHING, number=number, seconds=round(seconds, 2))


tasking.TASKS[JobKind.NOTHING.value] = partial(tasking._run, body=take_time)
