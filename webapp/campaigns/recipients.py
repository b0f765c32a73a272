"""The recipients of a campaign, each with what became of the message to them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, select

from webapp.campaigns import standing
from webapp.campaigns.expanding import purpose
from webapp.campaigns.models import Campaign, Expansion, Recipient
from webapp.customers.finding import holds
from webapp.extensions import db
from webapp.messages.models import IN_THE_WAY, Batch, Message, MessageState
from webapp.paging import Page, page
from webapp.states import stands

#: Who has no message is found under these, everybody else under the state of theirs.
UNSENDABLE, UNWRITTEN = "problem", "unwritten"
STATES = (*MessageState, UNSENDABLE, UNWRITTEN)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which recipients are looked for. ``code`` is a provider's, or the reason of a row error."""

    campaign_id: int
    batch_id: int | None
    state: str = ""
    code: str = ""
    words: str = ""


class Line(NamedTuple):
    """A recipient, and the newest message to them."""

    recipient: Recipient
    message: Message | None

    @property
    def state(self) -> str:
        """What became of it."""
        if self.message is not None:
            return self.message.state.value
        return UNSENDABLE if self.recipient.problem else UNWRITTEN

    @property
    def why(self) -> str | None:
        """The reason, in words, if they did not get it."""
        if self.message is not None:
            return self.message.error if self.state in NOT_GOT else None
        return self.recipient.detail or (
            standing.problem_words(self.recipient.problem)[0] if self.recipient.problem else None
        )


#: What the index of the messages that have come out says, in its own words; it has ``recipient`` too.
CAME_OUT = Message.state.not_in(
    bindparam(None, list(IN_THE_WAY), expanding=True, literal_execute=True)
)
NUMBER = re.compile(r"\+?[0-9]{5,15}", re.ASCII)
NOT_GOT = {
    MessageState.FAILED,
    MessageState.UNKNOWN,
    MessageState.SUPPRESSED,
    MessageState.CANCELLED,
    MessageState.QUEUED,
}


def listed(wanted: Wanted) -> Page:
    """Return a page of those who are looked for, newest row first, as ``Line``."""
    if wanted.state in set(MessageState):
        found = page(by_message(wanted), Message.recipient)
        rows = _in_order(found.rows)
    else:
        found = page(by_person(wanted), Recipient.id)
        rows = found.rows
    return found._replace(rows=with_messages(wanted.batch_id, rows))


def by_person(wanted: Wanted) -> Select[Any]:
    """Return the recipients who are looked for, whatever became of the message to them."""
    chosen = select(Recipient).where(Recipient.campaign_id == wanted.campaign_id)
    if wanted.words:
        chosen = chosen.where(named(wanted))
    if wanted.state == UNSENDABLE:
        reason = Recipient.problem == wanted.code if wanted.code else Recipient.problem.is_not(None)
        return chosen.where(reason)
    if wanted.state == UNWRITTEN:
        mark = select(Expansion.reached).where(Expansion.batch_id == wanted.batch_id)
        reached = db.session.scalar(mark) or 0
        return chosen.where(Recipient.problem.is_(None), Recipient.id > reached)
    return chosen


def by_message(wanted: Wanted) -> Select[Any]:
    """Return the numbers of those the message to whom is in a state.

    Only the number, so that an index answers it: the rows of a hundred thousand are not read to
    find fifty.
    """
    chosen = select(Message.recipient).where(*of_state(wanted))
    if wanted.words:
        people = select(Recipient.id).where(
            Recipient.campaign_id == wanted.campaign_id, named(wanted)
        )
        chosen = chosen.where(Message.recipient.in_(people))
    return chosen


def named(wanted: Wanted) -> ColumnElement[bool]:
    """Say in SQL that a recipient has the name, the number or the address that is looked for.

    What can only be part of a number is looked for in the keys alone: they stand in an index.
    """
    digits = re.sub(r"[\s().-]", "", wanted.words)
    if NUMBER.fullmatch(digits):
        return Recipient.id.in_(
            select(Recipient.id).where(
                Recipient.campaign_id == wanted.campaign_id, Recipient.key.contains(digits)
            )
        )
    if "@" in wanted.words:
        return holds(wanted.words, Recipient.email)
    return holds(wanted.words, Recipient.name, Recipient.email)


def _in_order(numbers: Sequence[int]) -> Sequence[Recipient]:
    query = select(Recipient).where(Recipient.id.in_(numbers)).order_by(Recipient.id.desc())
    return db.session.scalars(query).all()


def of_state(wanted: Wanted, *, superseded: bool = False) -> list[ColumnElement[bool]]:
    """Return the conditions on the message."""
    state = MessageState(wanted.state)
    conditions = [
        Message.batch_id == wanted.batch_id,
        Message.superseded.is_(superseded),
        stands(Message.state, state),
        *([] if state in IN_THE_WAY else [CAME_OUT]),
    ]
    if wanted.code == standing.NO_CODE:
        return [*conditions, Message.code.is_(None)]
    return [*conditions, Message.code == wanted.code] if wanted.code else conditions


def with_messages(batch_id: int | None, rows: Sequence[Recipient]) -> list[Line]:
    """Return recipients with the newest message of a batch to each."""
    found = messages_to([one.id for one in rows], batch_id)
    newest = {message.recipient: message for message in found}  # the last one stays
    return [Line(one, newest.get(one.id)) for one in rows]


def messages_to(ids: Sequence[int], batch_id: int | None) -> Sequence[Message]:
    """Return the messages of a batch to some recipients, oldest first."""
    if batch_id is None or not ids:
        return ()
    return db.session.scalars(
        select(Message)
        .where(
            Message.subject_type == "recipient",
            Message.subject_id.in_([str(number) for number in ids]),
            Message.purpose == purpose(batch_id),
        )
        .order_by(Message.id)
    ).all()


def batch_of(campaign: Campaign, *, rehearsed: bool) -> Batch | None:
    """Return the messages for real, or those of the last rehearsal."""
    return campaign.rehearsal if rehearsed else campaign.batch
