"""A template, and every version of it that was ever stored."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.clock import now
from webapp.extensions import Model
from webapp.messages.channels import Channel


class Template(Model):
    """What is said by one channel; WhatsApp's are written and approved at the provider."""

    __tablename__ = "templates"
    __table_args__ = (UniqueConstraint("channel", "name", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[Channel]
    name: Mapped[str] = mapped_column(String(512))
    language: Mapped[str] = mapped_column(String(20), default="")
    #: WhatsApp: MARKETING, UTILITY or AUTHENTICATION, and APPROVED, PAUSED and so on, as fetched.
    category: Mapped[str | None] = mapped_column(String(32))
    status: Mapped[str | None] = mapped_column(String(32))
    provider_id: Mapped[str | None] = mapped_column(String(64))
    fetched_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    version: Mapped[int] = mapped_column(default=1)

    #: Newest first.
    versions: Mapped[list["TemplateVersion"]] = relationship(
        back_populates="template", order_by="TemplateVersion.number.desc()"
    )

    @property
    def state(self) -> str | None:
        """What its page says about it; None: nothing, it is in use."""
        if self.status in (None, "APPROVED") and self.archived_at is not None:
            return "archived"
        return "IN_REVIEW" if self.status == "PENDING" else self.status


class TemplateVersion(Model):
    """What a template said at one time; never changed, because messages were made from it."""

    __tablename__ = "template_versions"
    __table_args__ = (UniqueConstraint("template_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    template_id: Mapped[int] = mapped_column(ForeignKey("templates.id"))
    number: Mapped[int]
    #: E-mail only.
    subject: Mapped[str] = mapped_column(String(300), default="")
    #: The placeholder language; an e-mail's is Markdown around it; WhatsApp's is its body as approved.
    body: Mapped[str] = mapped_column(Text)
    #: WhatsApp: the components as the provider gave them.
    components: Mapped[list[Any] | None]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)

    template: Mapped[Template] = relationship(back_populates="versions")
