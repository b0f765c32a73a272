"""Jobs asked for behind the product's back, and what became of them."""

import uuid
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from tests.live import wait_for
from tests.stack import Stack
from webapp.accounts.models import AuditEntry
from webapp.jobs.history import JobEvent
from webapp.jobs.kinds import POLICIES, JobKind
from webapp.jobs.models import FINISHED, Job, JobState

LONG, SHORT, URGENT = JobKind.SESSIONS_CLEAN, JobKind.NOTHING, JobKind.PAYMENT_ORDER


class Asked:
    """One job of the worker in the tests; the sweep publishes it."""

    def __init__(
        self, stack: Stack, do: str = "nothing", *, kind: JobKind = LONG, **how: Any
    ) -> None:
        self.stack = stack
        policy = POLICIES[kind]
        job = Job(
            kind=kind, queue=policy.queue, max_attempts=policy.max_attempts, args={"do": do, **how}
        )
        with stack.session() as session:
            session.add(job)
            session.commit()
            self.id: uuid.UUID = job.id

    @property
    def row(self) -> Job:
        """The row as it is now."""
        found: Job = self.stack.look(lambda session: session.get_one(Job, self.id))
        return found

    @property
    def effects(self) -> int:
        """How often it did what it was for."""
        traces = select(func.count()).where(
            AuditEntry.action == "test.effect", AuditEntry.subject_id == str(self.id)
        )
        return int(self.stack.look(lambda session: session.scalar(traces)))

    @property
    def history(self) -> list[str]:
        """What happened to it in between."""
        told = select(JobEvent.text).where(JobEvent.job_id == self.id).order_by(JobEvent.id)
        return list(self.stack.look(lambda session: session.scalars(told).all()))

    def runs(self) -> Job:
        """Wait until a worker runs it."""
        wait_for(lambda: self.row.state == JobState.PROGRESS)
        return self.row

    def waits(self) -> Job:
        """Wait until its message has been given to Redis."""
        wait_for(lambda: self.row.published_at is not None)
        return self.row

    def ends(self, state: JobState = JobState.SUCCESS, *, within: float = 120) -> Job:
        """Wait until it has ended, as it should."""
        wait_for(lambda: self.row.state in FINISHED, within=within)
        assert self.row.state == state, (self.row.error, self.row.traceback)
        return self.row


def busy(stack: Stack, until: Path) -> list[Asked]:
    """Keep all of the worker's children busy until a file is there."""
    held = [Asked(stack, "hold", until=str(until)) for _ in range(stack.config.worker_concurrency)]
    for job in held:
        job.runs()
    return held


def pid_of(job: Job) -> int:
    """Return the process that runs a job."""
    assert job.worker
    return int(job.worker.split(":")[-2])
