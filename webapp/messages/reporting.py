"""Reports by the hundred: read, found and written together; what is odd goes one by one.

A campaign's reports come three to a message, as fast as the messages went. One by one each costs
five statements and a commit; together a few statements for all of them.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Integer, Row, String, Uuid, func, or_, select, update

from webapp.clock import now
from webapp.extensions import UtcDateTime, db
from webapp.many import Many
from webapp.messages import limiting
from webapp.messages.batches import touch
from webapp.messages.models import Batch, EventState, Message, MessageState, ProviderEvent
from webapp.messages.receiving import takes_many
from webapp.messages.statuses import BEFORE, Report, apply_all, twilio_reports, whatsapp_reports

READERS: dict[str, Callable[[bytes, dict[str, Any]], list[Report] | None]] = {
    "whatsapp": whatsapp_reports,
    "twilio": twilio_reports,
}
FORWARD = (MessageState.SENT, MessageState.DELIVERED, MessageState.READ)
Key = tuple[str, str | uuid.UUID]
Plain = dict[uuid.UUID, list[Report]]


class Found(NamedTuple):
    """The messages that are ours to change now, and those that somebody else is just changing."""

    free: dict[Key, Row[Any]]
    busy: set[Key]


@takes_many(*READERS)
def work_through(events: Sequence[Row[Any]]) -> list[int]:
    """Work through reports together; return those that must be handled one by one.

    In one transaction, which the caller commits. Nothing waits for a message that a sender is just
    writing: its report stays as it is and has its turn a moment later.
    """
    read = {event.id: reports for event in events if (reports := _read(event)) is not None}
    everything = [report for reports in read.values() for report in reports]
    found = _find(everything)
    plain, odd = _sorted_out(everything, found)
    rows = {message.id: message for message in found.free.values()}
    moved = _advance(plain, rows)
    _settle(read, found)
    apply_all(odd)
    # A report is an answer too, and the only one when the process that sent it died meanwhile.
    limiting.reported([one for one in moved if rows[one].batch_id is not None])
    # Last, because it locks the batches until the commit.
    touch({rows[message_id].batch_id for message_id in moved} - {None})
    return [event.id for event in events if event.id not in read]


def _sorted_out(reports: list[Report], found: Found) -> tuple[Plain, list[Report]]:
    """Part what only moves messages forward from all that is told of messages with a failure."""
    known = [(report, found.free[_key(report)]) for report in reports if _key(report) in found.free]
    rehearsals = _rehearsals(found, reports)
    special = {
        message.id
        for report, message in known
        if report.state == MessageState.FAILED
        or (report.rehearsal and message.batch_id not in rehearsals)
    }
    plain: Plain = {}
    for report, message in known:
        if message.id not in special:
            plain.setdefault(message.id, []).append(report)
    return plain, [report for report, message in known if message.id in special]


def _read(event: Row[Any]) -> list[Report] | None:
    """Read the statuses of a report; None when it makes no sense, or tells more than statuses."""
    try:
        return READERS[event.provider](event.body, event.extra)
    except Exception:  # handled by itself it is written down with what is wrong
        return None


def _key(report: Report) -> Key:
    try:
        return (report.channel, uuid.UUID(report.ref) if report.ref else report.provider_id)
    except ValueError:
        return (report.channel, report.ref or "")


def _find(reports: Iterable[Report]) -> Found:
    keys = {_key(report) for report in reports}
    ids = [name for _channel, name in keys if isinstance(name, uuid.UUID)]
    names = [name for _channel, name in keys if isinstance(name, str)]
    free: dict[Key, Row[Any]] = {}
    known: set[Key] = set()
    for column, wanted in ((Message.id, ids), (Message.provider_id, names)):
        if not wanted:
            continue
        query = select(
            column.label("name"), Message.id, Message.channel, Message.state, Message.batch_id
        ).where(column.in_(wanted))
        locked = query.order_by(Message.id).with_for_update(skip_locked=True, key_share=True)
        free |= {(row.channel, row.name): row for row in db.session.execute(locked)}
        if len(free) < len(keys):
            known |= {(row.channel, row.name) for row in db.session.execute(query)}
    return Found({key: free[key] for key in keys if key in free}, known - free.keys())


def _rehearsals(found: Found, reports: Iterable[Report]) -> set[int]:
    """Return which batches the sandbox may tell of, where it tells beside accounts of our own."""
    if not any(report.rehearsal for report in reports):
        return set()
    ids = {message.batch_id for message in found.free.values()} - {None}
    query = select(Batch.id).where(Batch.id.in_(ids), Batch.rehearsal.is_not(None))
    return set(db.session.scalars(query))


def _advance(plain: Plain, rows: dict[uuid.UUID, Row[Any]]) -> list[uuid.UUID]:
    """Move messages forward, each to the furthest that was reported; return those that moved."""
    connection, moved = db.session.connection(), []
    goals: dict[MessageState, list[tuple[Any, ...]]] = {state: [] for state in FORWARD}
    late = []
    for message_id, reports in plain.items():
        last = max(reports, key=lambda report: FORWARD.index(report.state))
        at = {report.state: report.at for report in reports}
        delivered = at.get(MessageState.DELIVERED) or at.get(MessageState.READ)
        if rows[message_id].state in BEFORE[last.state]:
            moved.append(message_id)
            billed = next((one.billed for one in reports if one.billed is not None), None)
            stamps = (min(at.values()), delivered, at.get(MessageState.READ))
            goals[last.state].append((message_id, last.provider_id, *stamps, billed))
        elif delivered is not None:
            late.append((message_id, delivered))
    for state, values in goals.items():
        _MOVE[state](connection, values)
    _REMEMBER(connection, late)
    return moved


def _settle(read: dict[int, list[Report]], found: Found) -> None:
    """Write down which reports are done, and which tell of what we do not know yet."""
    moment, done = now(), []
    for event_id, reports in read.items():
        keys = [_key(report) for report in reports]
        if any(key in found.busy for key in keys):
            continue
        unknown = [
            report.provider_id
            for report, key in zip(reports, keys, strict=True)
            if key not in found.free
        ]
        if unknown:
            _end([event_id], moment, state=EventState.ORPHAN, orphan_of=unknown[-1])
        else:
            done.append(event_id)
    if done:
        _end(done, moment, state=EventState.DONE, orphan_of=None)


def _end(event_ids: list[int], moment: datetime, **values: Any) -> None:
    db.session.execute(
        update(ProviderEvent)
        .where(ProviderEvent.id.in_(event_ids))
        .values(handled_at=moment, **values)
        .execution_options(synchronize_session=False)
    )


def _mover(to: MessageState) -> Many:
    return Many(
        {
            "of": Uuid(),
            "provider": String(),
            "sent": UtcDateTime(),
            "delivered": UtcDateTime(),
            "read": UtcDateTime(),
            "units": Integer(),
        },
        lambda each: (
            update(Message)
            .where(Message.id == each["of"], or_(*(Message.state == one for one in BEFORE[to])))
            .values(
                state=to,
                provider_id=each["provider"],
                sent_at=func.coalesce(Message.sent_at, each["sent"]),
                delivered_at=func.coalesce(Message.delivered_at, each["delivered"]),
                read_at=func.coalesce(Message.read_at, each["read"]),
                billed=func.coalesce(each["units"], Message.billed),
                error=None,
                advice=None,
                code=None,
                version=Message.version + 1,
            )
            .execution_options(synchronize_session=False)
        ),
    )


_MOVE = {state: _mover(state) for state in FORWARD}
#: "Read" overtook "delivered": the time is noted all the same.
_REMEMBER = Many(
    {"of": Uuid(), "delivered": UtcDateTime()},
    lambda each: (
        update(Message)
        .where(Message.id == each["of"], Message.delivered_at.is_(None))
        .values(delivered_at=each["delivered"])
        .execution_options(synchronize_session=False)
    ),
)
