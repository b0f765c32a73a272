"""Messages of batches whose receiver's quiet hours have begun: put off until they end."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update

from webapp.extensions import db
from webapp.messages.channels import Channel
from webapp.messages.models import Message, MessageState
from webapp.messages.opened import Open
from webapp.messages.quiet import window
from webapp.states import stands

#: What is claimed leaves at once, or very soon.
SOON = timedelta(seconds=5)
SOME = 2000


def open_at(moment: Any) -> ColumnElement[bool]:
    """Return the condition that a message may still leave, and arrive, at a moment."""
    return or_(Message.closes_at.is_(None), Message.closes_at > moment)


def put_off_some(batch: Open, channel: Channel, moment: datetime, ahead: int) -> bool:
    """Put off messages in their zones where those next in line must not leave now. Commits.

    False when the next ones in line may leave.
    """
    soon = moment + SOON
    due = (
        Message.batch_id == batch.id,
        Message.channel == channel,
        stands(Message.state, MessageState.QUEUED),
        Message.due_at <= moment,
    )
    line = (
        select(Message.zone, Message.closes_at)
        .where(*due)
        .order_by(Message.due_at)
        .limit(ahead)
        .subquery()
    )
    zones = db.session.scalars(select(line.c.zone).where(line.c.closes_at <= soon).distinct()).all()
    for zone in zones:
        same = Message.zone.is_(None) if zone is None else Message.zone == zone
        some = (
            select(Message.id)
            .where(*due, same, Message.closes_at <= soon)
            .order_by(Message.due_at)
            .limit(SOME)
            .with_for_update(skip_locked=True)
            .cte("some")
        )
        opens, closes = window(zone, batch.quiet_from, batch.quiet_until, soon)
        db.session.execute(
            update(Message)
            .where(Message.id.in_(select(some.c.id)), Message.state == MessageState.QUEUED)
            .values(due_at=opens, closes_at=closes, version=Message.version + 1)
            .execution_options(synchronize_session=False)
        )
    db.session.commit()
    return bool(zones)
