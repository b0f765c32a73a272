"""Old and new rows for the tests of retention."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from webapp.clock import first_id, now
from webapp.extensions import db
from webapp.jobs.history import JobEvent, JobLog, What
from webapp.jobs.kinds import JobKind, Queue
from webapp.jobs.models import FINISHED, Job, JobState


def ago(days: float) -> datetime:
    return now() - timedelta(days=days)


def an_id(moment: datetime) -> uuid.UUID:
    """Return a UUIDv7 of a moment, unlike any other."""
    return uuid.UUID(int=first_id(moment).int | (uuid.uuid4().int & ((1 << 62) - 1)))


def a_job(days: float, state: JobState = JobState.SUCCESS, **values: Any) -> Job:
    """Return a job that was asked for and has ended so many days ago, with an event and a log line."""
    moment = ago(days)
    job = Job(
        id=an_id(moment), kind=JobKind.NOTHING, queue=Queue.DEFAULT, state=state, max_attempts=4,
        created_at=moment, run_at=moment, finished_at=moment if state in FINISHED else None, **values,
    )  # fmt: skip
    db.session.add(job)
    db.session.flush()
    db.session.add_all(
        [
            JobEvent(job_id=job.id, at=moment, what=What.RETRY, text="Again."),
            JobLog(job_id=job.id, attempt=1, at=moment, level="info", text="A line."),
        ]
    )
    db.session.flush()
    return job
