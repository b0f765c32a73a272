"""A message, the attempts to send it, what the providers reported, and how each channel is."""

import uuid
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    TextClause,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship
from uuid_utils.compat import uuid7

from webapp.accounts.models import User
from webapp.clock import now
from webapp.extensions import Model
from webapp.messages.channels import Channel, OutcomeKind


class MessageState(StrEnum):
    """Where a message stands. ``unknown``: it left, and nobody said whether it arrived."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


#: A later message of the same lane waits for these.
IN_THE_WAY = (MessageState.QUEUED, MessageState.SENDING)
#: The page of such a message still changes by itself.
MOVING = (MessageState.QUEUED, MessageState.SENDING, MessageState.SENT)


#: A message that waits longer than this has been held up.
HELD_UP = timedelta(seconds=30)


class Urgency(IntEnum):
    """Which message leaves first when many wait."""

    BOOKING = 0
    CONVERSATION = 1
    CAMPAIGN = 9


_DUE_SQL = text("state = 'queued' AND batch_id IS NULL")
_DUE_OF_BATCH_SQL = text("state = 'queued' AND batch_id IS NOT NULL")
_SENDING_SQL = text("state = 'sending'")
_IN_THE_WAY_SQL = text("state IN ('queued', 'sending')")
_CAME_OUT_SQL = text("batch_id IS NOT NULL AND state NOT IN ('queued', 'sending')")
_LOOK_SQL = text("state IN ('failed', 'unknown')")
_CUSTOMER_SQL = text("customer_id IS NOT NULL")
_PROVIDER_SQL = text("provider_id IS NOT NULL")
_STALE_SQL = text("stale")


def _only(condition: TextClause) -> dict[str, Any]:
    """Keep an index to some of the rows, on both databases."""
    return {"sqlite_where": condition, "postgresql_where": condition}


class Message(Model):
    """One text to one address by one channel."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("subject_type", "subject_id", "purpose", "channel"),
        # A message changes its state twice on its way, and each index that it leaves or enters
        # then costs as much as the change itself: hence each holds only the rows it is asked for.
        Index("ix_messages_due", "urgency", "due_at", **_only(_DUE_SQL)),
        Index("ix_messages_batch_due", "batch_id", "channel", "due_at", **_only(_DUE_OF_BATCH_SQL)),
        Index("ix_messages_batch", "batch_id", "superseded", "state", "code", "channel", "country",
              "billed", "units", "recipient", **_only(_CAME_OUT_SQL)),
        Index("ix_messages_sending", "batch_id", "lease_until", **_only(_SENDING_SQL)),
        Index("ix_messages_lane", "lane", "id", **_only(_IN_THE_WAY_SQL)),
        Index("ix_messages_provider", "channel", "provider_id", **_only(_PROVIDER_SQL)),
        Index("ix_messages_customer_id", "customer_id", **_only(_CUSTOMER_SQL)),
        Index("ix_messages_look", "state", "id", **_only(_LOOK_SQL)),
    )  # fmt: skip

    #: Also what the provider gives back to us in its reports; UUIDv7, so it sorts by age.
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7)
    channel: Mapped[Channel]
    address: Mapped[str] = mapped_column(String(254))
    #: Channel and address: inside a lane messages go one by one, in order.
    lane: Mapped[str] = mapped_column(String(270))
    category: Mapped[str] = mapped_column(String(20), default="transactional")
    urgency: Mapped[int] = mapped_column(default=int(Urgency.BOOKING))
    #: What it is about, and what it tells: no thing is told the same twice by one channel.
    subject_type: Mapped[str | None] = mapped_column(String(32))
    subject_id: Mapped[str | None] = mapped_column(String(40))
    purpose: Mapped[str] = mapped_column(String(64))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"))
    #: The number that whoever made the batch knows this recipient by.
    recipient: Mapped[int | None]
    #: Another message was written in its place, such as an SMS where WhatsApp failed.
    superseded: Mapped[bool] = mapped_column(default=False)
    #: The recipient's time zone and country (ISO 3166), for quiet hours and prices.
    zone: Mapped[str | None] = mapped_column(String(64))
    country: Mapped[str | None] = mapped_column(String(2))
    #: When the recipient's quiet hours begin: it does not leave after this moment.
    closes_at: Mapped[datetime | None]
    #: What it is charged as: segments of an SMS, 1 for anything else; and as what the provider says.
    units: Mapped[int] = mapped_column(default=1)
    billed: Mapped[int | None]
    title: Mapped[str | None] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    html: Mapped[str | None] = mapped_column(Text)
    template: Mapped[dict[str, Any] | None]

    state: Mapped[MessageState] = mapped_column(default=MessageState.QUEUED)
    due_at: Mapped[datetime] = mapped_column(default=now)
    #: How often it was claimed: the fence, and the number of its newest attempt.
    attempt: Mapped[int] = mapped_column(default=0)
    #: How often it was refused for the time being; waiting for a limit does not count.
    failures: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    worker: Mapped[str | None] = mapped_column(String(120))
    provider_id: Mapped[str | None] = mapped_column(String(120))
    code: Mapped[str | None] = mapped_column(String(20))
    error: Mapped[str | None] = mapped_column(Text)
    advice: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    @property
    def waits_long(self) -> bool:
        """Whether it has been held up: tried in vain, or behind a channel that does not send."""
        return self.failures > 0 or self.created_at < now() - HELD_UP

    attempts: Mapped[list["Attempt"]] = relationship(order_by="Attempt.number")


