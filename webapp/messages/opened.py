"""Which batches have something to send, and may, or may no more."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased

from webapp.extensions import db
from webapp.messages.models import Batch, Message, MessageState
from webapp.states import stands


class Open(NamedTuple):
    """A batch as the sender needs it."""

    id: int
    rehearsal: str | None = None
    quiet_from: str | None = None
    quiet_until: str | None = None


def open_batches() -> Sequence[Open]:
    """Return the batches with queued messages that are neither held nor cancelled, oldest first.

    Jumps through the index from batch to batch, so it costs what there are batches with queued
    rows, however many rows those have and however many batches have none.
    """
    return [Open(*row) for row in db.session.connection().execute(_OPEN).all()]


def stopped_batches(before: datetime) -> Sequence[Batch]:
    """Return the batches that were cancelled before a moment, and of which something is queued all the same."""
    return db.session.scalars(_STOPPED, {"before": before}).all()


_queued = stands(Message.state, MessageState.QUEUED)
_first = select(func.min(Message.batch_id).label("id")).where(
    _queued, Message.batch_id.is_not(None)
)
_steps = _first.cte("steps", recursive=True)
_next = aliased(Message)
_steps = _steps.union_all(
    select(
        select(func.min(_next.batch_id))
        .where(
            stands(_next.state, MessageState.QUEUED),
            _next.batch_id.is_not(None),
            _next.batch_id > _steps.c.id,
        )
        .scalar_subquery()
    ).where(_steps.c.id.is_not(None))
)
_OPEN = (
    select(Batch.id, Batch.rehearsal, Batch.quiet_from, Batch.quiet_until)
    .join(_steps, _steps.c.id == Batch.id)
    .where(Batch.held_at.is_(None), Batch.cancelled_at.is_(None))
    .order_by(Batch.id)
)
_STOPPED = (
    select(Batch)
    .join(_steps, _steps.c.id == Batch.id)
    .where(Batch.cancelled_at < bindparam("before"))
    .order_by(Batch.id)
)
