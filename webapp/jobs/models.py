"""A job, what happened to it, and the workers that run jobs."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    String,
    Text,
    select,
    text,
)
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship
from uuid_utils.compat import uuid7

from webapp.accounts.models import ApiToken, User
from webapp.clock import now
from webapp.extensions import Model, db
from webapp.jobs import spans
from webapp.jobs.askable import Askable
from webapp.jobs.history import JobEvent, Moment
from webapp.jobs.kinds import POLICIES, JobKind, Policy, Queue
from webapp.jobs.known import BYTES_200
from webapp.jobs.known import Cause as Cause
from webapp.jobs.known import Subject as Subject


class JobState(StrEnum):
    """Where a job stands, in Celery's words."""

    PENDING = "PENDING"
    PROGRESS = "PROGRESS"
    RETRY = "RETRY"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    REVOKED = "REVOKED"


WAITING = (JobState.PENDING, JobState.RETRY)
UNFINISHED = (*WAITING, JobState.PROGRESS)
FINISHED = (JobState.SUCCESS, JobState.FAILURE, JobState.REVOKED)


def _where(condition: str) -> dict[str, Any]:
    """Make an index of some rows only, on both databases."""
    return {f"{dialect}_where": text(condition) for dialect in ("sqlite", "postgresql")}


WAITING_SQL = "state IN ('PENDING', 'RETRY')"


NOBODY = "-"
FACET_SQL = (
    "kind || ' ' || queue || ' ' || coalesce(subject_type, '-') || ' '"
    " || coalesce(CAST(asked_by_id AS VARCHAR(20)), '-') || CASE WHEN routine THEN ' r' ELSE ' -' END"
)


class Telling(Askable):
    """What is told of a job beside its columns, however its row was read."""

    if TYPE_CHECKING:
        id: Any
        kind: Any
        state: Any
        done: Any
        total: Any
        attempt: Any
        failures: Any
        created_at: Any
        started_at: Any
        finished_at: Any
        cancel_requested_at: Any

    @property
    def policy(self) -> Policy:
        """How its kind is run."""
        return POLICIES[self.kind]

    @property
    def title(self) -> str:
        """What it does, in words."""
        return self.policy.title

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.state in FINISHED

    @property
    def time_left(self) -> str | None:
        """When it ends at the speed so far, in words; None while that would be a guess."""
        left = self._left()
        return f"{spans.about(*left)} left" if left else None

    @property
    def seconds_left(self) -> float | None:
        """The same in seconds: the later end of what is likely."""
        left = self._left()
        return left[1] if left else None

    def _left(self) -> tuple[float, float] | None:
        if self.state != JobState.PROGRESS or not self.started_at or self.failures:
            return None
        return spans.left(self.done, self.total, now() - self.started_at)

    @property
    def events(self) -> list[Moment]:
        """Everything that happened to it, oldest first: the row's own stamps and what it went through."""
        told: Sequence[JobEvent] = () if self._went_straight else self._told()
        moments = [
            Moment(self.created_at, "queued", "Asked for"),
            *(event.moment for event in told),
        ]
        if self.started_at and self.state != JobState.RETRY:
            moments.append(Moment(self.started_at, "started", f"Started, attempt {self.attempt}"))
        if self.finished_at:
            moments.append(Moment(self.finished_at, self.state.value, ENDINGS[self.state]))
        return sorted(moments, key=lambda moment: moment.at)

    @property
    def _went_straight(self) -> bool:
        """Whether nothing can have happened that the row does not show, which spares a query."""
        first = self.attempt == 0 or (
            self.attempt == 1 and self.state in (JobState.PROGRESS, JobState.SUCCESS)
        )
        return bool(first) and self.cancel_requested_at is None

    def _told(self) -> Sequence["JobEvent"]:
        told = select(JobEvent).where(JobEvent.job_id == self.id).order_by(JobEvent.id)
        return db.session.scalars(told).all()


