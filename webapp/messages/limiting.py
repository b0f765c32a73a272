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

from sqlalchemy import Integer, Uuid, bindparam, delete, func, insert, or_, select, update

from webapp.clock import now
from webapp.extensions import UtcDateTime, db, settings
from webapp.jobs import owners
from webapp.jobs.kinds import Wake
from webapp.jobs.queue import wake
from webapp.many import Many
from webapp.messages.channels import Channel
from webapp.messages.models import ChannelState, RateSlot
from webapp.messages.stopping import row_of
from webapp.states import rows_changed

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
    return _or_usual(db.session.connection().execute(_OWN, {"of": channel}).scalar())


def set_per_minute(channel: Channel, n: int | None) -> None:
    """Change a channel's limit, also while it sends; None: as the settings say. The caller commits."""
    row_of(channel).per_minute = n
    wake(Wake.SEND_BATCHES)


def room(channel: Channel) -> int | None:
    """Return how many messages of batches may leave by a channel now; None: any number."""
    limit = per_minute(channel)
    return None if limit == 0 else max(limit - _taken(channel), 0)


def next_room(channel: Channel) -> float:
    """Return the seconds until the next slot is free again; 0 when all taken ones are under way."""
    moment = _clock()
    frees_at = db.session.scalar(
        select(func.min(RateSlot.frees_at)).where(
            RateSlot.channel == channel, RateSlot.frees_at > moment
        )
    )
    return (frees_at - moment).total_seconds() if frees_at else 0.0


def lock_room(channel: Channel) -> int | None:
    """Return how many may leave, and keep others from claiming until the commit; None: any number."""
    # SQLite's transaction has taken the only lock there is at its start.
    own = db.session.connection().execute(_LOCKED, {"of": channel}).one_or_none()
    limit = _or_usual(own.per_minute if own else None)
    if limit == 0:
        return None
    if own is None:
        row_of(channel)
        return lock_room(channel)
    return max(limit - _taken(channel), 0)


_OWN = select(ChannelState.per_minute).where(ChannelState.channel == bindparam("of"))
_LOCKED = _OWN.with_for_update()


def _or_usual(own: int | None) -> int:
    return settings().batch_rate if own is None else own


def take(channel: Channel, attempts: Sequence[tuple[uuid.UUID, int]]) -> None:
    """Take a slot for each attempt, in the transaction that claims them."""
    rows: list[dict[str, Any]] = [
        {"message_id": message_id, "number": number, "channel": channel}
        for message_id, number in attempts
    ]
    if rows:
        connection = db.session.connection()
        connection.execute(_FORGET, {"of": channel, "moment": _clock()})
        connection.execute(_TAKE, rows)


def answered(attempts: Sequence[tuple[uuid.UUID, int, float]]) -> None:
    """Let the slots of attempts be free one window after their answers, so many seconds ago."""
    _free(attempts, _clock() + window())


def given_up(attempts: Sequence[tuple[uuid.UUID, int]]) -> None:
    """Let the slots of attempts whose answer never came be free, a while later."""
    rows = [(message_id, number, 0.0) for message_id, number in attempts]
    _free(rows, _clock() + STRAGGLING + window())


def reported(message_ids: Sequence[uuid.UUID]) -> None:
    """Take a report for the answer that has not come; a slot that was answered keeps its time."""
    if message_ids:
        ours = RateSlot.message_id.in_(message_ids)
        freed = update(RateSlot).where(ours, RateSlot.frees_at.is_(None))
        db.session.execute(
            freed.values(frees_at=_clock() + window()).execution_options(synchronize_session=False)
        )


def not_used(message_ids: Iterable[uuid.UUID]) -> None:
    """Give back the slots of messages that never left."""
    ours = RateSlot.message_id.in_(list(message_ids))
    db.session.execute(delete(RateSlot).where(ours, RateSlot.frees_at.is_(None)))


def step() -> float:
    """Return the seconds between two looks for room: a small part of the window."""
    return min(max(settings().rate_window_seconds * 0.004, 0.01), 0.25)


def watch(channel: Channel) -> bool:
    """Take it on to wait for room; False while another process does. Commits."""
    moment, me = now(), owners.me()
    free = or_(
        ChannelState.watched_by == me,
        ChannelState.watched_until.is_(None),
        ChannelState.watched_until < moment,
    )
    return _watch(channel, free, watched_by=me, watched_until=moment + WATCH)


def leave(channel: Channel) -> None:
    """Let another process wait for room. Commits."""
    _watch(channel, ChannelState.watched_by == owners.me(), watched_by=None, watched_until=None)


def _watch(channel: Channel, condition: Any, **values: Any) -> bool:
    changed = db.session.execute(
        update(ChannelState)
        .where(ChannelState.channel == channel, condition)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return rows_changed(changed) == 1


def _free(attempts: Sequence[tuple[uuid.UUID, int, float]], moment: datetime) -> None:
    rows = [
        (message_id, number, moment - timedelta(seconds=age))
        for message_id, number, age in attempts
    ]
    _FREE(db.session.connection(), rows)


_FREE = Many(
    {"of": Uuid(), "number": Integer(), "at": UtcDateTime()},
    lambda each: (
        update(RateSlot)
        .where(RateSlot.message_id == each["of"], RateSlot.number == each["number"])
        .values(frees_at=each["at"])
        .execution_options(synchronize_session=False)
    ),
)
_MOMENT = bindparam("moment", type_=UtcDateTime())
_OF = RateSlot.channel == bindparam("of")
_FORGET = delete(RateSlot).where(_OF, RateSlot.frees_at <= _MOMENT)
_TAKE = insert(RateSlot)
_TAKEN = select(func.count()).where(
    _OF, or_(RateSlot.frees_at.is_(None), RateSlot.frees_at > _MOMENT)
)


def _taken(channel: Channel) -> int:
    found = db.session.connection().execute(_TAKEN, {"of": channel, "moment": _clock()})
    return found.scalar() or 0


def _clock() -> datetime:
    """Return the moment by one clock for all: several machines may have a worker each."""
    if db.engine.dialect.name != "postgresql":
        return now()
    moment: datetime = db.session.execute(select(func.clock_timestamp())).scalar_one()
    return moment
