"""A job while it runs: claimed under a lease, fenced by its attempt, ended in one statement."""

import random
import time
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from celery.exceptions import SoftTimeLimitExceeded
from sqlalchemy import ColumnElement, bindparam, case, false, null, or_, select, update

from webapp.broker import NEW
from webapp.clock import now
from webapp.database import Glance
from webapp.extensions import STORED_JSON, UtcDateTime, db, settings
from webapp.jobs import causes, logbook
from webapp.jobs.history import JobEvent, What
from webapp.jobs.kinds import JobKind, Queue
from webapp.jobs.models import Job, JobState
from webapp.jobs.queue import Letter, post
from webapp.jobs.redacting import redact
from webapp.states import rows_changed

LEASE = timedelta(seconds=60)
REPORT_EVERY = 1.0  # seconds between two writes of progress, however often it is reported
NOTE_LENGTH = 300
STOPPED = "Stopped on request."


class Cancelled(Exception):
    """Somebody asked this job to stop."""


class LeaseLost(Exception):
    """Another worker runs this job now; nothing of this run may be stored."""


class NotNow(Exception):
    """It cannot be done now but may be later: try again after a while.

    The text is the sentence that people read; ``advice`` is what they can do about it.
    """

    def __init__(self, sentence: str, advice: str | None = None) -> None:
        super().__init__(sentence)
        self.advice = advice


class Impossible(NotNow):
    """It can never be done as asked: fail at once, without another try."""


class Ended(NamedTuple):
    """A job that has just ended."""

    id: uuid.UUID
    kind: JobKind
    state: JobState
    #: How often it was claimed: a job that is run again ends again.
    attempt: int
    asked_by_id: int | None
    answer: str = ""
    error: str = ""
    advice: str = ""


#: What is done when a job ends, in the transaction that ends it: done once, or the job has not ended.
#: Called for every job, so whatever is not concerned must return at once.
when_ended: list[Callable[[Ended], None]] = []


def tell_end(ended: Ended) -> None:
    """Let everybody know who wants to; to be called by whatever ends a job, before its commit."""
    for hear in when_ended:
        hear(ended)


