"""What dead processes were sending: nobody knows whether it left, so it never goes back by itself."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select, update

from webapp.clock import now
from webapp.extensions import UtcDateTime, db
from webapp.jobs import owners
from webapp.jobs.sweeping import rescue
from webapp.messages import limiting
from webapp.messages.batches import take_back_some, touch
from webapp.messages.channels import Channel, OutcomeKind
from webapp.messages.channels.outcomes import explain
from webapp.messages.claiming import LEASE
from webapp.messages.models import Attempt, Message, MessageState
from webapp.messages.opened import stopped_batches
from webapp.states import stands

_SENDING = stands(Message.state, MessageState.SENDING)
#: Of this host's processes we can see whether they live, of others only when their lease is over.
_UNDER_WAY = (
    select(Message.worker, Message.lease_until)
    .where(
        _SENDING,
        or_(
            Message.lease_until < bindparam("moment", type_=UtcDateTime()),
            Message.worker.startswith(bindparam("here"), autoescape=False),
        ),
    )
    .distinct()
)


@rescue
def recover() -> None:
    """Call ``unknown`` what a dead process was sending; renew the leases of the living. Commits."""
    moment = now()
    values = {"moment": moment, "here": owners.host()}
    sending = db.session.connection().execute(_UNDER_WAY, values).all()
    for worker in {row.worker for row in sending}:
        if owners.is_here(worker) and owners.lives(worker):
            if any(
                row.worker == worker and row.lease_until < moment + LEASE / 2 for row in sending
            ):
                _renew(worker, moment)
        else:
            _leave_unknown(worker, moment)
    db.session.commit()


@rescue
def take_back() -> None:
    """Take back what came back to a batch after it was cancelled and cleared. Commits.

    It was being handed over when somebody pressed stop, and the provider asked for it later. After
    the time of a lease nothing is being handed over any more, and whoever stopped it has cleared it.
    """
    for batch in stopped_batches(now() - LEASE):
        take_back_some(batch)
    db.session.commit()


def _renew(worker: str, moment: datetime) -> None:
    db.session.execute(
        update(Message)
        .where(_SENDING, Message.worker == worker)
        .values(lease_until=moment + LEASE)
        .execution_options(synchronize_session=False)
    )


def _leave_unknown(worker: str, moment: datetime) -> None:
    dead = [_SENDING, Message.worker == worker]
    if not owners.is_here(worker):  # of another host's process only the lease tells
        dead.append(Message.lease_until < moment)
    left = db.session.execute(
        update(Message)
        .where(*dead)
        .values(
            state=MessageState.UNKNOWN,
            lease_until=None,
            worker=None,
            version=Message.version + 1,
            **explain_unknown(),
        )
        .returning(Message.id, Message.attempt, Message.batch_id)
        .execution_options(synchronize_session=False)
    ).all()
    for row in left:
        db.session.execute(
            update(Attempt)
            .where(Attempt.message_id == row.id, Attempt.number == row.attempt)
            .values(
                ended_at=moment,
                outcome=OutcomeKind.UNKNOWN,
                detail="The process that sent it died.",
            )
            .execution_options(synchronize_session=False)
        )
    limiting.given_up([(row.id, row.attempt) for row in left])
    touch(row.batch_id for row in left if row.batch_id)


def explain_unknown() -> dict[str, Any]:
    """Return what people read at a message of which nobody knows whether it arrived."""
    words = explain(Channel.SMS, None)
    return {"error": words.sentence, "advice": words.advice, "code": None}
