"""Messages that belong together, such as a campaign's: opened, held, let go on, cancelled, asked again."""

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, exists, select, update

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import Wake
from webapp.jobs.queue import wake
from webapp.messages.models import Batch, Message, MessageState
from webapp.states import rows_changed, stands

#: How many rows one transaction changes.
SOME = 2000
#: What a person can ask to have sent again.
AGAIN = (
    MessageState.FAILED,
    MessageState.UNKNOWN,
    MessageState.CANCELLED,
    MessageState.SUPPRESSED,
)


def open_batch(
    about: Any,
    *,
    rehearsal: str | None = None,
    quiet_from: str | None = None,
    quiet_until: str | None = None,
) -> Batch:
    """Begin a batch for a thing; its messages are written with ``writing.write_many``.

    ``rehearsal`` is the name of a fault profile of the sandbox, which then carries the batch.
    """
    batch = Batch(
        subject_type=type(about).__name__.lower(),
        subject_id=str(about.id),
        rehearsal=rehearsal,
        quiet_from=quiet_from,
        quiet_until=quiet_until,
    )
    db.session.add(batch)
    db.session.flush()
    return batch


def hold(batch: Batch, reason: str | None = None, advice: str | None = None) -> bool:
    """Let nothing more of a batch leave. False when it is held already, or cancelled."""
    return hold_by_id(batch.id, reason, advice) and _seen(batch)


def hold_by_id(batch_id: int, reason: str | None = None, advice: str | None = None) -> bool:
    """Hold a batch of which only the number is at hand."""
    return _change(
        batch_id,
        Batch.held_at.is_(None),
        Batch.cancelled_at.is_(None),
        held_at=now(),
        reason=reason,
        advice=advice,
    )


def go_on(batch: Batch) -> bool:
    """Let a held batch go on. False when it is not held, or cancelled."""
    free = {"held_at": None, "reason": None, "advice": None, "run_code": None, "run_length": 0}
    held = (Batch.held_at.is_not(None), Batch.cancelled_at.is_(None))
    return _change(batch.id, *held, **free) and _seen(batch)


def cancel(batch: Batch) -> bool:
    """Let nothing more of a batch leave, for good. False when it is cancelled already.

    Nothing of it is sent from the commit on; ``take_back_some`` then moves its rows.
    """
    return _change(batch.id, Batch.cancelled_at.is_(None), cancelled_at=now()) and _seen(batch)


def reopen(batch: Batch) -> bool:
    """Let a cancelled batch send what is put back into it. False while anything is still queued.

    What was queued when it was cancelled must not leave because somebody asks for other rows.
    """
    waiting = exists().where(
        Message.batch_id == batch.id, stands(Message.state, MessageState.QUEUED)
    )
    return _change(
        batch.id, Batch.cancelled_at.is_not(None), ~waiting, cancelled_at=None
    ) and _seen(batch)


def take_back_some(batch: Batch) -> int:
    """Move some queued rows of a cancelled batch to ``cancelled``; return how many. Commits."""
    some = (
        select(Message.id)
        .where(
            Message.batch_id == batch.id,
            stands(Message.state, MessageState.QUEUED),
            exists().where(Batch.id == batch.id, Batch.cancelled_at.is_not(None)),
        )
        .limit(SOME)
        .with_for_update(skip_locked=True)
        # As a subquery PostgreSQL may run it again for every row, and find others each time.
        .cte("some")
    )
    taken = db.session.execute(
        update(Message)
        .where(Message.id.in_(select(some.c.id)), Message.state == MessageState.QUEUED)
        .values(
            state=MessageState.CANCELLED,
            finished_at=now(),
            error="It was taken back before it left, because sending was stopped.",
            advice=None,
            version=Message.version + 1,
        )
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    ).all()
    touch([batch.id])
    db.session.commit()
    return len(taken)


def send_again_some(
    batch: Batch, *, state: MessageState, code: str | None = None, after: uuid.UUID | None = None
) -> uuid.UUID | None:
    """Queue some of the rows again that ended in a state, by id; return the last one's id.

    None when there was none left. ``code`` keeps it to one reason. Rows in whose place another
    message was written stay as they are. The caller commits.
    """
    if state not in AGAIN:
        raise ValueError(f"{state} is not sent again")
    wanted = [
        Message.batch_id == batch.id,
        Message.superseded.is_(False),
        Message.state == state,
        Message.state.in_(AGAIN),
        Message.address != "",
        *([] if code is None else [Message.code == code]),
        *([] if after is None else [Message.id > after]),
    ]
    ids = db.session.scalars(select(Message.id).where(*wanted).order_by(Message.id).limit(SOME))
    some = ids.all()
    if not some:
        return None
    moment = now()
    _rows(
        update(Message)
        .where(Message.id.in_(some), Message.state == state)
        .values(
            state=MessageState.QUEUED,
            due_at=moment,
            failures=0,
            code=None,
            error=None,
            advice=None,
            finished_at=None,
            version=Message.version + 1,
        )
    )
    touch([batch.id])
    wake(Wake.SEND_BATCHES)
    return some[-1]


def touch(batch_ids: Iterable[int]) -> None:
    """Note, in the transaction that changes rows of batches, that they must be counted again.

    Last in its transaction: the batch's row is locked from here to the commit. Written without
    looking whether it is noted already: a count that is just beginning would not see our rows.
    """
    for batch_id in sorted(set(batch_ids)):
        db.session.connection().execute(_TOUCH, {"of": batch_id})


_TOUCH = update(Batch).where(Batch.id == bindparam("of")).values(stale=True)


def _change(batch_id: int, *expect: Any, **values: Any) -> bool:
    db.session.flush()
    changed = _rows(
        update(Batch)
        .where(Batch.id == batch_id, *expect)
        .values(version=Batch.version + 1, **values)
    )
    if changed:
        wake(Wake.SEND_BATCHES)
    return bool(changed)


def _seen(batch: Batch) -> bool:
    db.session.refresh(batch)
    return True


def _rows(statement: Any) -> int:
    done = db.session.execute(statement.execution_options(synchronize_session=False))
    return rows_changed(done)
