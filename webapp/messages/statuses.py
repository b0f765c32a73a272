"""What providers say became of a message later: delivered, read, or failed after all."""

import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import structlog
from flask import json
from sqlalchemy import ColumnElement, update

from webapp.clock import now
from webapp.extensions import db
from webapp.messages import limiting, stopping
from webapp.messages.batches import hold_by_id, touch
from webapp.messages.channels import Channel, Outcome, OutcomeKind
from webapp.messages.channels.outcomes import Explanation, explain, outcome
from webapp.messages.fates import after_refusal
from webapp.messages.models import Batch, Message, MessageState
from webapp.messages.opting_out import preferences
from webapp.messages.protecting import Verdict, protect
from webapp.messages.receiving import handles
from webapp.messages.recording import Sent, failed_for_good
from webapp.messages.suppressing import after_outcomes
from webapp.states import move

log = structlog.get_logger(__name__)

#: A status only ever moves a message forward: reports come in any order and more than once.
BEFORE: dict[MessageState, tuple[MessageState, ...]] = {
    MessageState.SENT: (MessageState.SENDING, MessageState.UNKNOWN),
    MessageState.DELIVERED: (MessageState.SENDING, MessageState.UNKNOWN, MessageState.SENT),
    MessageState.READ: (
        MessageState.SENDING,
        MessageState.UNKNOWN,
        MessageState.SENT,
        MessageState.DELIVERED,
    ),
    MessageState.FAILED: (MessageState.SENDING, MessageState.UNKNOWN, MessageState.SENT),
}

WHATSAPP = {
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.READ,
    "played": MessageState.READ,
    "failed": MessageState.FAILED,
}
TWILIO = {
    "accepted": MessageState.SENT,
    "queued": MessageState.SENT,
    "sending": MessageState.SENT,
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "partially_delivered": MessageState.DELIVERED,
    "read": MessageState.READ,
    "undelivered": MessageState.FAILED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}


class Report(NamedTuple):
    """One status of one message, in our words."""

    channel: Channel
    ref: str | None
    provider_id: str
    state: MessageState
    at: datetime
    code: str | None = None
    detail: str | None = None
    #: How many units the provider charges, where it says so.
    billed: int | None = None
    #: The sandbox tells it, beside accounts of our own: only a rehearsal's message may change by it.
    rehearsal: bool = False


def apply(report: Report) -> bool:
    """Move the message that the report is about. False when we do not know that message."""
    return apply_all([report]) is None


def apply_all(reports: Iterable[Report]) -> str | None:
    """Move the messages of some reports; return the provider's id of the last that we do not know.

    Batches are told at the end, because that locks their rows until the commit.
    """
    unknown, changed = None, []
    for report in reports:
        message = find(report)
        if message is None:
            unknown = report.provider_id
        elif report.rehearsal and not _rehearsed(message):
            log.error("the sandbox told of a message that is no rehearsal", message=str(message.id))
        elif (_fail if report.state == MessageState.FAILED else _advance)(message, report):
            changed.append(message)
    of_batch = [message for message in changed if message.batch_id is not None]
    failed = [one for one in changed if one.state == MessageState.FAILED]
    for alone in (False, True):
        failed_for_good([one.id for one in failed if (one.batch_id is None) == alone], alone=alone)
    # A report is an answer too, and the only one when the process that sent it died meanwhile.
    limiting.reported([message.id for message in of_batch])
    touch(message.batch_id for message in of_batch if message.batch_id)
    return unknown


def find(report: Report) -> Message | None:
    """Return the message by our own id, which most reports carry, else by the provider's."""
    if report.ref:
        try:
            own = uuid.UUID(report.ref)
        except ValueError:
            return None
        found = db.session.get(Message, own)
        return found if found is not None and found.channel == report.channel else None
    return (
        db.session.query(Message)
        .filter_by(channel=report.channel, provider_id=report.provider_id)
        .first()
    )


def _rehearsed(message: Message) -> bool:
    batch = db.session.get(Batch, message.batch_id) if message.batch_id else None
    return batch is not None and batch.rehearsal is not None


def _advance(message: Message, report: Report) -> bool:
    stamps: dict[str, Any] = {"provider_id": report.provider_id}
    stamps["sent_at"] = message.sent_at or report.at
    if report.billed is not None:
        stamps["billed"] = report.billed
    if report.state == MessageState.DELIVERED:
        stamps["delivered_at"] = report.at
    if report.state == MessageState.READ:
        stamps["delivered_at"] = message.delivered_at or report.at
        stamps["read_at"] = report.at
    moved = move(
        message,
        report.state,
        expect=BEFORE[report.state],
        error=None,
        advice=None,
        code=None,
        **stamps,
    )
    if report.state == MessageState.DELIVERED:
        _remember(message, Message.delivered_at.is_(None), delivered_at=report.at)
    return moved


