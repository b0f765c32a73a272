"""A campaign, where its recipients come from, and each recipient."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.clock import now
from webapp.extensions import Model
from webapp.message_templates.models import TemplateVersion
from webapp.messages.channels import Channel
from webapp.messages.models import Batch

#: A start that is missed by more than this is not made up for: somebody is asked.
GRACE = timedelta(hours=1)


class CampaignState(StrEnum):
    """Where a campaign stands. Whether it is paused is its batch's ``held_at``."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    OVERDUE = "overdue"
    """Its time passed while nobody could send: it asks instead of firing."""
    SENDING = "sending"
    DONE = "done"
    CANCELLED = "cancelled"


#: From where it may be sent.
NOT_SENT = (CampaignState.DRAFT, CampaignState.SCHEDULED, CampaignState.OVERDUE)


class Campaign(Model):
    """One message to many people."""

    __tablename__ = "campaigns"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    state: Mapped[CampaignState] = mapped_column(default=CampaignState.DRAFT, index=True)
    #: In the order in which they are tried, such as ["whatsapp", "sms"].
    channels: Mapped[list[Any]] = mapped_column(default=list)
    sms_id: Mapped[int | None] = mapped_column(ForeignKey("template_versions.id"))
    whatsapp_id: Mapped[int | None] = mapped_column(ForeignKey("template_versions.id"))
    email_id: Mapped[int | None] = mapped_column(ForeignKey("template_versions.id"))
    #: What fills the places of the WhatsApp template: {"1": "{{ name }}", ...}, in the placeholder language.
    fillings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: The zone in which its start was typed, and of recipients whose own is not known.
    zone: Mapped[str] = mapped_column(String(64), default="UTC")
    starts_at: Mapped[datetime | None]
    quiet_from: Mapped[str | None] = mapped_column(String(5), default="21:00")
    quiet_until: Mapped[str | None] = mapped_column(String(5), default="09:00")
    #: Which state of texts, channels and recipients the last check saw (``checking.seal``), and its findings:
    #: the forecast, and how many rows cannot be sent by reason.
    checked: Mapped[str | None] = mapped_column(String(64))
    findings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: Good recipients; grows while a file is read.
    total: Mapped[int] = mapped_column(default=0)
    #: The messages for real, and those of the last rehearsal.
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"))
    rehearsal_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    sms: Mapped[TemplateVersion | None] = relationship(foreign_keys=[sms_id])
    whatsapp: Mapped[TemplateVersion | None] = relationship(foreign_keys=[whatsapp_id])
    email: Mapped[TemplateVersion | None] = relationship(foreign_keys=[email_id])
    batch: Mapped[Batch | None] = relationship(foreign_keys=[batch_id])
    rehearsal: Mapped[Batch | None] = relationship(foreign_keys=[rehearsal_id])
    # Knowledge has sources too, so its class is named with its module.
    sources: Mapped[list["Source"]] = relationship(
        "webapp.campaigns.models.Source",
        back_populates="campaign",
        order_by="webapp.campaigns.models.Source.id",
    )

    @property
    def told_as(self) -> str:
        """As its jobs are told and found."""
        return self.name

    @property
    def tz(self) -> ZoneInfo:
        """The zone, to show times in."""
        return ZoneInfo(self.zone)

    @property
    def standing(self) -> CampaignState:
        """The state, also while no worker has looked: a start that was missed is overdue."""
        missed = self.starts_at is not None and self.starts_at + GRACE < now()
        if self.state == CampaignState.SCHEDULED and missed:
            return CampaignState.OVERDUE
        return self.state

    @property
    def order(self) -> list[Channel]:
        """The channels in the order in which they are tried."""
        return [Channel(name) for name in self.channels]

    @property
    def paused(self) -> bool:
        """Whether it is being sent and nothing of it leaves."""
        held = self.batch is not None and self.batch.held_at is not None
        return held and self.state == CampaignState.SENDING

    def text(self, channel: Channel) -> TemplateVersion | None:
        """Return what is said by a channel."""
        return {Channel.SMS: self.sms, Channel.WHATSAPP: self.whatsapp, Channel.EMAIL: self.email}[
            channel
        ]


class Expansion(Model):
    """How far the recipients have become messages of a batch: moved in the transaction that writes them."""

    __tablename__ = "expansions"

    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"), primary_key=True)
    #: The last recipient that has been looked at.
    reached: Mapped[int] = mapped_column(default=0)


