"""Jobs as they stand in the ledger, to be looked for."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from uuid_utils.compat import uuid7

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs import causes, subjects
from webapp.jobs.kinds import POLICIES, JobKind
from webapp.jobs.models import FINISHED, Job, JobState


class Thing:
    """Something that jobs are about."""

    def __init__(self, number: int, name: str, *found_by: str, kind: str = "booking") -> None:
        self.id, self.told_as, self.found_by, self.as_subject = number, name, found_by, kind


def a_job(
    kind: JobKind = JobKind.BOOKING_NOTIFY,
    state: JobState = JobState.SUCCESS,
    *,
    about: Thing | None = None,
    error: str | None = None,
    exception: BaseException | None = None,
    at: datetime | None = None,
    **values: Any,
) -> Job:
    """Add a job that has come as far as that; one that fails knows its cause."""
    state = JobState.FAILURE if error else state
    number = uuid7() if at is None else uuid.UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76)
    job = Job(
        id=number, kind=kind, queue=POLICIES[kind].queue, state=state, max_attempts=4,
        subject_type=about and about.as_subject, subject_id=about and str(about.id),
        about_id=subjects.note(about), error=error, attempt=1, started_at=now(),
        created_at=at or now(), finished_at=now() if state in FINISHED else None, **values,
    )  # fmt: skip
    db.session.add(job)
    db.session.flush()
    if error:
        job.cause_id = causes.note(error, "Mend it.", exception, job_id=job.id)
    db.session.commit()
    return job


def ago(**span: float) -> datetime:
    """Return a moment that has passed."""
    return now() - timedelta(**span)
