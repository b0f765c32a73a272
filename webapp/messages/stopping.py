"""Whether a channel may send: stopped by its provider's answer, started again by a person."""

from datetime import timedelta

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.exc import IntegrityError

from webapp.accounts.acting import record
from webapp.clock import now
from webapp.extensions import UtcDateTime, db
from webapp.jobs.kinds import Wake
from webapp.jobs.queue import wake
from webapp.messages.channels import Channel
from webapp.messages.models import ChannelState
from webapp.states import rows_changed


def open_channels() -> list[Channel]:
    """Return the channels by which messages may leave at this moment."""
    closed = db.session.connection().execute(_CLOSED, {"moment": now()}).scalars().all()
    return [channel for channel in Channel if channel not in closed]


_CLOSED = select(ChannelState.channel).where(
    or_(
        ChannelState.stopped_at.is_not(None),
        ChannelState.not_before > bindparam("moment", type_=UtcDateTime()),
    )
)


#: That a channel waits for a person.
IS_STOPPED = ChannelState.stopped_at.is_not(None)


def stopped() -> list[ChannelState]:
    """Return the channels that wait for a person."""
    return list(db.session.scalars(select(ChannelState).where(IS_STOPPED)))


def stop(channel: Channel, reason: str, advice: str | None) -> None:
    """Stop a channel: its messages stay queued until a person starts it again."""
    row_of(channel)
    taken = db.session.execute(
        update(ChannelState)
        .where(ChannelState.channel == channel, ChannelState.stopped_at.is_(None))
        .values(stopped_at=now(), reason=reason, advice=advice)
    )
    if rows_changed(taken) == 1:
        record("channel.stopped", f"{NAMES[channel]} was stopped: {reason}")


def start(channel: Channel) -> bool:
    """Let a stopped channel send again. False when it was not stopped."""
    started = db.session.execute(
        update(ChannelState)
        .where(ChannelState.channel == channel, ChannelState.stopped_at.is_not(None))
        .values(stopped_at=None, reason=None, advice=None, not_before=None)
    )
    if rows_changed(started) != 1:
        return False
    record("channel.started", f"{NAMES[channel]} was started again")
    wake(Wake.DELIVER)
    return True


def slow_down(channel: Channel, seconds: float) -> None:
    """Let nothing leave by this channel for a while, because its provider asked for that."""
    row = row_of(channel)
    row.not_before = now() + timedelta(seconds=seconds)


def row_of(channel: Channel) -> ChannelState:
    """Return what is known of a channel, made when there is nothing yet."""
    row = db.session.get(ChannelState, channel)
    if row is None:
        try:
            with db.session.begin_nested():
                db.session.add(ChannelState(channel=channel))
        except IntegrityError:
            pass  # another process stopped the same channel in this moment
        row = db.session.get_one(ChannelState, channel)
    return row


NAMES = {Channel.SMS: "SMS", Channel.WHATSAPP: "WhatsApp", Channel.EMAIL: "E-mail"}
