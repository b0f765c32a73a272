"""What became of each attempt, written in bulk as the answers come."""

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select

from webapp.clock import now
from webapp.extensions import db, settings
from webapp.messages import limiting, receiving, stopping
from webapp.messages.batches import hold_by_id, touch
from webapp.messages.channels import Channel, OutcomeKind
from webapp.messages.channels.outcomes import Flag, explain
from webapp.messages.models import Batch, Message, MessageState
from webapp.messages.protecting import Verdict, protect
from webapp.messages.storing import Sent as Sent
from webapp.messages.storing import store
from webapp.messages.suppressing import after_outcomes

log = structlog.get_logger(__name__)

#: Called, in the transaction that fails them, with the messages of batches that have just failed
#: for good, by the answer or by a later report: whoever can reach the person otherwise.
when_failed: list[Callable[[Sequence[uuid.UUID]], None]] = []
#: The same of messages of no batch, such as those about a booking.
when_alone_failed: list[Callable[[Sequence[uuid.UUID]], None]] = []


def record_outcomes(results: Sequence[Sent]) -> None:
    """Store a batch of outcomes, fenced by the attempts they belong to. Commits."""
    moment = now()
    accepted = [result for result in results if result.outcome.kind == OutcomeKind.ACCEPTED]
    others = [result for result in results if result.outcome.kind != OutcomeKind.ACCEPTED]
    store(results, moment)
    of_batch = [result for result in results if result.message.batch_id is not None]
    _free_slots(of_batch)
    if others:
        _after_refusals(others, moment)
    receiving.adopt(*_new_names(accepted))
    protect(_verdict(result) for result in of_batch)
    touch(result.message.batch_id for result in of_batch)
    db.session.commit()


def failed_for_good(message_ids: Sequence[uuid.UUID], *, alone: bool = False) -> None:
    """Tell those who may reach the people otherwise, in the transaction of the failure."""
    if message_ids:
        for tell in when_alone_failed if alone else when_failed:
            tell(message_ids)


def _after_refusals(others: list[Sent], moment: datetime) -> None:
    after_outcomes(others)
    rehearsals = _rehearsals(others)
    for channel in {result.message.channel for result in others}:
        _tell_channel(
            channel,
            [
                result
                for result in others
                if result.message.channel == channel and result.message.batch_id not in rehearsals
            ],
        )
    for result in others:
        if (
            result.message.batch_id in rehearsals
            and result.outcome.kind == OutcomeKind.STOP_CHANNEL
        ):
            words = explain(result.message.channel, result.outcome.code)
            hold_by_id(result.message.batch_id, words.sentence, words.advice)
    for alone in (False, True):
        ids = [one.message.id for one in others if (one.message.batch_id is None) == alone]
        failed_for_good(_failed_at(ids, moment), alone=alone)


def _failed_at(ids: Sequence[uuid.UUID], moment: datetime) -> Sequence[uuid.UUID]:
    """Return those whose attempt was still the one that counts: they have failed at this very moment."""
    if not ids:
        return []
    return db.session.scalars(
        select(Message.id).where(
            Message.id.in_(ids),
            Message.state == MessageState.FAILED,
            Message.finished_at == moment,
        )
    ).all()


def _rehearsals(results: list[Sent]) -> set[int]:
    """Return which of the batches are rehearsals: those never touch a real channel."""
    ids = {result.message.batch_id for result in results} - {None}
    if not ids:
        return set()
    return set(
        db.session.scalars(
            select(Batch.id).where(Batch.id.in_(ids), Batch.rehearsal.is_not(None))
        ).all()
    )


def _free_slots(results: list[Sent]) -> None:
    moment = time.monotonic()
    limited = [result for result in results if result.message.limited]
    answered = [
        (one.message.id, one.message.attempt, moment - (one.at or moment))
        for one in limited
        if one.outcome.kind != OutcomeKind.UNKNOWN
    ]
    lost = [
        (one.message.id, one.message.attempt)
        for one in limited
        if one.outcome.kind == OutcomeKind.UNKNOWN
    ]
    if answered:
        limiting.answered(answered)
    if lost:
        limiting.given_up(lost)


def _new_names(accepted: list[Sent]) -> list[str]:
    """Return the provider's ids by which it may have reported before we knew them."""
    sms = [sent.outcome for sent in accepted if sent.message.channel == Channel.SMS]
    return [outcome.provider_id for outcome in sms if outcome.provider_id]


def _verdict(result: Sent) -> Verdict:
    message, outcome, _at = result
    return Verdict(message.batch_id, message.channel, outcome.kind, outcome.code)


_ENDED: dict[str, Any] = {"lease_until": None, "worker": None, "version": Message.version + 1}


def _tell_channel(channel: Channel, results: list[Sent]) -> None:
    waits = []
    for _message, outcome, _at in results:
        words = explain(channel, outcome.code)
        if outcome.kind == OutcomeKind.STOP_CHANNEL:
            stopping.stop(channel, words.sentence, words.advice)
        elif outcome.kind == OutcomeKind.THROTTLED and Flag.SAME_RECIPIENT not in words.flags:
            waits.append(outcome.retry_after or settings().retry_seconds[0])
        if Flag.ALERT in words.flags:
            log.error(
                "a provider refused",
                channel=channel.value,
                code=outcome.code,
                detail=outcome.detail,
            )
    if waits:
        stopping.slow_down(channel, max(waits))
