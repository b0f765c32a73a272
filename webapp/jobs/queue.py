"""How work is asked for: a row in the caller's transaction, and a message after its commit."""

import time
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from kombu.exceptions import LimitExceeded, OperationalError
from redis.exceptions import RedisError
from sqlalchemy import event, select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from webapp import logs
from webapp.accounts import acting
from webapp.broker import NEW
from webapp.clock import now
from webapp.extensions import broker, db, insertion
from webapp.jobs import subjects
from webapp.jobs.kinds import POLICIES, WAKE_QUEUES, JobKind, Queue, Wake
from webapp.jobs.models import UNFINISHED, Job
from webapp.states import stands

log = structlog.get_logger(__name__)

OUTBOX = "bellhop.outbox"
AWAY_SECONDS = 2.0
#: A mark in Redis: the task has been woken and has not begun. Without it a thousand reports would
#: be a thousand tasks, of which one finds work, in front of everything less urgent.
WOKEN = "bellhop.woken."
WAKE_AGAIN = 3  # seconds; a wake-up that got lost holds up nobody for longer
#: When a task was woken last, by which the sweep sees whether that lies in its list still.
WOKEN_AT = "bellhop.woken_at."


class Letter(NamedTuple):
    """What Redis is told once the transaction has been committed."""

    name: str
    queue: Queue
    id: uuid.UUID
    priority: int = NEW
    published_at: float = 0.0


def enqueue(
    kind: JobKind,
    *,
    about: Any = None,
    key: str | None = None,
    run_at: datetime | None = None,
    routine: bool = False,
    **args: Any,
) -> Job:
    """Ask for a job, in the transaction of the fact that causes it.

    ``about`` is the row whose page shows the job. With a ``key``, an unfinished job of the same
    kind and key is returned instead of a second one. After the commit its id is published; when
    Redis is away then, the row waits for the sweep. ``routine`` is what the clock asks for. ``args``
    are ids and small JSON values.
    """
    if key is not None and (twin := _unfinished(kind, key)):
        return twin
    moment, policy = now(), POLICIES[kind]
    subject_type, subject_id = acting.subject_of(about)
    values = {
        "id": uuid7(),
        "kind": kind,
        "queue": policy.queue,
        "args": args,
        "subject_type": subject_type,
        "subject_id": subject_id,
        "about_id": subjects.note(about),
        "key": key,
        "max_attempts": policy.max_attempts,
        "created_at": moment,
        "run_at": run_at or moment,
        "published_at": moment if run_at is None or run_at <= moment else None,
        "asked_by_id": acting.who().user_id,
        "token_id": acting.who().token_id,
        "parent_id": acting.who().job_id,
        "routine": routine,
        "request_id": logs.request_id(),
    }
    job = _add(values) if key is None else _add_only(values)
    if job.id == values["id"] and job.published_at:
        post(Letter(kind.value, job.queue, job.id, NEW, moment.timestamp()))
    return job


def _add(values: dict[str, Any]) -> Job:
    job = Job(**values)
    with db.session.no_autoflush:
        db.session.add(job)
    return job


def _add_only(values: dict[str, Any]) -> Job:
    """Return a job with these values, or the unfinished one that somebody asked for just now."""
    adding = (
        insertion(Job)
        .values(values)
        .on_conflict_do_nothing(
            index_elements=["kind", "key"], index_where=stands(Job.state, *UNFINISHED)
        )
        .returning(Job)
    )
    job: Job | None = None
    while job is None:  # the other one may end between the two looks
        added = db.session.scalar(select(Job).from_statement(adding))
        job = added or _unfinished(values["kind"], values["key"])
    return job


def wake(task: Wake) -> None:
    """Wake the task that drains rows, after the commit; the sweep does it too if this is lost."""
    post(Letter(task.value, WAKE_QUEUES[task], uuid7(), NEW, now().timestamp()))


def post(letter: Letter) -> None:
    """Keep a letter until the session's commit; a rollback forgets it."""
    outbox: list[Letter] = db.session().info.setdefault(OUTBOX, [])
    if letter.name not in WAKE_NAMES or letter.name not in {waiting.name for waiting in outbox}:
        outbox.append(letter)


WAKE_NAMES = {task.value for task in Wake}


@event.listens_for(Session, "after_commit")
def _after_commit(session: Session) -> None:
    if session.in_nested_transaction():  # the release of a savepoint says nothing about the whole
        return
    letters = session.info.pop(OUTBOX, [])
    if letters:
        publish(letters)


@event.listens_for(Session, "after_rollback")
def _after_rollback(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(OUTBOX, None)


def publish(letters: Iterable[Letter]) -> bool:
    """Tell Redis now. Return False when Redis is away: the rows are safe and the sweep tries again.

    After a failure nobody tries for a moment, so that a Redis that hangs does not hang every click.
    """
    if time.monotonic() < _away.until:
        return False
    try:
        with broker.producer_pool.acquire(block=True, timeout=2) as producer:
            for letter in letters:
                if letter.name in WAKE_NAMES and not _wakes(producer, letter):
                    continue
                broker.send_task(
                    letter.name,
                    task_id=str(letter.id),
                    queue=letter.queue.value,
                    priority=letter.priority,
                    headers={"published_at": letter.published_at},
                    producer=producer,
                )
    except (OperationalError, LimitExceeded, RedisError, OSError) as problem:
        _away.until = time.monotonic() + AWAY_SECONDS
        log.warning("redis is away; the work waits in the ledger", problem=str(problem))
        return False
    return True


def _wakes(producer: Any, letter: Letter) -> bool:
    """Say whether a wake-up is needed: one that nobody has heard yet speaks for all after it."""
    redis = _redis_of(producer)
    if not redis.set(f"{WOKEN}{letter.name}", 1, nx=True, ex=WAKE_AGAIN):
        return False
    redis.set(f"{WOKEN_AT}{letter.name}", letter.published_at)
    return True


def _redis_of(producer: Any) -> Any:
    """Return the connection to Redis that a producer holds anyway."""
    return producer.channel.client


def heard(task: Wake) -> None:
    """Let the next wake-up through; to be called by the task before it looks for rows."""
    if time.monotonic() < _away.until:
        return
    try:
        with broker.producer_pool.acquire(block=True, timeout=2) as producer:
            _redis_of(producer).delete(f"{WOKEN}{task.value}")
    except (OperationalError, LimitExceeded, RedisError, OSError) as problem:
        log.warning("redis is away; the mark goes by itself", problem=str(problem))


class _Away:
    """Until when Redis is taken for away, in this process."""

    until = 0.0


_away = _Away()


def _unfinished(kind: JobKind, key: str) -> Job | None:
    return db.session.scalar(
        select(Job).where(Job.kind == kind, Job.key == key, stands(Job.state, *UNFINISHED))
    )
