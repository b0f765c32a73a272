"""What a person can ask of a job: run it again, or stop it. Both can be taken back while nothing has begun."""

from typing import Any

from sqlalchemy import null, select, update
from sqlalchemy.exc import IntegrityError

from webapp.accounts.acting import record, who
from webapp.broker import NEW
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.acting import things
from webapp.jobs.acting.remembering import Wish, has_twin, row_as_it_is
from webapp.jobs.history import JobEvent, What
from webapp.jobs.models import FINISHED, WAITING, Job, JobState
from webapp.jobs.queue import Letter, post
from webapp.jobs.running import STOPPED, Ended, tell_end
from webapp.states import rows_changed

#: What can be run again.
AGAIN = (JobState.FAILURE, JobState.REVOKED)
TWIN = "The same work has been asked for again and is not finished yet."


class NotPossible(Exception):
    """The job is not in a state in which that can be asked; the text says why."""


def retry(job: Job, reason: str | None = None) -> None:
    """Run a failed or stopped job again, with its attempts counted from the start.

    From now on it is the job of whoever asks for that. Raises NotPossible while it still runs, when
    it went well, or when its twin is at work.
    """
    moment = now()
    if job.key and db.session.scalar(select(Job.id).where(Job.id == job.id, has_twin())):
        raise NotPossible(TWIN)
    asked = update(Job).where(Job.id == job.id, Job.state.in_(AGAIN))
    try:
        with db.session.begin_nested():
            moved = _moved(job, asked.values(**again(bulk_id=null(), published_at=moment)))
    except IntegrityError:  # somebody asked for the same in this very moment
        raise NotPossible(TWIN) from None
    if not moved:
        raise NotPossible(why_not(job, "run again"))
    _tell(job, What.AGAIN, "Asked to run again", reason)
    things.follow(job)
    post(Letter(job.kind.value, job.queue, job.id, NEW, moment.timestamp()))
    record("job.retried", f"Asked to run “{job.title}” again", about=job, **_because(reason))


def again(**others: Any) -> dict[str, Any]:
    """Return the values by which an UPDATE has jobs run again; it names those in ``AGAIN``."""
    mine = who().user_id
    return {
        "before": row_as_it_is(Wish.RETRY, JobState.PENDING),
        "state": JobState.PENDING,
        **dict.fromkeys(("failures", "lost", "done"), 0),
        "run_at": now(),
        **dict.fromkeys(("total", "note", "finished_at", "cancel_requested_at"), null()),
        **dict.fromkeys(("error", "advice", "traceback", "cause_id"), null()),
        **({"asked_by_id": mine, "token_id": who().token_id} if mine is not None else {}),
        "version": Job.version + 1,
        **others,
    }


def cancel(job: Job, reason: str | None = None, *, by_hand: bool = True) -> None:
    """Stop a job: at once while it waits, at its next step while it runs. Raises NotPossible.

    What is stopped along with something else is not ``by_hand``: it cannot be taken back by itself.
    """
    waiting = update(Job).where(Job.id == job.id, Job.state.in_(WAITING))
    waited = _moved(job, waiting.values(**stopped(bulk_id=null())))
    if not waited:
        running = update(Job).where(Job.id == job.id, *BEING_RUN)
        if not _moved(job, running.values(**asked_to_stop(bulk_id=null()))):
            raise NotPossible(why_not(job, "be stopped"))
    if not by_hand:
        job.before = null()
    _tell(job, What.CANCEL, "Asked to stop", reason)
    record("job.cancelled", f"Asked to stop “{job.title}”", about=job, **_because(reason))
    if waited:
        tell_end(Ended(job.id, job.kind, job.state, job.attempt, job.asked_by_id, error=STOPPED))


#: What runs, and nobody has asked yet to stop.
BEING_RUN = (Job.state == JobState.PROGRESS, Job.cancel_requested_at.is_(None))


def stopped(**others: Any) -> dict[str, Any]:
    """Return the values by which an UPDATE ends waiting jobs."""
    moment = now()
    return {
        "before": row_as_it_is(Wish.CANCEL, JobState.REVOKED),
        "state": JobState.REVOKED,
        "cancel_requested_at": moment,
        "finished_at": moment,
        "error": STOPPED,
        "version": Job.version + 1,
        **others,
    }


def asked_to_stop(**others: Any) -> dict[str, Any]:
    """Return the values by which an UPDATE asks running jobs to stop at their next step."""
    return {
        "before": row_as_it_is(Wish.CANCEL, JobState.PROGRESS),
        "cancel_requested_at": now(),
        "version": Job.version + 1,
        **others,
    }


def _moved(job: Job, statement: Any) -> bool:
    """Run an UPDATE of one job; afterwards the row shows what the database holds."""
    db.session.flush()
    done: Any = db.session.execute(statement.execution_options(synchronize_session=False))
    db.session.refresh(job)
    return rows_changed(done) == 1


def _tell(job: Job, what: What, text: str, reason: str | None) -> None:
    db.session.add(
        JobEvent(job_id=job.id, what=what, text=text, user_id=who().user_id, reason=reason)
    )


def _because(reason: str | None) -> dict[str, str]:
    return {"reason": reason} if reason else {}


def why_not(job: Job, wish: str) -> str:
    """Say why something cannot be asked of a job."""
    if job.state in FINISHED:
        return f"This job has already ended, so it cannot {wish}."
    if job.cancel_requested_at:
        return "This job has already been asked to stop."
    return f"This job is not finished yet, so it cannot {wish}."
