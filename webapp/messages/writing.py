"""How a message comes to be: a row in the transaction of whatever it tells of."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from uuid_utils.compat import uuid7

from webapp.clock import now
from webapp.extensions import db, insertion
from webapp.jobs.kinds import Wake
from webapp.jobs.queue import wake
from webapp.messages.batches import touch
from webapp.messages.channels import Channel
from webapp.messages.models import Message, MessageState, Urgency


def write(
    channel: Channel,
    address: str,
    *,
    about: Any,
    purpose: str,
    body: str,
    customer_id: int | None = None,
    title: str | None = None,
    html: str | None = None,
    template: dict[str, Any] | None = None,
    urgency: Urgency = Urgency.BOOKING,
) -> Message:
    """Put a message in its lane and wake the sender after the commit.

    ``address`` is E.164 or a bare e-mail address; ``title`` is an e-mail's subject; ``template``
    is WhatsApp's name, language and components. What has been written for the same thing, purpose
    and channel is returned as it is, so that running a job again tells nobody twice.
    """
    subject_type, subject_id = type(about).__name__.lower(), str(about.id)
    written = db.session.scalar(
        select(Message).where(
            Message.subject_type == subject_type,
            Message.subject_id == subject_id,
            Message.purpose == purpose,
            Message.channel == channel,
        )
    )
    if written is not None:
        return written
    message = Message(
        channel=channel,
        address=address,
        lane=f"{channel}:{address}",
        subject_type=subject_type,
        subject_id=subject_id,
        purpose=purpose,
        customer_id=customer_id,
        title=title,
        body=body,
        html=html,
        template=template,
        urgency=int(urgency),
    )
    db.session.add(message)
    wake(Wake.DELIVER)
    return message


#: What a row of a batch has unless it says otherwise.
_USUAL: dict[str, Any] = {
    "category": "campaign",
    "urgency": int(Urgency.CAMPAIGN),
    "superseded": False,
    "state": MessageState.QUEUED,
    "attempt": 0,
    "failures": 0,
    "units": 1,
    "version": 1,
    **dict.fromkeys(
        ("customer_id", "recipient", "zone", "country", "closes_at", "title", "html", "template")
    ),
}


def write_many(rows: Sequence[dict[str, Any]]) -> None:
    """Put many messages of batches in their lanes and wake the sender after the commit.

    A row names at least batch_id, channel, address, lane, subject_type, subject_id, purpose and
    body; ``due_at`` is now unless it is given. What has been written for the same subject, purpose
    and channel stays as it is, so that a slice that runs twice tells nobody twice.
    """
    if not rows:
        return
    moment = now()
    usual = {**_USUAL, "due_at": moment, "created_at": moment}
    db.session.connection().execute(
        insertion(Message).on_conflict_do_nothing(),
        [{**usual, **(row if "id" in row else {"id": uuid7(), **row})} for row in rows],
    )
    touch(row["batch_id"] for row in rows)
    wake(Wake.SEND_BATCHES)
