"""A queue that is paused: nothing of it begins, whatever becomes of Redis or of the workers.

It is a row. What runs goes on to its end; what waits keeps its place, and goes on within seconds
of the row's going, since the sweep publishes again whatever has lost its message meanwhile.
"""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from webapp.accounts.acting import record, who
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import WAKE_QUEUES, Queue, Wake
from webapp.jobs.models import Job
from webapp.jobs.worker_models import Pause

#: What people call the queues.
NAMES: Mapping[Queue, str] = {
    Queue.URGENT: "Urgent work",
    Queue.MESSAGES: "Messages to customers",
    Queue.DEFAULT: "Everyday work",
    Queue.BULK: "Long work",
}
#: Campaigns are sent from the queue of everyday work; they are messages to customers all the same.
HELD_BY: Mapping[Wake, frozenset[Queue]] = {
    wake: frozenset({queue, *([Queue.MESSAGES] if wake == Wake.SEND_BATCHES else [])})
    for wake, queue in WAKE_QUEUES.items()
}


class AlreadySo(Exception):
    """Somebody else has just paused the queue, or let it go on; the text says so."""


def paused() -> dict[Queue, Pause]:
    """Return the queues that are paused, with since when, by whom and why."""
    rows = db.session.scalars(select(Pause).options(joinedload(Pause.paused_by)))
    return {row.queue: row for row in rows}


def pause(queue: Queue, reason: str) -> None:
    """Let nothing of a queue begin from now on. Raises AlreadySo."""
    try:
        with db.session.begin_nested():
            db.session.add(
                Pause(queue=queue, paused_at=now(), paused_by_id=who().user_id, reason=reason)
            )
    except IntegrityError:
        raise AlreadySo(f"“{NAMES[queue]}” is paused already.") from None
    record("queue.paused", f"Paused “{NAMES[queue]}”: {reason}", queue=queue.value, reason=reason)


def resume(queue: Queue) -> None:
    """Let a queue go on. Raises AlreadySo when it is not paused."""
    gone = db.session.execute(delete(Pause).where(Pause.queue == queue).returning(Pause.paused_at))
    row = gone.one_or_none()
    if row is None:
        raise AlreadySo(f"“{NAMES[queue]}” is not paused.")
    since = row.paused_at.isoformat()
    record("queue.resumed", f"Let “{NAMES[queue]}” go on", queue=queue.value, since=since)


def stopped() -> frozenset[Queue]:
    """Return the paused queues, in the shortest way."""
    return frozenset(db.session.scalars(select(Pause.queue)))


def held(wake: Wake) -> bool:
    """Say whether rows must wait that a task would drain."""
    return not HELD_BY[wake].isdisjoint(stopped())


def may_begin() -> ColumnElement[bool]:
    """Return the condition that a job's queue is not paused, for statements about jobs."""
    return ~exists().where(Pause.queue == Job.queue)
