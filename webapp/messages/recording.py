"""What became of each attempt, written in bulk as the answers come."""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from sqlalchemy import bindparam, case, func, or_, select, update

from webapp.clock import now
from webapp.extensions import db, settings
from webapp.jobs.running import backoff
from webapp.messages import limiting, receiving, stopping
from webapp.messages.batches import hold_by_id, touch
from webapp.messages.channels import Channel, Outcome, OutcomeKind
from webapp.messages.channels.outcomes import Explanation, Flag, explain
from webapp.messages.claiming import Claimed
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


def record_outcomes(results: Sequence[Sent]) -> None:
    """Store a batch of outcomes, fenced by the attempts they belong to. Commits."""
    moment = now()
    accepted = [result for result in results if result.outcome.kind == OutcomeKind.ACCEPTED]
    others = [result for result in results if result.outcome.kind != OutcomeKind.ACCEPTED]
    _store(_ACCEPT, [_accepted(result, moment) for result in accepted])
    _store(_REFUSE, [_refused(result, moment) for result in others])
    _store(_END_ATTEMPT, [_attempt(result, moment) for result in results])
    of_batch = [result for result in results if result.message.batch_id is not None]
    _free_slots(of_batch, moment)
    if others:
        _after_refusals(others, moment)
    for result in accepted:
        if result.outcome.provider_id and result.message.channel == Channel.SMS:
            receiving.adopt(result.outcome.provider_id)
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


def _free_slots(results: list[Sent], moment: datetime) -> None:
    lost = [one.message.id for one in results if one.outcome.kind == OutcomeKind.UNKNOWN]
    answered = [one.message.id for one in results if one.outcome.kind != OutcomeKind.UNKNOWN]
    if answered:
        limiting.answered(answered, moment)
    if lost:
        limiting.given_up(lost, moment)


def _verdict(result: Sent) -> Verdict:
    message, outcome = result
    return Verdict(message.batch_id, message.channel, outcome.kind, outcome.code)


def _store(statement: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        db.session.connection().execute(statement, rows)


_MINE = (Message.id == bindparam("of"), Message.attempt == bindparam("number"))
_ENDED: dict[str, Any] = {"lease_until": None, "worker": None, "version": Message.version + 1}

_ACCEPT = (
    update(Message)
    .where(*_MINE)
    .values(
        state=case((_STILL_OPEN, MessageState.SENT), else_=Message.state),
        provider_id=bindparam("new_provider_id"),
        sent_at=bindparam("at"),
        billed=func.coalesce(bindparam("new_billed"), Message.billed),
        error=None,
        advice=None,
        code=None,
        **_ENDED,
    )
)
_REFUSE = (
    update(Message)
    .where(*_MINE, _STILL_OPEN)
    .values(
        state=bindparam("new_state"),
        due_at=bindparam("new_due_at"),
        failures=bindparam("new_failures"),
        finished_at=bindparam("new_finished_at"),
        code=bindparam("new_code"),
        error=bindparam("new_error"),
        advice=bindparam("new_advice"),
        **_ENDED,
    )
)
_END_ATTEMPT = (
    update(Attempt)
    .where(Attempt.message_id == bindparam("of"), Attempt.number == bindparam("of_number"))
    .values(
        ended_at=bindparam("at"),
        outcome=bindparam("new_outcome"),
        code=bindparam("new_code"),
        detail=bindparam("new_detail"),
        provider_id=bindparam("new_provider_id"),
    )
)


def _accepted(result: Sent, moment: datetime) -> dict[str, Any]:
    return {
        "of": result.message.id,
        "number": result.message.attempt,
        "new_provider_id": result.outcome.provider_id,
        "new_billed": result.outcome.units,
        "at": moment,
    }


def _attempt(result: Sent, moment: datetime) -> dict[str, Any]:
    outcome = result.outcome
    return {
        "of": result.message.id,
        "of_number": result.message.attempt,
        "at": moment,
        "new_outcome": outcome.kind,
        "new_code": outcome.code,
        "new_detail": outcome.detail,
        "new_provider_id": outcome.provider_id,
    }


def _refused(result: Sent, moment: datetime) -> dict[str, Any]:
    message, outcome = result
    words = explain(message.channel, outcome.code)
    fate = after_refusal(
        outcome, words, failures=message.failures, of_batch=message.batch_id is not None
    )
    ended = fate.state == MessageState.FAILED
    return {
        "of": message.id,
        "number": message.attempt,
        "new_state": fate.state,
        "new_due_at": moment + timedelta(seconds=fate.wait),
        "new_failures": fate.failures,
        "new_finished_at": moment if ended else None,
        "new_code": outcome.code,
        "new_error": words.sentence,
        "new_advice": words.advice,
    }


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
    for _message, outcome in results:
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
