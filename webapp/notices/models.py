"""A notice to one user of the dashboard."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.accounts.models import Role
from webapp.clock import now
from webapp.extensions import Model


class Level(StrEnum):
    """How a notice looks."""

    INFO = "info"
    OK = "ok"
    WARN = "warn"
    BAD = "bad"


_UNREAD_SQL = text("read_at IS NULL")


class Notice(Model):
    """A sentence for one user, read or not."""

    __tablename__ = "notices"
    __table_args__ = (
        Index("ix_notices_user", "user_id", "id"),
        Index("ix_notices_unread", "user_id", sqlite_where=_UNREAD_SQL, postgresql_where=_UNREAD_SQL),
        # A job that runs again, or a bulk notice that goes on, tells nobody twice.
        Index("uq_notices_once", "user_id", "key", unique=True),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    level: Mapped[Level] = mapped_column(default=Level.INFO)
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(String(2000), default="")
    #: A path of this site.
    link: Mapped[str | None] = mapped_column(String(300))
    #: What it tells of, such as a job's id: one notice for each user.
    key: Mapped[str] = mapped_column(String(80), default=lambda: uuid.uuid4().hex)
    created_at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]


class Announcement(Model):
    """A notice for many, which a job gives to each."""

    __tablename__ = "announcements"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Given out with each form: the same form sent again is the same announcement.
    form_key: Mapped[str] = mapped_column(String(80), unique=True)
    level: Mapped[Level]
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(String(2000), default="")
    #: For whom: the picked users' ids, else all of a role, else everybody.
    picked: Mapped[list[Any] | None]
    role: Mapped[Role | None]
    #: How many they were when it was asked for.
    recipients: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def told_as(self) -> str:
        """As its job is told and found."""
        return self.title

    @property
    def key(self) -> str:
        """What makes its notice the only one that a user gets of it."""
        return f"announcement:{self.id}"
