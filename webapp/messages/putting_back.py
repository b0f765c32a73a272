"""What was claimed and has provably not left: queued again when somebody stops it."""

import uuid
from collections.abc import Sequence

from sqlalchemy import delete, or_, select, update

from webapp.extensions import db
from webapp.many import Many
from webapp.messages import limiting
from webapp.messages.claiming import MINE, Claimed
from webapp.messages.models import Attempt, Batch, Message, MessageState


def put_back(attempts: Sequence[tuple[uuid.UUID, int]]) -> None:
    """Queue messages again that were claimed and have provably not left. Commits."""
    connection = db.session.connection()
    _FORGET_ATTEMPT(connection, attempts)
    _REQUEUE(connection, attempts)
    limiting.not_used([message_id for message_id, _number in attempts])
    db.session.commit()


_FORGET_ATTEMPT = Many(
    MINE,
    lambda each: delete(Attempt).where(
        Attempt.message_id == each["of"],
        Attempt.number == each["number"],
        Attempt.ended_at.is_(None),
    ),
)
_REQUEUE = Many(
    MINE,
    lambda each: (
        update(Message)
        .where(
            Message.id == each["of"],
            Message.attempt == each["number"],
            Message.state == MessageState.SENDING,
        )
        .values(
            state=MessageState.QUEUED, lease_until=None, worker=None, version=Message.version + 1
        )
    ),
)


def must_stop(messages: Sequence[Claimed]) -> set[int]:
    """Return which batches of claimed messages have been held or cancelled since."""
    ids = {message.batch_id for message in messages if message.batch_id is not None}
    if not ids:
        return set()
    stopped = or_(Batch.held_at.is_not(None), Batch.cancelled_at.is_not(None))
    found = db.session.scalars(select(Batch.id).where(Batch.id.in_(ids), stopped)).all()
    db.session.commit()
    return set(found)
