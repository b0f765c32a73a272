"""What was asked of a job is taken back, while nothing of it has begun: its row says what it said before."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from webapp.accounts.acting import record, who
from webapp.extensions import db
from webapp.jobs.acting import things
from webapp.jobs.acting.asking import TWIN, NotPossible
from webapp.jobs.acting.remembering import Wish, has_twin, not_begun, remembered
from webapp.jobs.history import JobEvent, What
from webapp.jobs.models import Job, JobState
from webapp.states import rows_changed

WORDS = {
    Wish.RETRY: "It is not run again: it stands as it did before",
    Wish.CANCEL: "The stop was taken back: it goes on as before",
}


def take_back(job: Job) -> None:
    """Put back what the row said before somebody asked it to run again, or to stop.

    Raises NotPossible when an attempt has begun since, when a running job has already heard that it
    should stop, or when nothing was asked.
    """
    if not job.before:
        raise NotPossible("There is nothing to take back.")
    wish = Wish(job.before["wish"])
    db.session.flush()
    try:
        with db.session.begin_nested():
            done: Any = db.session.execute(
                update(Job)
                .where(Job.id == job.id, not_begun())
                .values(**remembered())
                .execution_options(synchronize_session=False)
            )
    except IntegrityError:  # its twin was asked for in this very moment
        raise NotPossible(TWIN) from None
    db.session.refresh(job)
    if rows_changed(done) != 1:
        raise NotPossible(_why_not(job, wish))
    things.follow(job, taken_back=True)
    db.session.add(
        JobEvent(job_id=job.id, what=What.TAKEN_BACK, text=f"{WORDS[wish]}.", user_id=who().user_id)
    )
    record("job.taken_back", f"{WORDS[wish]}: “{job.title}”", about=job, wish=wish.value)


def _why_not(job: Job, wish: Wish) -> str:
    if wish == Wish.CANCEL and job.state == JobState.REVOKED:
        if db.session.scalar(select(Job.id).where(Job.id == job.id, has_twin())):
            return TWIN
        return "It has already stopped, so that cannot be taken back. Try it again instead."
    if job.state == JobState.PROGRESS and wish == Wish.RETRY:
        return "It is already running again, so that cannot be taken back. Stop it instead."
    return "It has gone on since, so that cannot be taken back any more."
