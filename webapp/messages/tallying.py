"""What became of a batch, counted from its rows now and then, so that a page reads one row."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from itertools import chain
from typing import Any

from sqlalchemy import Row, bindparam, func, literal, null, select, text, update

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.sweeping import rescue
from webapp.messages.batches import touch
from webapp.messages.models import Batch, Message, MessageState
from webapp.states import stands

#: Nobody looks more often, and counting must not cost more than a twentieth of the time.
EVERY = 1.0
SHARE = 20
POINTS = 120
#: These have left the house, whatever became of them.
LEFT = (MessageState.SENT, MessageState.DELIVERED, MessageState.READ)
#: The conditions of two indexes, word for word: neither database uses them for less.
_STALE = text("batches.stale")
_CAME_OUT = Message.state.not_in(
    bindparam(
        None,
        [MessageState.QUEUED, MessageState.SENDING],
        expanding=True,
        literal_execute=True,
    )
)
#: Told, after each count, of its batch and its messages by state; in a transaction of its own.
when_tallied: list[Callable[[int, dict[str, int]], None]] = []
#: How long the last count of a batch took, in seconds, in this process.
_took: dict[int, float] = {}


def refresh(batch_ids: Iterable[int]) -> None:
    """Have batches counted again, in the transaction that changes their rows; last in it.

    Counted by whoever sends, and by the sweep of every second, at most once a second.
    """
    touch(batch_ids)


def tally(batch_id: int) -> None:
    """Count the rows of a batch again. Commits.

    The mark goes first, in a transaction of its own: what is committed after that marks it again,
    and what was committed before it is seen by the count.
    """
    began = time.monotonic()
    moment = now()
    _write(batch_id, stale=False, tallied_at=moment)
    db.session.commit()
    counts, reasons, billed = _sum_up(_count(batch_id))
    batch = db.session.execute(
        select(Batch.history, Batch.counts).where(Batch.id == batch_id)
    ).one_or_none()
    if batch is None:
        db.session.commit()
        return
    history = add_point(batch.history, [int(moment.timestamp()), *totals(counts)])
    counted = {"counts": counts, "reasons": reasons, "billed": billed, "history": history}
    _write(batch_id, version=Batch.version + 1, **counted)
    db.session.commit()
    for tell in when_tallied:
        tell(batch_id, counts)
        db.session.commit()
    _took[batch_id] = time.monotonic() - began


def tally_stale(*, of: Iterable[int] | None = None, at_once: bool = False) -> None:
    """Count those batches again whose rows have changed and whose turn has come. Commits.

    ``at_once`` leaves out the second between two counts, for when nothing moves any more.
    """
    query = select(Batch.id, Batch.tallied_at).where(_STALE)
    if of is not None:
        query = query.where(Batch.id.in_(list(of)))
    found = db.session.execute(query).all()
    db.session.commit()
    moment = now()
    for row in found:
        pause = timedelta(seconds=max(EVERY, SHARE * _took.get(row.id, 0.0)))
        if at_once or row.tallied_at is None or row.tallied_at <= moment - pause:
            tally(row.id)


@rescue
def make_up() -> None:
    """Count what the senders and the reports left uncounted, alive or dead. Commits."""
    tally_stale()


def totals(counts: dict[str, int]) -> list[int]:
    """Return how many have left the house, how many arrived, how many failed."""
    arrived = counts.get(MessageState.DELIVERED, 0) + counts.get(MessageState.READ, 0)
    left = sum(counts.get(state, 0) for state in LEFT)
    return [left, arrived, counts.get(MessageState.FAILED, 0)]


def add_point(history: Sequence[Any], point: list[int]) -> list[Any]:
    """Add a point to a history, unless nothing has changed; every other goes when it is full."""
    points = list(history)
    if points and points[-1][1:] == point[1:]:
        return points
    if len(points) >= POINTS:
        points = [*points[:-1:2], points[-1]]
    return [*points, point]


_GROUPS = (Message.state, Message.code, Message.channel, Message.country)
_UNITS = func.sum(func.coalesce(Message.billed, Message.units))
_OF = Message.batch_id == bindparam("of")
#: Everything that is asked for, each part by an index that holds it all.
_COUNTS: tuple[Any, ...] = (
    select(*_GROUPS, func.count().label("number"), _UNITS.label("units"))
    .where(_OF, Message.superseded.is_(False), _CAME_OUT)
    .group_by(*_GROUPS),
    *(
        select(
            literal(state.value).label("state"),
            null().label("code"),
            null().label("channel"),
            null().label("country"),
            func.count().label("number"),
            literal(0).label("units"),
        ).where(_OF, stands(Message.state, state))
        for state in (MessageState.QUEUED, MessageState.SENDING)
    ),
)


def _count(batch_id: int) -> list[Row[Any]]:
    connection = db.session.connection()
    values = {"of": batch_id}
    return list(chain.from_iterable(connection.execute(query, values) for query in _COUNTS))


def _sum_up(rows: Sequence[Row[Any]]) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    billed: Counter[str] = Counter()
    for row in rows:
        state = str(row.state)
        counts[state] += row.number
        if state == MessageState.FAILED:
            reasons[row.code or "none"] += row.number
        if state in LEFT:
            billed[f"{row.channel} {row.country or ''}".strip()] += row.units or 0
    return _some(counts), _some(reasons), _some(billed)


def _some(counter: Counter[str]) -> dict[str, int]:
    return {name: number for name, number in counter.items() if number}


def _write(batch_id: int, **values: Any) -> None:
    db.session.connection().execute(update(Batch).where(Batch.id == batch_id).values(**values))
