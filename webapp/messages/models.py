"""A message, the attempts to send it, what the providers reported, and how each channel is."""

import uuid
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from uuid_utils.compat import uuid7

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


_QUEUED_SQL = text("state = 'queued'")
_SENDING_SQL = text("state = 'sending'")
_IN_THE_WAY_SQL = text("state IN ('queued', 'sending')")


class Message(Model):
    """One text to one address by one channel."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("subject_type", "subject_id", "purpose", "channel"),
        Index("ix_messages_due", "urgency", "due_at", sqlite_where=_QUEUED_SQL, postgresql_where=_QUEUED_SQL),
        Index("ix_messages_sending", "lease_until", sqlite_where=_SENDING_SQL, postgresql_where=_SENDING_SQL),
        Index("ix_messages_lane", "lane", "id", sqlite_where=_IN_THE_WAY_SQL, postgresql_where=_IN_THE_WAY_SQL),
        Index("ix_messages_provider", "channel", "provider_id"),
        Index("ix_messages_state", "state", "id"),
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
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
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
    received_at: Mapped[datetime] = mapped_column(default=now)
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
