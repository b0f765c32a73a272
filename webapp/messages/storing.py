"""The rows of answers: what became of each message and of each attempt, many at a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Integer, String, bindparam, case, func, or_, update

from webapp.extensions import UtcDateTime, db
from webapp.many import Many
from webapp.messages.channels import Outcome, OutcomeKind
from webapp.messages.channels.outcomes import explain
from webapp.messages.claiming import MINE, Claimed
from webapp.messages.fates import after_refusal
from webapp.messages.models import Attempt, Message, MessageState

#: Knowledge may come after the process that asked was taken for dead; a report may come before it.
# Not written as IN: a list that is spelled out at run time cannot be part of an executemany.
_STILL_OPEN = or_(Message.state == MessageState.SENDING, Message.state == MessageState.UNKNOWN)


class Sent(NamedTuple):
    """An attempt and what became of it."""

    message: Claimed
    outcome: Outcome
    #: When the answer came, by ``time.monotonic``; None: just now.
    at: float | None = None


def store(results: Sequence[Sent], moment: datetime) -> None:
    """Write what became of each, where its attempt is still the one that counts. The caller commits."""
    accepted = [result for result in results if result.outcome.kind == OutcomeKind.ACCEPTED]
    others = [result for result in results if result.outcome.kind != OutcomeKind.ACCEPTED]
    connection = db.session.connection()
    _ACCEPT(connection, [_accepted(result) for result in accepted], at=moment)
    _REFUSE(connection, [_refused(result, moment) for result in others])
    _END_ATTEMPT(connection, [_attempt(result) for result in results], at=moment)


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