class Attempt(Model):
    """One try to send a message: written before the call, completed by its answer."""

    __tablename__ = "attempts"

    message_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[OutcomeKind | None]
    code: Mapped[str | None] = mapped_column(String(20))
    detail: Mapped[str | None] = mapped_column(Text)
    provider_id: Mapped[str | None] = mapped_column(String(120))


class EventState(StrEnum):
    """Whether a provider's report has been worked through."""

    NEW = "new"
    DONE = "done"
    ORPHAN = "orphan"
    BAD = "bad"


_NEW_SQL = text("state = 'new'")


class ProviderEvent(Model):
    """A report as a provider sent it: stored first, answered with 200, worked through later."""

    __tablename__ = "provider_events"
    __table_args__ = (
        Index("ix_provider_events_new", "id", sqlite_where=_NEW_SQL, postgresql_where=_NEW_SQL),
        Index("ix_provider_events_orphan", "orphan_of", "id"),
        Index("ix_provider_events_heard", "provider", "received_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(String(20))
    #: The provider's own id, or a digest of the body: the same report twice is one row.
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[EventState] = mapped_column(default=EventState.NEW)
    #: The provider's id of the message that we do not know yet.
    orphan_of: Mapped[str | None] = mapped_column(String(120))
    problem: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(default=now, index=True)
    handled_at: Mapped[datetime | None]


class ChannelState(Model):
    """Whether a channel may send, and why not."""

    __tablename__ = "channel_states"

    channel: Mapped[Channel] = mapped_column(primary_key=True)
    stopped_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)
    advice: Mapped[str | None] = mapped_column(Text)
    #: The provider asked us to slow down: nothing leaves before this.
    not_before: Mapped[datetime | None]
    #: How many messages of batches may leave in a minute; NULL: as the settings say; 0: any number.
    per_minute: Mapped[int | None]
    #: Until then a process waits for room under that limit, so that no other one need wait too.
    watched_until: Mapped[datetime | None]
    watched_by: Mapped[str | None] = mapped_column(String(120))


class Batch(Model):
    """Messages that belong together, such as a campaign's: held, stopped and counted as one."""

    __tablename__ = "batches"
    __table_args__ = (Index("ix_batches_stale", "id", **_only(_STALE_SQL)),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subject_type: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(40))
    #: The sandbox's fault profile when the sandbox carries it and it reaches nobody; NULL: for real.
    rehearsal: Mapped[str | None] = mapped_column(String(40))
    #: While it is held nothing of it leaves; why, in words, when nobody but the engine held it.
    held_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)
    advice: Mapped[str | None] = mapped_column(Text)
    cancelled_at: Mapped[datetime | None]
    #: Between these times of day ("21:00") in the recipient's own zone nothing leaves.
    quiet_from: Mapped[str | None] = mapped_column(String(5))
    quiet_until: Mapped[str | None] = mapped_column(String(5))
    #: How many refusals with one and the same code came in a row.
    run_code: Mapped[str | None] = mapped_column(String(20))
    run_length: Mapped[int] = mapped_column(default=0)
    #: Counted from the rows now and then (``tallying``), so that a page reads one row:
    #: messages by state, failed ones by code, units billed by "channel country".
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)
    billed: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: At most 120 points [epoch seconds, left the house, delivered, failed], thinned out as they grow.
    history: Mapped[list[Any]] = mapped_column(default=list)
    tallied_at: Mapped[datetime | None]
    #: Something changed since it was counted.
    stale: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    version: Mapped[int] = mapped_column(default=1)


class RateSlot(Model):
    """One message of a limited channel: takes up room from its claim until a window after its answer."""

    __tablename__ = "rate_slots"
    __table_args__ = (Index("ix_rate_slots_free", "channel", "frees_at"),)

    message_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[Channel]
    #: NULL while it is under way.
    frees_at: Mapped[datetime | None]


class SuppressedBecause(StrEnum):
    """Why an address gets no marketing."""

    STOP = "stop"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    REFUSED = "refused"
    BY_HAND = "by_hand"


class Suppression(Model):
    """An address to which a channel sends no marketing; checked whenever a message is claimed."""

    __tablename__ = "suppressions"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Channel and address, as in ``Message.lane``.
    lane: Mapped[str] = mapped_column(String(270), unique=True)
    channel: Mapped[Channel]
    address: Mapped[str] = mapped_column(String(254))
    why: Mapped[SuppressedBecause]
    note: Mapped[str | None] = mapped_column(String(300))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)

    by: Mapped[User | None] = relationship(lazy="joined")
