"""Jobs that have ended, as they stand in the table."""

from datetime import datetime, timedelta
from typing import Any

from webapp.extensions import db
from webapp.jobs.history import JobEvent, What
from webapp.jobs.kinds import POLICIES, JobKind
from webapp.jobs.models import Job, JobState


def ended(
    at: datetime,
    state: JobState = JobState.SUCCESS,
    *,
    kind: JobKind = JobKind.NOTHING,
    waited: float = 1.5,
    ran: float = 3.0,
    **other: Any,
) -> Job:
    """Return a job that ended at a moment, after it had waited and run for so many seconds."""
    began = at - timedelta(seconds=ran)
    due = began - timedelta(seconds=waited)
    job = Job(
        kind=kind, queue=POLICIES[kind].queue, max_attempts=4, state=state, attempt=1,
        created_at=due, run_at=due, due_at=due, started_at=began, finished_at=at, **other,
    )  # fmt: skip
    db.session.add(job)
    db.session.flush()
    if state == JobState.FAILURE:
        db.session.add(JobEvent(job_id=job.id, what=What.ERROR, text="It broke.", at=at))
    db.session.commit()
    return job
