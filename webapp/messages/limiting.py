"""How many messages of batches may leave by a channel in a minute: one limit for all workers.

A slot is taken in the transaction that claims a message and is free again one window after its
answer came. Then no window at the provider ever holds more than the limit, however slow the
network is:

    Let L + 1 messages arrive within one window [t, t + W), and let the one that was claimed last
    of them be claimed at c, so c < t + W. Each of the others had been claimed before, arrived at
    p >= t and was answered at a >= p, so its slot was taken until a + W >= t + W > c. At c all L
    slots were taken, and it was not claimed. (Claims of a channel follow one another: each holds
    the channel's row. For an answer that never came, a is when we gave it up.)

The database keeps the slots, so where it is away nothing leaves. Messages of no batch, such as a
booking's, are neither counted nor kept waiting, and a rehearsal reaches nobody, so it has no limit.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update

from webapp.clock import now
from webapp.extensions import db, settings
from webapp.jobs import owners
from webapp.jobs.kinds import Wake
from webapp.jobs.queue import wake
from webapp.messages.channels import Channel
from webapp.messages.models import ChannelState, RateSlot
from webapp.messages.stopping import row_of

#: What a process sent before it died, or before it gave up waiting, may reach the provider so much
#: later.
STRAGGLING = timedelta(seconds=15)
#: For so long a process has the wait for room to itself, unless it says so again.
WATCH = timedelta(seconds=2)


def window() -> timedelta:
    """Return how long the minute of the limit is; shorter only to try it out."""
    return timedelta(seconds=settings().rate_window_seconds)


def per_minute(channel: Channel) -> int:
    """Return how many messages of batches may leave by a channel in a minute; 0: any number."""
    own = db.session.scalar(select(ChannelState.per_minute).where(ChannelState.channel == channel))
    return settings().batch_rate if own is None else own


def set_per_minute(channel: Channel, n: int | None) -> None:
    """Change a channel's limit, also while it sends; None: as the settings say. The caller commits."""
    row_of(channel).per_minute = n
    wake(Wake.SEND_BATCHES)


def room(channel: Channel) -> int | None:
    """Return how many messages of batches may leave by a channel now; None: any number."""
    limit = per_minute(channel)
    return None if limit == 0 else max(limit - _taken(channel, now()), 0)


def next_room(channel: Channel) -> datetime | None:
    """Return when the next slot is free again; None when all that are taken are under way."""
    return db.session.scalar(
        select(func.min(RateSlot.frees_at)).where(
            RateSlot.channel == channel, RateSlot.frees_at > now()
        )
    )


def lock_room(channel: Channel, moment: datetime) -> int | None:
    """Return how many may leave, and keep others from claiming until the commit; None: any number."""
    limit = per_minute(channel)
    if limit == 0:
        return None
    row_of(channel)
    # SQLite's transaction has taken the only lock there is at its start.
    db.session.execute(
        select(ChannelState.channel).where(ChannelState.channel == channel).with_for_update()
    )
    db.session.execute(
        delete(RateSlot).where(RateSlot.channel == channel, RateSlot.frees_at <= moment)
    )
    return max(limit - _taken(channel, moment), 0)


def take(channel: Channel, attempts: Sequence[tuple[uuid.UUID, int]]) -> None:
    """Take a slot for each attempt, in the transaction that claims them."""
    rows: list[dict[str, Any]] = [
        {"message_id": message_id, "number": number, "channel": channel}
        for message_id, number in attempts
    ]
    if rows:
        db.session.connection().execute(insert(RateSlot.__table__), rows)  # type: ignore[arg-type]


def answered(message_ids: Iterable[uuid.UUID], moment: datetime) -> None:
    """Let the slots of messages be free one window after their answer."""
    _free_at(message_ids, moment + window())


def given_up(message_ids: Iterable[uuid.UUID], moment: datetime) -> None:
    """Let the slots of messages whose answer never came be free, a while later."""
    _free_at(message_ids, moment + STRAGGLING + window())


def not_used(message_ids: Iterable[uuid.UUID]) -> None:
    """Give back the slots of messages that never left."""
    db.session.execute(
        delete(RateSlot).where(
            RateSlot.message_id.in_(list(message_ids)), RateSlot.frees_at.is_(None)
        )
    )


def _free_at(message_ids: Iterable[uuid.UUID], at: datetime) -> None:
    db.session.execute(
        update(RateSlot)
        .where(RateSlot.message_id.in_(list(message_ids)), RateSlot.frees_at.is_(None))
        .values(frees_at=at)
        .execution_options(synchronize_session=False)
    )


def _taken(channel: Channel, moment: datetime) -> int:
    taken = or_(RateSlot.frees_at.is_(None), RateSlot.frees_at > moment)
    counted = select(func.count()).where(RateSlot.channel == channel, taken)
    return db.session.scalar(counted) or 0


def step() -> float:
    """Return the seconds between two looks for room: a small part of the window."""
    return min(max(settings().rate_window_seconds * 0.004, 0.01), 0.25)


def watch(channel: Channel) -> bool:
    """Take it on to wait for room; False while another process does. Commits."""
    moment, me = now(), owners.me()
    mine = db.session.execute(
        update(ChannelState)
        .where(
            ChannelState.channel == channel,
            or_(
                ChannelState.watched_by == me,
                ChannelState.watched_until.is_(None),
                ChannelState.watched_until < moment,
            ),
        )
        .values(watched_by=me, watched_until=moment + WATCH)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return mine.rowcount == 1  # type: ignore[attr-defined, no-any-return]
