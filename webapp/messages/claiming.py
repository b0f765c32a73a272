"""Which messages leave next: claimed in batches, with an attempt written before any of them leaves.

First those of no batch, such as a booking's; then those of the open batches in turn.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    Integer,
    Row,
    Uuid,
    bindparam,
    case,
    insert,
    null,
    select,
    update,
)
from sqlalchemy.types import TypeEngine

from webapp.clock import now
from webapp.database import Glance
from webapp.extensions import UtcDateTime, db
from webapp.jobs import owners
from webapp.many import Many
from webapp.messages import limiting, quieting
from webapp.messages.batches import touch
from webapp.messages.channels import Channel
from webapp.messages.due import MOMENT, OF_BATCH, OWN, OWN_DUE
from webapp.messages.models import (
    Attempt,
    Message,
    MessageState,
)
from webapp.messages.opened import Open
from webapp.messages.stopping import open_channels

#: Longer than any carrier waits for an answer; renewed while the process lives.
LEASE = timedelta(seconds=60)
UNWANTED = "This person wants no offers by this channel, so it was not sent."

Claimed = Row[Any]


class Taken(NamedTuple):
    """What a claim brought: messages to send now, and whether to ask again."""

    messages: Sequence[Claimed]
    more: bool = False
    #: The limit of the channel leaves no room at this moment.
    full: bool = False


_TAKEN = (
    Message.id,
    Message.state,
    Message.attempt,
    Message.failures,
    Message.channel,
    Message.address,
    Message.body,
    Message.title,
    Message.html,
    Message.template,
    Message.category,
    Message.batch_id,
)


def _take(due: Any) -> Any:
    """Return the statement that takes what is due: the state, the lease and the fence at once."""
    rows = due.with_for_update(skip_locked=True, of=Message).cte("due")
    unwanted = rows.c.unwanted
    return (
        update(Message)
        .where(Message.id == rows.c.id, Message.state == MessageState.QUEUED)
        .values(
            state=case((unwanted, MessageState.SUPPRESSED.value), else_=MessageState.SENDING.value),
            error=case((unwanted, UNWANTED), else_=Message.error),
            finished_at=case((unwanted, MOMENT), else_=null()),
            attempt=Message.attempt + case((unwanted, 0), else_=1),
            lease_until=case((unwanted, null()), else_=bindparam("lease", type_=UtcDateTime())),
            worker=case((unwanted, null()), else_=bindparam("me")),
            version=Message.version + 1,
        )
        .returning(*_TAKEN, bindparam("limited", type_=Boolean()).label("limited"))
        .execution_options(synchronize_session=False)
    )


def _with_attempts(take: Any) -> Any:
    """Let the statement write the attempts too, which PostgreSQL can do in the same breath."""
    taken = take.cte("taken")
    tries = select(taken.c.id, taken.c.attempt, MOMENT).where(taken.c.state == MessageState.SENDING)
    names = ["message_id", "number", "started_at"]
    return select(taken).add_cte(insert(Attempt).from_select(names, tries).cte("tries"))


_TAKE_OWN = _take(OWN)
_TAKE_OF_BATCH = _take(OF_BATCH)
_WITH_ATTEMPTS = {take: _with_attempts(take) for take in (_TAKE_OWN, _TAKE_OF_BATCH)}
#: What names an attempt; an answer counts only for the one it belongs to.
MINE: dict[str, TypeEngine[Any]] = {"of": Uuid(), "number": Integer()}
_TRY = Many(
    MINE,
    lambda each: insert(Attempt).values(
        message_id=each["of"], number=each["number"], started_at=MOMENT
    ),
)
_OWN_WAITS = Glance(select(Message.due_at).where(*OWN_DUE).limit(1))


def claim(limit: int, *, worker: str | None = None) -> Sequence[Claimed]:
    """Take the most urgent messages of no batch that are due, at most one of each lane. Commits.

    The state, the lease and an attempt without an outcome are stored before the caller sends
    anything, so what a dead process leaves behind is never taken for unsent.
    """
    moment = now()
    if _OWN_WAITS(db.engine, moment=moment) is None:
        return []
    values = {"some": limit, "open": open_channels(), "moment": moment, "limited": False}
    taken = _run(_TAKE_OWN, values, worker)
    db.session.commit()
    return taken


def claim_of_batch(
    batch: Open, channel: Channel, limit: int, *, worker: str | None = None
) -> Taken:
    """Take messages of a batch that are due, as ``claim`` does and under the channel's limit. Commits.

    What its receiver wants no more is not sent but ends here; what would arrive in somebody's quiet
    hours waits for their end.
    """
    moment = now()
    if batch.quiet_from and quieting.put_off_some(batch, channel, moment, limit):
        return Taken([], more=True)
    limited = None if batch.rehearsal else limiting.lock_room(channel)
    some = limit if limited is None else min(limit, limited)
    if some == 0:
        db.session.commit()
        return Taken([], full=True)
    values = {"some": some, "of_batch": batch.id, "by": channel, "moment": moment}
    rows = _run(_TAKE_OF_BATCH, {**values, "limited": limited is not None}, worker)
    taken = [row for row in rows if row.state == MessageState.SENDING]
    if limited is not None:
        limiting.take(channel, [(row.id, row.attempt) for row in taken])
    if len(taken) < len(rows):
        touch([batch.id])
    db.session.commit()
    return Taken(taken, more=bool(rows), full=limited is not None and limited <= len(taken))


def _run(take: Any, values: dict[str, Any], worker: str | None) -> Sequence[Claimed]:
    moment = values["moment"]
    mine = {**values, "lease": moment + LEASE, "me": worker or owners.me()}
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        return connection.execute(_WITH_ATTEMPTS[take], mine).all()
    rows = connection.execute(take, mine).all()
    tries = [(row.id, row.attempt) for row in rows if row.state == MessageState.SENDING]
    _TRY(connection, tries, moment=moment)
    return rows
