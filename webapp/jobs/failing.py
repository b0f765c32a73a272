"""A job that went well turns out to have failed: what it asked of others was refused later."""

from typing import Any

from sqlalchemy import update

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs import causes
from webapp.jobs.history import JobEvent, What
from webapp.jobs.models import Job, JobState
from webapp.jobs.running import Ended, tell_end
from webapp.states import rows_changed


def fail_after_all(job: Job, sentence: str, advice: str | None) -> bool:
    """Fail a job that is done, so that it is found, told of and tried again like any other.

    False when it is not done (any more): it was asked to run again, or is still at work.
    """
    cause_id = causes.note(sentence, advice, None, job_id=job.id)
    failed: Any = db.session.execute(
        update(Job)
        .where(Job.id == job.id, Job.state == JobState.SUCCESS)
        .values(
            state=JobState.FAILURE,
            routine=False,
            finished_at=now(),
            failures=Job.failures + 1,
            cause_id=cause_id,
            error=sentence,
            advice=advice,
            result=None,
            version=Job.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(job)
    if rows_changed(failed) != 1:
        return False
    db.session.add(
        JobEvent(
            job_id=job.id,
            what=What.ERROR,
            text=sentence,
            attempt=job.attempt,
            began_at=job.started_at,
        )
    )
    tell_end(
        Ended(
            job.id,
            job.kind,
            JobState.FAILURE,
            job.attempt,
            job.asked_by_id,
            error=sentence,
            advice=advice or "",
        )
    )
    return True
