"""What a person can ask of a job: run it again, or stop it."""

from sqlalchemy import select, update

from webapp.accounts.acting import record, who
from webapp.broker import NEW
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.models import FINISHED, UNFINISHED, WAITING, Job, JobEvent, JobState, What
from webapp.jobs.queue import Letter, post
from webapp.jobs.running import STOPPED, Ended, tell_end
from webapp.states import move


class NotPossible(Exception):
    """The job is not in a state in which that can be asked; the text says why."""


def retry(job: Job, reason: str | None = None) -> None:
    """Run a failed or stopped job again, with its attempts counted from the start.

    From now on it is the job of whoever asks for that. Raises NotPossible while it still runs, when
    it went well, or when its twin is at work.
    """
    if job.key and db.session.scalar(
        select(Job.id).where(
            Job.kind == job.kind, Job.key == job.key, Job.state.in_(UNFINISHED), Job.id != job.id
        )
    ):
        raise NotPossible("The same work has been asked for again and is not finished yet.")
    moment = now()
    if not move(
        job,
        JobState.PENDING,
        expect=[JobState.FAILURE, JobState.REVOKED],
        failures=0,
        lost=0,
        run_at=moment,
        published_at=moment,
        finished_at=None,
        cancel_requested_at=None,
        error=None,
        advice=None,
        traceback=None,
        done=0,
        asked_by_id=who().user_id or job.asked_by_id,
        token_id=who().token_id if who().user_id else job.token_id,
    ):
        raise NotPossible(_why_not(job, "run again"))
    db.session.add(_asked(job, What.AGAIN, "Asked to run again", reason))
    post(Letter(job.kind.value, job.queue, job.id, NEW, moment.timestamp()))
    record("job.retried", f"Asked to run “{job.title}” again", about=job, reason=reason)


def cancel(job: Job, reason: str | None = None) -> None:
    """Stop a job: at once while it waits, at its next step while it runs. Raises NotPossible."""
    moment = now()
    waited = move(
        job,
        JobState.REVOKED,
        expect=WAITING,
        cancel_requested_at=moment,
        finished_at=moment,
        error=STOPPED,
    )
    if not waited:
        asked = db.session.execute(
            update(Job)
            .where(
                Job.id == job.id, Job.state == JobState.PROGRESS, Job.cancel_requested_at.is_(None)
            )
            .values(cancel_requested_at=moment, version=Job.version + 1)
        )
        db.session.refresh(job)
        if asked.rowcount != 1:  # type: ignore[attr-defined]
            raise NotPossible(_why_not(job, "be stopped"))
    db.session.add(_asked(job, What.CANCEL, "Asked to stop", reason))
    record("job.cancelled", f"Asked to stop “{job.title}”", about=job, reason=reason)
    if waited:
        tell_end(Ended(job.id, job.kind, job.state, job.attempt, job.asked_by_id, error=STOPPED))


def _asked(job: Job, what: What, text: str, reason: str | None) -> JobEvent:
    by = who().user_id
    return JobEvent(job_id=job.id, what=what, text=text, user_id=by, reason=reason)


def _why_not(job: Job, wish: str) -> str:
    if job.state in FINISHED:
        return f"This job has already ended, so it cannot {wish}."
    if job.cancel_requested_at:
        return "This job has already been asked to stop."
    return f"This job is not finished yet, so it cannot {wish}."
