"""How a message comes to be: a row in the transaction of whatever it tells of."""

from typing import Any

from sqlalchemy import select

from webapp.extensions import db
from webapp.jobs.kinds import Wake
from webapp.jobs.queue import wake
from webapp.messages.channels import Channel
from webapp.messages.models import Message, Urgency


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