class SourceKind(StrEnum):
    """Where recipients come from."""

    FILE = "file"
    CUSTOMERS = "customers"
    PASTED = "pasted"


class SourceState(StrEnum):
    """Where a source stands."""

    LOOKING = "looking"
    """A job finds out how the file is written."""
    MAPPING = "mapping"
    """A person says which column is what."""
    READING = "reading"
    READ = "read"
    FAILED = "failed"
    STOPPED = "stopped"
    """Somebody stopped the reading; what was read stays."""
    LEAVING = "leaving"
    """It is being removed, with the recipients it brought."""


class Source(Model):
    """One place that recipients of a campaign came from: a file, the customers, pasted numbers."""

    __tablename__ = "sources"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    kind: Mapped[SourceKind]
    state: Mapped[SourceState]
    #: A file: its name, where it lies in the storage, its size in bytes, and how it is written.
    filename: Mapped[str | None] = mapped_column(String(200))
    path: Mapped[str | None] = mapped_column(String(200))
    size: Mapped[int | None]
    encoding: Mapped[str | None] = mapped_column(String(40))
    delimiter: Mapped[str | None] = mapped_column(String(1))
    #: Lines of the file, which are about its rows: for the progress.
    lines: Mapped[int | None]
    header: Mapped[list[Any] | None]
    sample: Mapped[list[Any] | None]
    #: {"phone": column number, "email": ..., "name": ..., "zone": ..., "region": "IN", "header": true,
    #: "names": the placeholder of each column}
    mapping: Mapped[dict[str, Any] | None]
    #: Customers: the filter; pasted: the text.
    asked: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: Rows that have been read: each is good, bad, a double or known.
    rows: Mapped[int] = mapped_column(default=0)
    #: Where reading goes on after a break: the last row looked at, as a spreadsheet counts rows with
    #: heading and empty ones, and the byte that follows it (of customers: the id).
    reached: Mapped[int] = mapped_column(default=0)
    offset: Mapped[int] = mapped_column(default=0)
    good: Mapped[int] = mapped_column(default=0)
    bad: Mapped[int] = mapped_column(default=0)
    #: Rows that named somebody who was there already: in this source, and from an earlier one.
    doubles: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    advice: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    version: Mapped[int] = mapped_column(default=1)

    campaign: Mapped[Campaign] = relationship(back_populates="sources")


_PROBLEM_SQL = text("problem IS NOT NULL")


class Recipient(Model):
    """Somebody whom a campaign is for."""

    __tablename__ = "recipients"
    __table_args__ = (
        Index("uq_recipients_key", "campaign_id", "key", unique=True),
        Index("ix_recipients_campaign", "campaign_id", "id"),
        Index(
            "ix_recipients_problem", "campaign_id", "problem", sqlite_where=_PROBLEM_SQL, postgresql_where=_PROBLEM_SQL
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    #: The row of the source, as a spreadsheet counts it.
    row: Mapped[int]
    #: The number in E.164, else the address: nobody is in a campaign twice.
    key: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(200), default="")
    phone: Mapped[str | None] = mapped_column(String(16))
    email: Mapped[str | None] = mapped_column(String(254))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    #: From the source, from the customer, or from the number.
    zone: Mapped[str | None] = mapped_column(String(64))
    country: Mapped[str | None] = mapped_column(String(2))
    #: Every column by its placeholder's name, as it stood in the source.
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: Why nothing can be sent to them (a key of ``problems``), found by the check before the send.
    problem: Mapped[str | None] = mapped_column(String(40))
    detail: Mapped[str | None] = mapped_column(String(300))


class BadRow(Model):
    """A row of a source that names nobody who can be reached."""

    __tablename__ = "bad_rows"
    __table_args__ = (Index("ix_bad_rows_source", "source_id", "row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    row: Mapped[int]
    problem: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(String(300))
    #: The cells as they stood in the source.
    cells: Mapped[list[Any]]


class Price(Model):
    """What one unit costs by a channel to a country, as the operator's contract says."""

    __tablename__ = "prices"

    channel: Mapped[str] = mapped_column(String(32), primary_key=True)
    #: ISO 3166; "*": anywhere else.
    country: Mapped[str] = mapped_column(String(2), primary_key=True)
    #: Millionths of the currency's unit.
    micros: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
