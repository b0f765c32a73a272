"""The sweep: finds work that nobody would wake up for any more and publishes it again.

Every worker's main process sweeps; rows are taken by conditional updates, so any number of sweeps do
the work of one.
"""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import redis
import structlog
from sqlalchemy import Select, and_, or_, select, update

from webapp.broker import AGAIN, NEW
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs import causes, owners, pausing, staff
from webapp.jobs.history import JobEvent, What
from webapp.jobs.kinds import WAKE_QUEUES, Queue, Wake
from webapp.jobs.models import WAITING, Job, JobState
from webapp.jobs.portions import publish_portion
from webapp.jobs.queue import WOKEN_AT, Letter, post, wake
from webapp.jobs.running import LEASE, STOPPED, Ended, tell_end
from webapp.states import stands

log = structlog.get_logger(__name__)

#: A message may be under way between Redis and a worker's claim for this long.
MARGIN = timedelta(seconds=5)
BATCH = 500
#: A job whose worker died this often without any progress is the likely cause of death.
LOST_LIMIT = 10
KILLS = "Something in it ends the worker. Ask whoever looks after the server to read the log."

#: What has rows waiting, asked by the sweep: a wake-up that got lost is made up for here.
backlogs: dict[Wake, Callable[[], bool]] = {}


def backlog(task: Wake) -> Callable[[Callable[[], bool]], Callable[[], bool]]:
    """Register the question whether rows wait for a task that drains."""

    def register(waiting: Callable[[], bool]) -> Callable[[], bool]:
        backlogs[task] = waiting
        return waiting

    return register


#: What else a dead process may have left in the middle, mended by each sweep.
rescues: list[Callable[[], None]] = []


def rescue(mend: Callable[[], None]) -> Callable[[], None]:
    """Register a function that mends what dead processes left behind; it commits."""
    rescues.append(mend)
    return mend


def sweep(client: redis.Redis) -> int:
    """Recover and publish what is due. Return how many jobs were published. Commits.

    With Redis away only the recovery is done.
    """
    renew_leases()
    recover()
    for mend in rescues:
        mend()
    published = 0
    stopped = pausing.stopped()
    for queue in (queue for queue in Queue if queue not in stopped):
        for priority, state in ((AGAIN, JobState.RETRY), (NEW, JobState.PENDING)):
            try:
                before = passed(client, queue, priority)
            except redis.RedisError:
                db.session.commit()
                return published
            published += publish_due(queue, state=state, priority=priority, before=before)
        published += publish_portion(client, queue, before)  # the last one is that of NEW
    _wake_for_rows(client, stopped)
    db.session.commit()
    return published


def _wake_for_rows(client: redis.Redis, stopped: frozenset[Queue]) -> None:
    """Wake what drains rows where some wait, unless its queue is paused."""
    for task, waiting in backlogs.items():
        if not pausing.HELD_BY[task].isdisjoint(stopped):
            continue
        try:
            # A wake-up that still lies in its list is enough.
            if not _lies_there(client, task) and waiting():
                wake(task)
        except redis.RedisError:
            break


def _lies_there(client: redis.Redis, task: Wake) -> bool:
    """Say whether the last wake-up of a task is still in its list: see ``passed``."""
    head = client.lindex(f"{WAKE_QUEUES[task].value}:{NEW}", -1)
    woken_at = client.get(f"{WOKEN_AT}{task.value}")
    return head is not None and woken_at is not None and float(woken_at) >= _published_at(head)


def _published_at(raw: Any) -> float:
    return float(json.loads(raw)["headers"].get("published_at") or 0.0)


def renew_leases() -> None:
    """Renew the leases of this host's jobs whose processes live, so that their tasks need not."""
    mine = db.session.execute(
        select(Job.worker, Job.lease_until).where(
            stands(Job.state, JobState.PROGRESS),
            Job.worker.startswith(owners.host(), autoescape=True),
            Job.lease_until < now() + LEASE / 2,
        )
    ).all()
    living = {row.worker for row in mine if owners.lives(row.worker)}
    if living:
        db.session.execute(
            update(Job)
            .where(stands(Job.state, JobState.PROGRESS), Job.worker.in_(living))
            .values(lease_until=now() + LEASE)
            .execution_options(synchronize_session=False)
        )
        db.session.commit()


