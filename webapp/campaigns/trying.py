"""A test: one recipient's text, sent to whoever asks for it, on the path that all messages take."""

import secrets
from collections.abc import Mapping

from sqlalchemy import select

from webapp.accounts.acting import record
from webapp.campaigns.composing import Way, composer
from webapp.campaigns.models import Campaign, Recipient
from webapp.extensions import db
from webapp.message_templates.rendering import NotRenderable
from webapp.messages import watching
from webapp.messages.channels import Channel
from webapp.messages.models import Message, Urgency
from webapp.messages.suppressing import BY, unsubscribe_url
from webapp.messages.watching import Watched
from webapp.messages.writing import write

PURPOSE = "campaign.test."
NEWEST = 6


class NotSendable(Exception):
    """The recipient's values do not make a text; says by which channel, and why."""

    def __init__(self, channel: Channel, sentence: str) -> None:
        super().__init__(sentence)
        self.channel = channel


def send(campaign: Campaign, who: Recipient, to: Mapping[Channel, str]) -> list[Message]:
    """Send one recipient's texts to other addresses. Raises NotSendable.

    They are no part of the campaign's batch, so nothing holds them up, and no figure counts them.
    """
    ways = [way for way in composer(campaign).ways if way.channel in to]
    written = [_send(campaign, who, way, to[way.channel]) for way in ways]
    channels = ", ".join(BY[way.channel] for way in ways)
    record("campaign.tested", f"Sent a test of “{campaign.name}” by {channels}", about=campaign)
    return written


def _send(campaign: Campaign, who: Recipient, way: Way, address: str) -> Message:
    message = write(
        way.channel,
        address,
        about=campaign,
        purpose=f"{PURPOSE}{secrets.token_hex(8)}",
        body="",
        urgency=Urgency.CONVERSATION,
    )
    message.category = "campaign"  # as the real one, with its way to unsubscribe
    db.session.flush()  # gives it the id that stands in that link
    try:
        text = way.text.render(who.values, unsubscribe_url=unsubscribe_url(message.id))
    except NotRenderable as problem:
        raise NotSendable(way.channel, problem.sentence) from problem
    message.title, message.body, message.html = text.subject, text.body, text.html
    message.template, message.units = text.template, text.units
    return message


def watched(campaign: Campaign) -> Watched:
    """Return the newest tests, as a page shows them live."""
    query = select(Message).where(
        Message.subject_type == "campaign", Message.subject_id == str(campaign.id)
    )
    newest = db.session.scalars(query.order_by(Message.id.desc()).limit(NEWEST)).all()
    moving = [pause for one in newest if (pause := watching.interval_of(one)) is not None]
    return Watched((), newest, min(moving) if moving else None)