@dataclass(slots=True)
class Run:
    """One attempt at a job, held by the worker that claimed it."""

    id: uuid.UUID
    kind: JobKind
    queue: Queue
    attempt: int
    failures: int
    max_attempts: int
    args: dict[str, Any]
    request_id: str | None
    asked_by_id: int | None
    began_at: datetime = field(default_factory=now)
    reported: float = field(default_factory=time.monotonic)
    #: When a job that has more to do may go on, if that is not at once.
    not_before: datetime | None = None

    def report(
        self, done: int | None = None, total: int | None = None, note: str | None = None
    ) -> None:
        """Say how far it is; call it wherever what was done so far may be committed.

        Written, with a commit, at most once a second; then it also raises Cancelled when somebody
        asked the job to stop, and LeaseLost when another worker has it.
        """
        if time.monotonic() - self.reported >= REPORT_EVERY:
            self.step(done, total, note)

    def step(
        self, done: int | None = None, total: int | None = None, note: str | None = None
    ) -> None:
        """Write the progress now, commit, and honour a request to stop."""
        progress = {"done": done, "total": total, "note": note and note[:NOTE_LENGTH]}
        values: dict[str, Any] = {
            name: value for name, value in progress.items() if value is not None
        }
        if values:
            # Only what differs counts: a job that says the same again and again has not got on.
            moved = (getattr(Job, name).is_distinct_from(said) for name, said in values.items())
            values["moved_at"] = case((or_(false(), *moved), now()), else_=Job.moved_at)
        asked = db.session.execute(
            update(Job)
            .where(*self._mine)
            .values(version=Job.version + 1, lost=0, **values)
            .returning(Job.cancel_requested_at)
        ).one_or_none()
        if asked is None:
            raise LeaseLost
        if asked.cancel_requested_at is not None:
            raise Cancelled
        logbook.commit()
        self.reported = time.monotonic()

    def succeed(self, result: dict[str, Any] | None) -> None:
        """End it well, in the transaction of its last effect. Raises LeaseLost."""
        db.session.flush()
        here = db.session.connection()
        if not _SUCCEED(here, of=self.id, number=self.attempt, at=now(), answer=result):
            raise LeaseLost
        self._ended(JobState.SUCCESS, answer=str((result or {}).get("answer", "")))

    def stop(self) -> None:
        """End it because somebody asked for that; what was taken back in this very moment goes on."""
        stopped = self._moved(
            JobState.REVOKED,
            Job.cancel_requested_at.is_not(None),
            finished_at=now(),
            error=STOPPED,
        )
        if stopped:
            self._tell(What.STOPPED, STOPPED)
            self._ended(JobState.REVOKED, error=STOPPED)
        else:
            self.go_on_later()

    def fail(self, error: BaseException, sentence: str, advice: str | None) -> None:
        """End it badly: somebody must look."""
        self._tell(What.ERROR, sentence)
        unforeseen = None if isinstance(error, NotNow | SoftTimeLimitExceeded) else error
        self._end(
            JobState.FAILURE,
            routine=False,
            cause_id=causes.note(sentence, advice, unforeseen, job_id=self.id),
            failures=Job.failures + 1,
            error=sentence,
            advice=advice,
            traceback=redact("".join(traceback.format_exception(error))),
        )
        self._ended(JobState.FAILURE, error=sentence, advice=advice or "")

    def retry_later(self, error: BaseException, sentence: str, advice: str | None) -> None:
        """Put it back with a growing delay and jitter; the row says when, no worker waits."""
        delay = backoff(self.failures, settings().retry_seconds)
        self._tell(What.RETRY, f"{sentence} Trying again in about {delay:.0f} seconds.")
        self._wait(
            JobState.RETRY,
            failures=Job.failures + 1,
            run_at=now() + timedelta(seconds=delay),
            published_at=None,
            error=sentence,
            advice=advice,
            traceback=redact("".join(traceback.format_exception(error))),
        )

    def go_on_later(self) -> None:
        """End this slice of a long job; the next one is published after the commit.

        Where it may not go on before some time, the row says so, as with a retry: no worker waits.
        """
        moment = now()
        if self.not_before is not None and self.not_before > moment:
            self._wait(JobState.PENDING, run_at=self.not_before, published_at=None, lost=0)
        elif self._wait(JobState.PENDING, run_at=moment, published_at=moment, lost=0):
            post(Letter(self.kind.value, self.queue, self.id, NEW, moment.timestamp()))

    def _wait(self, state: JobState, **values: Any) -> bool:
        """Put it back until its turn comes; False when somebody has asked that it stop: it has ended.

        That may have been asked since its last report, and a job that waits is claimed by nobody then.
        """
        row = db.session.execute(
            update(Job)
            .where(*self._mine)
            .values(state=state, lease_until=None, worker=None, version=Job.version + 1, **values)
            .returning(Job.cancel_requested_at)
            .execution_options(synchronize_session=False)
        ).one_or_none()
        if row is None:
            raise LeaseLost
        if row.cancel_requested_at is None:
            return True
        self._tell(What.STOPPED, STOPPED)
        db.session.execute(
            update(Job)
            .where(Job.id == self.id)
            .values(state=JobState.REVOKED, finished_at=now(), error=STOPPED)
            .execution_options(synchronize_session=False)
        )
        self._ended(JobState.REVOKED, error=STOPPED)
        return False

    def _end(self, state: JobState, **values: Any) -> None:
        self._move(state, finished_at=now(), **values)

    def _ended(self, state: JobState, **words: str) -> None:
        tell_end(Ended(self.id, self.kind, state, self.attempt, self.asked_by_id, **words))

    @property
    def _mine(self) -> tuple[ColumnElement[bool], ...]:
        return (Job.id == self.id, Job.state == JobState.PROGRESS, Job.attempt == self.attempt)

    def _move(self, state: JobState, **values: Any) -> None:
        if not self._moved(state, **values):
            raise LeaseLost

    def _moved(self, state: JobState, *conditions: ColumnElement[bool], **values: Any) -> bool:
        moved = db.session.execute(
            update(Job)
            .where(*self._mine, *conditions)
            .values(state=state, lease_until=None, worker=None, version=Job.version + 1, **values)
            .execution_options(synchronize_session=False)
        )
        return rows_changed(moved) == 1

    def _tell(self, what: What, text: str) -> None:
        db.session.add(
            JobEvent(
                job_id=self.id,
                what=what,
                text=text,
                attempt=self.attempt,
                began_at=self.began_at,
            )
        )


_SUCCEED = Glance(
    update(Job)
    .where(
        Job.id == bindparam("of", required=False),
        Job.state == JobState.PROGRESS,
        Job.attempt == bindparam("number", required=False),
    )
    .values(
        state=JobState.SUCCESS,
        finished_at=bindparam("at", type_=UtcDateTime(), required=False),
        result=bindparam("answer", type_=STORED_JSON, required=False),
        **dict.fromkeys(("lease_until", "worker", "error", "advice", "traceback"), null()),
        version=Job.version + 1,
    )
    .returning(Job.version)
)


def backoff(failures: int, seconds: tuple[int, ...]) -> float:
    """Return how long to wait after the given number of failures: the planned delay, with jitter.

    Jitter adds up to a fifth, so that what failed together does not come back together.
    """
    planned = seconds[min(failures, len(seconds) - 1)]
    return planned * random.uniform(1.0, 1.2)  # noqa: S311 - spreads load, guards nothing


def current(job_id: uuid.UUID) -> Job | None:
    """Return the job's row as it is now."""
    return db.session.scalar(select(Job).where(Job.id == job_id))