def recover() -> None:
    """Free the jobs whose worker is gone: known at once on its host, by its lease elsewhere."""
    running = db.session.execute(
        select(Job.id, Job.attempt, Job.worker).where(
            stands(Job.state, JobState.PROGRESS),
            or_(Job.lease_until < now(), Job.worker.startswith(owners.host(), autoescape=True)),
        )
    ).all()
    lost = [row for row in running if not (owners.is_here(row.worker) and owners.lives(row.worker))]
    for row in sorted(lost):
        free(row.id, row.attempt)
    staff.note_left([(row.worker, row.id) for row in lost])
    db.session.commit()


def free(job_id: uuid.UUID, attempt: int) -> None:
    """Give one job back whose worker died, or end it when it was to stop or kills its workers.

    Nothing is done when that attempt is over. The row is locked before it is decided: a request to
    stop comes before that, and is heard, or after it, and finds the job as it was left here.
    """
    held = (Job.id == job_id, stands(Job.state, JobState.PROGRESS), Job.attempt == attempt)
    row = db.session.execute(
        select(Job.kind, Job.lost, Job.cancel_requested_at, Job.asked_by_id, Job.started_at)
        .where(*held)
        .with_for_update()
    ).one_or_none()
    if row is None:
        return
    moment = now()
    values: dict[str, Any] = {"state": JobState.RETRY, "run_at": moment, "published_at": None}
    text = "Its worker stopped in the middle. It goes on with another one."
    if row.cancel_requested_at is not None:
        values = {"state": JobState.REVOKED, "finished_at": moment, "error": STOPPED}
    elif row.lost + 1 >= LOST_LIMIT:
        text = f"Its worker died {LOST_LIMIT} times while running it."
        values = {"state": JobState.FAILURE, "finished_at": moment, "routine": False}
        values |= {"error": text, "advice": KILLS, "failures": Job.failures + 1}
        values |= {"cause_id": causes.note(text, KILLS, job_id=job_id)}
    db.session.execute(
        update(Job)
        .where(Job.id == job_id)
        .values(lease_until=None, worker=None, lost=Job.lost + 1, version=Job.version + 1, **values)
        .execution_options(synchronize_session=False)
    )
    what = What.ERROR if values["state"] == JobState.FAILURE else What.LOST
    db.session.add(
        JobEvent(job_id=job_id, what=what, text=text, attempt=attempt, began_at=row.started_at)
    )
    if "finished_at" in values:
        words = {name: values.get(name) or "" for name in ("error", "advice")}
        tell_end(Ended(job_id, row.kind, values["state"], attempt, row.asked_by_id, **words))


def passed(client: redis.Redis, queue: Queue, priority: int) -> datetime:
    """Return the moment before which every message of a list has been taken out of it.

    The lists are first in, first out: the message at the head was published at that moment, so a
    row published earlier that nobody has claimed has lost its message.
    """
    name = queue.value if priority == AGAIN else f"{queue.value}:{priority}"
    head = client.lindex(name, -1)
    if head is None:
        return now() - MARGIN
    return min(now(), datetime.fromtimestamp(_published_at(head), UTC)) - MARGIN


def publish_due(queue: Queue, *, state: JobState, priority: int, before: datetime) -> int:
    """Publish the waiting jobs of a queue whose time has come or whose message is gone."""
    moment = now()
    lost = or_(Job.published_at.is_(None), Job.published_at < before)
    due: Select[Any] = (
        select(Job.id)
        .where(
            stands(Job.state, state),
            Job.queue == queue,
            Job.bulk_id.is_(None),
            Job.run_at <= moment,
            lost,
        )
        .order_by(Job.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    rows = db.session.execute(
        update(Job)
        .where(Job.id.in_(due.scalar_subquery()), and_(Job.state.in_(WAITING)))
        .values(published_at=moment)
        .returning(Job.id, Job.kind)
        .execution_options(synchronize_session=False)
    ).all()
    for row in sorted(rows):
        post(Letter(row.kind.value, queue, row.id, priority, moment.timestamp()))
    db.session.commit()
    return len(rows)
