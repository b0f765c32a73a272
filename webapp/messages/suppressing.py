"""Who wants no offers, or cannot be reached: one list of lanes, asked when a message is claimed."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, Protocol

from sqlalchemy import delete, select

from webapp.accounts.acting import record, who
from webapp.clock import now
from webapp.extensions import db, insertion, settings
from webapp.messages import no_offers
from webapp.messages.channels import Channel, Outcome
from webapp.messages.channels.outcomes import Flag, explain
from webapp.messages.models import Message, SuppressedBecause, Suppression

#: By these a person said it, and by saying the contrary takes it back; the rest is up to the desk.
SAID = (SuppressedBecause.STOP, SuppressedBecause.UNSUBSCRIBED, SuppressedBecause.REFUSED)
#: Channels' names in the middle of a sentence.
BY = {Channel.SMS: "SMS", Channel.WHATSAPP: "WhatsApp", Channel.EMAIL: "e-mail"}
BECAUSE = {
    SuppressedBecause.STOP: "asked for no more offers",
    SuppressedBecause.UNSUBSCRIBED: "unsubscribed by the link in a message",
    SuppressedBecause.BOUNCED: "the mail server says that there is no such mailbox",
    SuppressedBecause.REFUSED: "the provider says that this person wants none",
    SuppressedBecause.BY_HAND: "put on the list by hand",
}


class Lane(NamedTuple):
    """One address by one channel."""

    channel: Channel
    address: str

    def __str__(self) -> str:
        return f"{self.channel}:{self.address}"


class Result(Protocol):
    """What became of a message: ``recording.Sent``, or the like."""

    @property
    def message(self) -> Any: ...
    @property
    def outcome(self) -> Outcome: ...


def suppress(
    channel: Channel,
    address: str,
    why: SuppressedBecause,
    note: str | None = None,
    *,
    at: datetime | None = None,
) -> bool:
    """Send no more offers there, whoever sends. False when it is so already.

    ``at`` is when the person said it, where that is told.
    """
    return bool(_add([Lane(channel, address)], why, note, at=at))


def lift(
    channel: Channel,
    address: str,
    *,
    only: Collection[SuppressedBecause] = tuple(SuppressedBecause),
    note: str | None = None,
    at: datetime | None = None,
) -> bool:
    """Let offers go there again, if they were kept away for one of the reasons. False when not.

    What was said ``at`` a time does not undo what was said after it, and only came before it.
    """
    lane = Lane(channel, address)
    no_offers.come_back([str(lane)])
    before = [Suppression.created_at <= at] if at else []
    gone = db.session.execute(
        delete(Suppression)
        .where(Suppression.lane == str(lane), Suppression.why.in_(only), *before)
        .returning(Suppression.id)
    ).first()
    if gone is None:
        return False
    words = f"Offers by {BY[channel]} may go to {address} again" + (f": {note}" if note else "")
    record("suppression.lifted", words, lane=str(lane))
    return True


def is_suppressed(channel: Channel, address: str) -> bool:
    """Say whether no offers are to go there."""
    return found(channel, address) is not None


def found(channel: Channel, address: str) -> Suppression | None:
    """Return the entry of an address, if it is on the list."""
    return db.session.scalar(
        select(Suppression).where(Suppression.lane == str(Lane(channel, address)))
    )


def unsubscribe_url(message_id: uuid.UUID) -> str:
    """Return where the receiver of a message says that he wants no more of the kind (RFC 8058)."""
    return f"{settings().public_url}/unsubscribe/{message_id}"


def after_outcomes(results: Iterable[Result]) -> None:
    """Put those on the list whose provider said that it is in vain or not wanted.

    In the transaction that stores the outcomes. A rehearsal's message tells nothing of a person.
    """
    flagged = {
        result.message.id: why
        for result in results
        if result.outcome.code is not None
        and (why := _because(result.message.channel, result.outcome.code)) is not None
    }
    if not flagged:
        return
    written = select(Message.id, Message.channel, Message.address, Message.lane)
    for why in set(flagged.values()):
        ids = [message_id for message_id, reason in flagged.items() if reason == why]
        rows = db.session.execute(written.where(Message.id.in_(ids))).all()
        lanes = {str(lane): lane for row in rows if (lane := Lane(*row[1:3])) and is_real(row.lane)}
        _add(list(lanes.values()), why, None)


def is_real(lane: str) -> bool:
    """Say whether a message of this lane goes to a person, and not to the sandbox in a rehearsal."""
    return not lane.startswith("rehearsal:")


@cache
def _because(channel: Channel, code: str) -> SuppressedBecause | None:
    flags = explain(channel, code).flags
    if flags & {Flag.SUPPRESS_MARKETING, Flag.SUPPRESS_CHANNEL}:
        return SuppressedBecause.REFUSED
    return SuppressedBecause.BOUNCED if Flag.HARD_BOUNCE in flags else None


def _add(
    lanes: Sequence[Lane],
    why: SuppressedBecause,
    note: str | None,
    *,
    at: datetime | None = None,
) -> Sequence[str]:
    """Store those that are not on the list yet, and write each of them down."""
    if not lanes:
        return []
    note = note[:300] if note else None
    common = {"why": why, "note": note, "by_id": who().user_id, "created_at": at or now()}
    # Two reports of one address may be worked through at the same time: the first one counts. In
    # order, so that two batches never wait for each other.
    lanes = sorted(lanes)
    rows = [{"lane": str(lane), **lane._asdict(), **common} for lane in lanes]
    statement = insertion(Suppression).on_conflict_do_nothing(index_elements=[Suppression.lane])
    new = set(db.session.scalars(statement.returning(Suppression.lane), rows))
    for lane in lanes:
        if str(lane) in new:
            words = f"No more offers by {BY[lane.channel]} to {lane.address}: {BECAUSE[why]}"
            record("suppression.added", words, lane=str(lane))
    return list(new)
