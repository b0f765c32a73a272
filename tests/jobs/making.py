"""Jobs in every state that a page can show, and workers that live or do not."""

from datetime import timedelta
from typing import Any

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import POLICIES, JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.worker_models import Worker

ELSEWHERE = "elsewhere/4026531836:12:345"


def a_job(kind: JobKind = JobKind.NOTHING, **values: Any) -> Job:
    """Add a job and return it. Commits."""
    policy = POLICIES[kind]
    job = Job(
        **{"kind": kind, "queue": policy.queue, "max_attempts": policy.max_attempts, **values}
    )
    db.session.add(job)
    db.session.commit()
    return job


def at_work(kind: JobKind = JobKind.DOCUMENT_READ, *, moved: float = 0, **values: Any) -> Job:
    """Add a job that a worker on another machine runs, and that last moved some seconds ago."""
    moment = now() - timedelta(seconds=moved)
    usual = {
        "state": JobState.PROGRESS, "attempt": 1, "started_at": moment, "moved_at": moment,
        "lease_until": now() + timedelta(seconds=45), "worker": ELSEWHERE,
    }  # fmt: skip
    return a_job(kind, **{**usual, **values})


def a_worker(name: str = "elsewhere/4026531836:11:300", *, seen: float = 0) -> None:
    """Let a worker have said some seconds ago that it lives. Commits."""
    seen_at = now() - timedelta(seconds=seen)
    db.session.add(Worker(name=name, concurrency=2, seen_at=seen_at))
    db.session.commit()


def done(kind: JobKind, *, took: float, count: int = 30) -> None:
    """Add jobs that went well and took so many seconds. Commits."""
    for _ in range(count):
        end = now()
        db.session.add(
            Job(kind=kind, queue=POLICIES[kind].queue, max_attempts=4, attempt=1,
                state=JobState.SUCCESS, started_at=end - timedelta(seconds=took), finished_at=end)
        )  # fmt: skip
    db.session.commit()
