"""What messages keep about people, and how it is forgotten."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, true

from webapp.clock import now
from webapp.extensions import db
from webapp.forgetting import Keeps, Kept, Person, Steps, change_rows, matching, text_of
from webapp.messages import no_offers
from webapp.messages.channels import Channel
from webapp.messages.models import (
    IN_THE_WAY,
    Attempt,
    Batch,
    ChannelState,
    EventState,
    Message,
    MessageState,
    ProviderEvent,
    Suppression,
)
from webapp.states import stands

#: Messages of one person that are dealt with in a step, and numbers that are looked for in reports at once.
SOME, AT_ONCE = 200, 40
LEFT = Message.state.not_in([MessageState.QUEUED, MessageState.SENDING])
EMPTY: dict[str, Any] = {
    "address": "",
    "lane": "",
    "title": None,
    "body": "",
    "html": None,
    "template": None,
    "provider_id": None,
    "error": None,
    "advice": None,
}


def redact(ids: Sequence[uuid.UUID], _size: int) -> Steps:
    """Take text and address from messages that have left or will not leave.

    The rows stay: they are counted, and while they are there nobody is told the same twice.
    """
    change_rows(Message, Message.id.in_(ids), LEFT, **EMPTY, version=Message.version + 1)
    _redact_answers(ids)
    yield len(ids)


def redact_answers(ids: Sequence[uuid.UUID], _size: int) -> Steps:
    """Take from the attempts at some messages what the providers said."""
    _redact_answers(ids)
    yield len(ids)


def _redact_answers(ids: Sequence[uuid.UUID]) -> None:
    ended = (Attempt.message_id.in_(ids), Attempt.ended_at.is_not(None))
    change_rows(Attempt, *ended, detail=None, provider_id=None)


OLD = (
    Kept(
        name="messages",
        title="Texts and addresses of messages",
        unit="messages",
        goes="What was written, and the number or address that it went to.",
        stays="That a message was sent, by which channel, when, what became of it and what it cost.",
        least=7,
        key=Message.id,
        by=Message.id,
        at=Message.created_at,
        holds=Message.address != "",
        free=LEFT,
        steps=redact,
    ),
    Kept(
        name="answers",
        title="Answers of the providers",
        unit="attempts",
        goes="Word by word what a provider said to an attempt at sending, and its own number for it.",
        stays="The attempt, its code and what that means.",
        days=30,
        least=7,
        key=Attempt.message_id,
        by=Attempt.message_id,
        at=Attempt.ended_at,
        holds=Attempt.detail.is_not(None) | Attempt.provider_id.is_not(None),
        free=Attempt.ended_at.is_not(None),
        steps=redact_answers,
    ),
    Kept(
        name="reports",
        title="Reports of the providers",
        unit="reports",
        goes="What a provider told us later, as it came: delivered, read, paid, answered.",
        stays="What it meant for the message or the payment.",
        days=30,
        # A provider repeats a report for some days; while the row is there it is known.
        least=7,
        key=ProviderEvent.id,
        by=ProviderEvent.received_at,
        at=ProviderEvent.received_at,
        holds=true(),
        free=ProviderEvent.state != EventState.NEW,
    ),
)


def waiting(person: Person) -> ColumnElement[bool]:
    """Say in SQL that a message to a person, or to one of their addresses, has not left yet."""
    lanes = [f"{channel}:{one}" for channel in Channel for one in person.phones | person.emails]
    mine = (Message.customer_id == person.customer_id) | Message.lane.in_(lanes)
    return mine & stands(Message.state, *IN_THE_WAY)


def objections(person: Person) -> list[str]:
    """Say that a message is leaving at this moment."""
    leaving = waiting(person) & (Message.state == MessageState.SENDING)
    if db.session.scalar(select(Message.id).where(leaving).limit(1)) is None:
        return []
    return ["A message to them is leaving at this moment: wait a minute."]


def cancel_unsent(person: Person) -> Steps:
    """Cancel what has not left yet."""
    queued = (waiting(person), Message.state == MessageState.QUEUED)
    over = {"state": MessageState.CANCELLED, "finished_at": now()}
    change_rows(Message, *queued, **over, version=Message.version + 1)
    yield 0


def forget(person: Person) -> Steps:
    """Take from a person's messages text, address and the providers' words, in reports too."""
    yield from cancel_unsent(person)
    ids = list(
        db.session.scalars(select(Message.id).where(Message.customer_id == person.customer_id))
    )
    yield from _forget_messages(ids)
    addresses = sorted(person.phones | person.emails)
    for found in matching(Message, func.lower(Message.address).in_(addresses)):
        yield from _forget_messages(found)


def _forget_messages(ids: list[uuid.UUID]) -> Steps:
    for start in range(0, len(ids), SOME):
        some = ids[start : start + SOME]
        yield from _forget_reports(_numbers(some))
        yield from redact(some, SOME)


def _numbers(ids: list[uuid.UUID]) -> list[str]:
    """Return the providers' numbers for some messages."""
    mine = select(Message.provider_id).where(Message.id.in_(ids))
    tries = select(Attempt.provider_id).where(Attempt.message_id.in_(ids))
    return sorted({one for query in (mine, tries) for one in db.session.scalars(query) if one})


def _forget_reports(numbers: list[str]) -> Steps:
    """Empty the reports that name one of the providers' numbers for messages."""
    body = text_of(ProviderEvent.body)
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        yield 0  # looking for them takes a while
        named = or_(*(body.contains(one, autoescape=True) for one in some))
        for ids in matching(ProviderEvent, named & (ProviderEvent.state != EventState.NEW)):
            empty: dict[str, Any] = {"body": b"", "extra": {}, "problem": None, "orphan_of": None}
            change_rows(ProviderEvent, ProviderEvent.id.in_(ids), **empty)
            yield len(ids)


def finally_forget(person: Person) -> None:
    """Keep of those who wanted no offers only what nobody can read."""
    no_offers.hide(person.phones | person.emails)


KEEPS = Keeps(
    sentences={Suppression: "note"},
    letters={
        Message: "title body html template error advice",
        Attempt: "detail",
        ProviderEvent: "body extra problem",
        Batch: "reason advice",
        ChannelState: "reason advice",
    },
    own={Message: "address lane provider_id", Attempt: "provider_id", Suppression: "lane address"},
    free={
        Message: "category subject_type subject_id purpose zone country worker code",
        Attempt: "code",
        ProviderEvent: "provider digest orphan_of",
        Batch: "subject_type subject_id rehearsal quiet_from quiet_until run_code counts reasons billed history",
        ChannelState: "watched_by",
        no_offers.ErasedLane: "digest",
    },
    busy={ProviderEvent: ProviderEvent.state == EventState.NEW},
    old=OLD,
    objections=objections,
    forget=forget,
    finally_forget=finally_forget,
)
