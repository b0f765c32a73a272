"""Which messages leave next: claimed in batches, with an attempt written before any of them leaves."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, exists, insert, or_, select, update
from sqlalchemy.orm import aliased

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs import owners
from webapp.jobs.kinds import Wake
from webapp.jobs.sweeping import backlog, rescue
from webapp.messages.channels import Channel, OutcomeKind
from webapp.messages.channels.outcomes import explain
from webapp.messages.models import IN_THE_WAY, Attempt, Message, MessageState
from webapp.messages.stopping import open_channels
from webapp.states import stands

#: Longer than any carrier waits for an answer; renewed while the process lives.
LEASE = timedelta(seconds=60)

Claimed = Row[Any]

_earlier = aliased(Message)
_LANE_FREE = ~exists().where(
    _earlier.lane == Message.lane, _earlier.id < Message.id, stands(_earlier.state, *IN_THE_WAY)
)
_TAKEN = (
    Message.id,
    Message.attempt,
    Message.failures,
    Message.channel,
    Message.address,
    Message.body,
    Message.title,
    Message.html,
    Message.template,
    Message.category,
)


def claim(limit: int, *, up_to_urgency: int) -> Sequence[Claimed]:
    """Take the most urgent messages that are due, at most one of each lane. Commits.

    The state, the lease and an attempt without an outcome are stored before the caller sends
    anything, so what a dead process leaves behind is never taken for unsent.
    """
    moment = now()
    due = (
        select(Message.id)
        .where(*_due(moment), Message.urgency <= up_to_urgency)
        .order_by(Message.urgency, Message.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    taken = db.session.execute(
        update(Message)
        .where(Message.id.in_(select(due.c.id)), Message.state == MessageState.QUEUED)
        .values(
            state=MessageState.SENDING,
            attempt=Message.attempt + 1,
            lease_until=moment + LEASE,
            worker=owners.me(),
            version=Message.version + 1,
        )
        .returning(*_TAKEN)
        .execution_options(synchronize_session=False)
    ).all()
    if taken:
        rows = [
            {"message_id": row.id, "number": row.attempt, "started_at": moment} for row in taken
        ]
        # Without the ORM's bookkeeping, which costs more than the insert itself.
        db.session.connection().execute(insert(Attempt.__table__), rows)  # type: ignore[arg-type]
    db.session.commit()
    return taken


@backlog(Wake.DELIVER)
def messages_wait() -> bool:
    """Say whether a message is due that could leave now."""
    return db.session.scalar(select(Message.id).where(*_due(now())).limit(1)) is not None


def _due(moment: datetime) -> tuple[Any, ...]:
    queued = (stands(Message.state, MessageState.QUEUED), Message.due_at <= moment)
    return (*queued, Message.channel.in_(open_channels()), _LANE_FREE)


@rescue
def recover() -> None:
    """Call ``unknown`` what a dead process was sending; renew the leases of the living. Commits.

    Such a message may have left, so it never goes back to the queue by itself.
    """
    moment = now()
    sending = db.session.execute(
        select(Message.worker, Message.lease_until)
        .where(
            stands(Message.state, MessageState.SENDING),
            or_(
                Message.lease_until < moment,
                Message.worker.startswith(owners.host(), autoescape=True),
            ),
        )
        .distinct()
    ).all()
    for worker in {row.worker for row in sending}:
        if owners.is_here(worker) and owners.lives(worker):
            if any(
                row.worker == worker and row.lease_until < moment + LEASE / 2 for row in sending
            ):
                _renew(worker, moment)
        else:
            _leave_unknown(worker, moment)
    db.session.commit()


def _renew(worker: str, moment: datetime) -> None:
    db.session.execute(
        update(Message)
        .where(stands(Message.state, MessageState.SENDING), Message.worker == worker)
        .values(lease_until=moment + LEASE)
        .execution_options(synchronize_session=False)
    )


def _leave_unknown(worker: str, moment: datetime) -> None:
    words = explain_unknown()
    dead = [stands(Message.state, MessageState.SENDING), Message.worker == worker]
    if not owners.is_here(worker):  # of another host's process only the lease tells
        dead.append(Message.lease_until < moment)
    left = db.session.execute(
        update(Message)
        .where(*dead)
        .values(
            state=MessageState.UNKNOWN,
            lease_until=None,
            worker=None,
            version=Message.version + 1,
            **words,
        )
        .returning(Message.id, Message.attempt)
        .execution_options(synchronize_session=False)
    ).all()
    for row in left:
        db.session.execute(
            update(Attempt)
            .where(Attempt.message_id == row.id, Attempt.number == row.attempt)
            .values(
                ended_at=moment,
                outcome=OutcomeKind.UNKNOWN,
                detail="The process that sent it died.",
            )
            .execution_options(synchronize_session=False)
        )


def explain_unknown() -> dict[str, Any]:
    """Return what people read at a message of which nobody knows whether it arrived."""
    words = explain(Channel.SMS, None)
    return {"error": words.sentence, "advice": words.advice, "code": None}