def _remember(message: Message, missing: ColumnElement[bool], **stamps: Any) -> None:
    """Note a time that came too late to change the state: "read" overtook "delivered"."""
    db.session.execute(update(Message).where(Message.id == message.id, missing).values(**stamps))


def _fail(message: Message, report: Report) -> bool:
    """The provider took it and could not deliver it: try again only where the code allows that."""
    code = report.code or "undelivered"
    words, result = (
        explain(report.channel, code),
        outcome(report.channel, code, attempt=message.attempt),
    )
    if result.kind in {OutcomeKind.UNKNOWN, OutcomeKind.STOP_CHANNEL}:
        fate_state, wait, failures = MessageState.FAILED, 0.0, message.failures + 1
    else:
        fate_state, wait, failures = after_refusal(result, words, failures=message.failures)
    moved = move(
        message,
        fate_state,
        expect=BEFORE[MessageState.FAILED],
        provider_id=report.provider_id,
        due_at=now() + timedelta(seconds=wait),
        failures=failures,
        finished_at=now() if fate_state == MessageState.FAILED else None,
        code=report.code,
        error=words.sentence,
        advice=words.advice,
        lease_until=None,
        worker=None,
    )
    if moved:
        after_outcomes([Sent(message, result)])  # type: ignore[arg-type]  # it has all that a claimed row has
        _tell_others(message, result, words)
    return moved


def _tell_others(message: Message, result: Outcome, words: Explanation) -> None:
    """What is refused only after it was taken stops what would be refused in the same way."""
    if message.batch_id is not None:
        protect([Verdict(message.batch_id, message.channel, result.kind, result.code)])
    if result.kind != OutcomeKind.STOP_CHANNEL:
        return
    if _rehearsed(message) and message.batch_id is not None:
        hold_by_id(message.batch_id, words.sentence, words.advice)
    else:
        stopping.stop(message.channel, words.sentence, words.advice)


@handles("whatsapp")
def whatsapp_event(body: bytes, extra: dict[str, Any]) -> str | None:
    """Work through one webhook: every entry, change and status of it.

    https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components
    """
    if not extra.get("rehearsal"):
        for value in _values(body):
            preferences(value)
    return apply_all(_whatsapp_statuses(body, extra))


def whatsapp_reports(body: bytes, extra: dict[str, Any]) -> list[Report] | None:
    """Read a webhook that tells of statuses alone; None when it tells of more. Raises ValueError."""
    if any("user_preferences" in value for value in _values(body)):
        return None
    return _whatsapp_statuses(body, extra)


def _whatsapp_statuses(body: bytes, extra: dict[str, Any]) -> list[Report]:
    rehearsal = bool(extra.get("rehearsal"))
    told = (
        _whatsapp_report(status, rehearsal=rehearsal)
        for value in _values(body)
        for status in value.get("statuses", ())
    )
    return [report for report in told if report is not None]


def _values(body: bytes) -> Iterator[dict[str, Any]]:
    try:
        content = json.loads(body)
        for entry in content.get("entry", ()):
            for change in entry.get("changes", ()):
                yield change.get("value") or {}
    except (AttributeError, TypeError) as problem:
        raise ValueError(f"not in the form of a webhook: {problem}") from problem


def _whatsapp_report(status: dict[str, Any], *, rehearsal: bool) -> Report | None:
    state = WHATSAPP.get(str(status.get("status")))
    if state is None:
        return None
    errors = status.get("errors") or [{}]
    try:
        at = datetime.fromtimestamp(int(status["timestamp"]), UTC)
        provider_id = str(status["id"])
    except (KeyError, TypeError, ValueError, OverflowError, OSError) as problem:
        raise ValueError(f"a status without id or time: {problem}") from problem
    code, billable = errors[0].get("code"), (status.get("pricing") or {}).get("billable")
    return Report(
        Channel.WHATSAPP,
        status.get("biz_opaque_callback_data"),
        provider_id,
        state,
        at,
        None if code is None else str(code),
        errors[0].get("title"),
        None if billable is None else int(bool(billable)),
        rehearsal,
    )


@handles("twilio")
def twilio_event(body: bytes, extra: dict[str, Any]) -> str | None:
    """Work through one status callback."""
    return apply_all(twilio_reports(body, extra))


def twilio_reports(body: bytes, extra: dict[str, Any]) -> list[Report]:
    """Read a status callback; its fields may grow without notice.

    https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
    """
    form: dict[str, str] = json.loads(body)
    state = TWILIO.get(form.get("MessageStatus", ""))
    if state is None or "MessageSid" not in form:
        return []
    report = Report(
        Channel.SMS,
        extra.get("ref"),
        form["MessageSid"],
        state,
        now(),
        form.get("ErrorCode") or None,
        rehearsal=bool(extra.get("rehearsal")),
    )
    return [report]
