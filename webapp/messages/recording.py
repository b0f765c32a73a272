"""What became of each attempt, written in bulk as the answers come."""

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Integer, String, bindparam, case, func, or_, select, update

from webapp.clock import now
from webapp.extensions import UtcDateTime, db, settings
from webapp.jobs.running import backoff
from webapp.many import Many
from webapp.messages import limiting, receiving, stopping
from webapp.messages.batches import hold_by_id, touch
from webapp.messages.channels import Channel, Outcome, OutcomeKind
from webapp.messages.channels.outcomes import Explanation, Flag, explain
from webapp.messages.claiming import MINE, Claimed
from webapp.messages.models import Attempt, Batch, Message, MessageState
from webapp.messages.protecting import Verdict, protect
from webapp.messages.suppressing import after_outcomes

log = structlog.get_logger(__name__)

#: Knowledge may come after the process that asked was taken for dead; a report may come before it.
# Not written as IN: a list that is spelled out at run time cannot be part of an executemany.
_STILL_OPEN = or_(Message.state == MessageState.SENDING, Message.state == MessageState.UNKNOWN)

#: Called, in the transaction that fails them, with the messages of batches that have just failed
#: for good, by the answer or by a later report: whoever can reach the person otherwise.
when_failed: list[Callable[[Sequence[uuid.UUID]], None]] = []


class Sent(NamedTuple):
    """An attempt and what became of it."""

    message: Claimed
    outcome: Outcome
    #: When the answer came, by ``time.monotonic``; None: just now.
    at: float | None = None


def record_outcomes(results: Sequence[Sent]) -> None:
    """Store a batch of outcomes, fenced by the attempts they belong to. Commits."""
    moment = now()
    accepted = [result for result in results if result.outcome.kind == OutcomeKind.ACCEPTED]
    others = [result for result in results if result.outcome.kind != OutcomeKind.ACCEPTED]
    connection = db.session.connection()
    _ACCEPT(connection, [_accepted(result) for result in accepted], at=moment)
    _REFUSE(connection, [_refused(result, moment) for result in others])
    _END_ATTEMPT(connection, [_attempt(result) for result in results], at=moment)
    of_batch = [result for result in results if result.message.batch_id is not None]
    _free_slots(of_batch)
    if others:
        _after_refusals(others, moment)
    receiving.adopt(*_new_names(accepted))
    protect(_verdict(result) for result in of_batch)
    touch(result.message.batch_id for result in of_batch)
    db.session.commit()


def failed_for_good(message_ids: Sequence[uuid.UUID]) -> None:
    """Tell those who may reach the people otherwise, in the transaction of the failure."""
    if message_ids:
        for tell in when_failed:
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
    failed = [result.message.id for result in others if result.message.batch_id is not None]
    # Only those whose attempt was still the one that counts have failed at this very moment.
    failed_for_good(
        db.session.scalars(
            select(Message.id).where(
                Message.id.in_(failed),
                Message.state == MessageState.FAILED,
                Message.finished_at == moment,
            )
        ).all()
        if failed
        else []
    )


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
_AT = bindparam("at", type_=UtcDateTime(), required=False)

_ACCEPT = Many(
    {**MINE, "provider": String(), "units": Integer()},
    lambda each: (
        update(Message)
        .where(Message.id == each["of"], Message.attempt == each["number"])
        .values(
            state=case((_STILL_OPEN, MessageState.SENT.value), else_=Message.state),
            provider_id=each["provider"],
            sent_at=_AT,
            billed=func.coalesce(each["units"], Message.billed),
            error=None,
            advice=None,
            code=None,
            **_ENDED,
        )
        .execution_options(synchronize_session=False)
    ),
)
_REFUSE = Many(
    {
        **MINE,
        "fate": String(),
        "due": UtcDateTime(),
        "failed": Integer(),
        "finished": UtcDateTime(),
        "why": String(),
        "sentence": String(),
        "hint": String(),
    },
    lambda each: (
        update(Message)
        .where(Message.id == each["of"], Message.attempt == each["number"], _STILL_OPEN)
        .values(
            state=each["fate"],
            due_at=each["due"],
            failures=each["failed"],
            finished_at=each["finished"],
            code=each["why"],
            error=each["sentence"],
            advice=each["hint"],
            **_ENDED,
        )
        .execution_options(synchronize_session=False)
    ),
)
_END_ATTEMPT = Many(
    {**MINE, "result": String(), "why": String(), "said": String(), "provider": String()},
    lambda each: (
        update(Attempt)
        .where(Attempt.message_id == each["of"], Attempt.number == each["number"])
        .values(
            ended_at=_AT,
            outcome=each["result"],
            code=each["why"],
            detail=each["said"],
            provider_id=each["provider"],
        )
        .execution_options(synchronize_session=False)
    ),
)


def _accepted(result: Sent) -> tuple[Any, ...]:
    message, outcome, _at = result
    return message.id, message.attempt, outcome.provider_id, outcome.units


def _attempt(result: Sent) -> tuple[Any, ...]:
    message, outcome, _at = result
    return (
        message.id,
        message.attempt,
        outcome.kind.value,
        outcome.code,
        outcome.detail,
        outcome.provider_id,
    )


def _refused(result: Sent, moment: datetime) -> tuple[Any, ...]:
    message, outcome, _at = result
    words = explain(message.channel, outcome.code)
    fate = after_refusal(
        outcome, words, failures=message.failures, of_batch=message.batch_id is not None
    )
    return (
        message.id,
        message.attempt,
        fate.state.value,
        moment + timedelta(seconds=fate.wait),
        fate.failures,
        moment if fate.state == MessageState.FAILED else None,
        outcome.code,
        words.sentence,
        words.advice,
    )


class Fate(NamedTuple):
    """What follows from a refusal: the state, the seconds until the next try, the failures so far."""

    state: MessageState
    wait: float
    failures: int


def after_refusal(
    outcome: Outcome, words: Explanation, *, failures: int, of_batch: bool = False
) -> Fate:
    """Decide what follows from an outcome that is not an acceptance.

    A limit costs no retry; a passing trouble is tried as often as RETRY_SECONDS has entries, less
    where the table says so for its code. What stops a channel or a batch fails none of its messages.
    """
    planned = settings().retry_seconds
    if outcome.kind == OutcomeKind.UNKNOWN:
        return Fate(MessageState.UNKNOWN, 0, failures)
    if outcome.kind == OutcomeKind.THROTTLED:
        return Fate(MessageState.QUEUED, outcome.retry_after or planned[0], failures)
    if outcome.kind == OutcomeKind.STOP_CHANNEL or (
        outcome.kind == OutcomeKind.STOP_CAMPAIGN and of_batch
    ):
        return Fate(MessageState.QUEUED, 0, failures)
    allowed = min(len(planned), words.retries) if words.retries is not None else len(planned)
    if outcome.kind == OutcomeKind.TRANSIENT and failures < allowed:
        wait = max(outcome.retry_after or 0, backoff(failures, planned))
        return Fate(MessageState.QUEUED, wait, failures + 1)
    return Fate(MessageState.FAILED, 0, failures + 1)


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