class Job(Telling, Model):
    """One piece of background work that a person can name."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("(state IN ('SUCCESS', 'FAILURE', 'REVOKED')) = (finished_at IS NOT NULL)", "ended"),
        Index(
            "uq_jobs_unfinished",
            "kind",
            "key",
            unique=True,
            **_where("state IN ('PENDING', 'RETRY', 'PROGRESS')"),
        ),
        Index("ix_jobs_waiting", "queue", "bulk_id", "published_at", **_where(WAITING_SQL)),
        Index("ix_jobs_due", "queue", "run_at", **_where(WAITING_SQL)),
        Index("ix_jobs_finished", "finished_at", **_where("finished_at IS NOT NULL")),
        Index("ix_jobs_running", "lease_until", **_where("state = 'PROGRESS'")),
        Index("ix_jobs_subject", "subject_type", "subject_id", **_where("subject_type IS NOT NULL")),
        Index("ix_jobs_facet", "facet", "state", "id"),
        Index("ix_jobs_shown", "id", **_where("NOT routine")),
        # All that a search asks of a job, so that it does not look at the row.
        Index(
            "ix_jobs_about",
            *("about_id", "id", "state", "facet", "cause_id"),
            **_where("about_id IS NOT NULL"),
        ),
        Index("ix_jobs_cause", "cause_id", "facet", "id", **_where("state = 'FAILURE'")),
        # Whoever removes a cause asks whether any job has it, and so does the foreign key: in any state.
        Index("ix_jobs_of_cause", "cause_id", **_where("cause_id IS NOT NULL")),
        Index("ix_jobs_parent", "parent_id", **_where("parent_id IS NOT NULL")),
        Index("ix_jobs_follows", "follows_id", **_where("follows_id IS NOT NULL")),
        Index("ix_jobs_bulk", "bulk_id", "id", **_where("bulk_id IS NOT NULL")),
    )  # fmt: skip

    #: Also the Celery task's id: one id in the address bar, the log and the broker.
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[JobKind]
    queue: Mapped[Queue]
    args: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[JobState] = mapped_column(default=JobState.PENDING)
    #: What it is about, such as booking 12; the page of that thing shows the job.
    subject_type: Mapped[str | None] = mapped_column(String(32))
    subject_id: Mapped[str | None] = mapped_column(String(40))
    #: The same thing, as it is found by its name.
    about_id: Mapped[int | None] = mapped_column(ForeignKey("subjects.id"))
    #: Asked for by the clock. One that fails is no routine any more: somebody must look.
    routine: Mapped[bool] = mapped_column(default=False)
    #: The job in whose run this one was asked for. These three may name a job that retention has removed.
    parent_id: Mapped[uuid.UUID | None]
    #: The job that this one does again with changed arguments.
    follows_id: Mapped[uuid.UUID | None]
    #: The job that last asked this one, among many, to run again or to stop.
    bulk_id: Mapped[uuid.UUID | None]
    #: What its row said before somebody last asked something of it, to be taken back while nothing has begun.
    before: Mapped[dict[str, Any] | None]
    #: Unique among the unfinished jobs of a kind, so that a double click makes one job.
    key: Mapped[str | None] = mapped_column(String(100))
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    note: Mapped[str | None] = mapped_column(String(300))
    #: How often it was claimed: the fence that keeps out a worker that lost its lease.
    attempt: Mapped[int] = mapped_column(default=0)
    #: How often it ended in an error; at ``max_attempts`` it is not tried again.
    failures: Mapped[int] = mapped_column(default=0)
    #: How often its worker died since it last got on.
    lost: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int]
    run_at: Mapped[datetime] = mapped_column(default=now)
    #: When its message was last given to Redis; NULL while it waits for ``run_at``.
    published_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    worker: Mapped[str | None] = mapped_column(String(120))
    cancel_requested_at: Mapped[datetime | None]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    #: The token of the program that asked; ``asked_by`` is then who made that token.
    token_id: Mapped[int | None]
    request_id: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    #: When it was due for the run that began then: between the two it waited for a worker.
    due_at: Mapped[datetime | None]
    #: When it last got on: claimed, or further than before. Long ago while its worker lives: it is stalled.
    moved_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    #: Why it failed, shared by all that failed for the same cause.
    cause_id: Mapped[int | None] = mapped_column(ForeignKey("causes.id"))
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None] = mapped_column(Text)
    advice: Mapped[str | None] = mapped_column(Text)
    traceback: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    #: Kind, queue, what it is about and who asked, in one word: there are some hundreds of them, however
    #: many jobs there are. Lists look at each (``streams.py``).
    facet: Mapped[str] = mapped_column(
        BYTES_200, Computed(FACET_SQL, persisted=True), deferred=True
    )

    asked_by: Mapped[User | None] = relationship()
    about: Mapped[Subject | None] = relationship()
    cause: Mapped[Cause | None] = relationship()
    token: Mapped[ApiToken | None] = relationship(
        primaryjoin=lambda: foreign(Job.token_id) == ApiToken.id, viewonly=True
    )

    @property
    def asker(self) -> str:
        """Who asked for it, as people read it."""
        if self.token_id and self.token:
            return self.token.program
        return self.asked_by.name if self.asked_by else "the system"


ENDINGS = {JobState.SUCCESS: "Done", JobState.FAILURE: "Failed", JobState.REVOKED: "Stopped"}
