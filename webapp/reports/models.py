"""How the house did in a span of time, written down once."""

import uuid
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import User
from webapp.clock import now
from webapp.extensions import Model
from webapp.reports.periods import words_of


class Report(Model):
    """The figures of a span and of the one before it. It says nothing of any one customer."""

    __tablename__ = "reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: "7d", "30d" or any number of days; "month" for the calendar month that is over.
    period: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime]
    until: Mapped[datetime]
    #: By whose clock its days begin.
    zone: Mapped[str] = mapped_column(String(64))
    #: Sections of lines, as ``figures.sections`` returns them; NULL until it is written.
    figures: Mapped[list[Any] | None]
    #: Who asked for it; NULL: the clock.
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    #: The job that writes it: run twice, it writes the same one.
    job_id: Mapped[uuid.UUID | None] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    ready_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    asked_by: Mapped[User | None] = relationship()

    @property
    def told_as(self) -> str:
        """How people call it."""
        last = self.last_moment.astimezone(self.tz)
        return f"{words_of(self.period)} until {last.day} {last:%B %Y}"

    @property
    def tz(self) -> ZoneInfo:
        """The zone, to show its days in."""
        return ZoneInfo(self.zone)

    @property
    def last_moment(self) -> datetime:
        """The last moment that it is about: at midnight its last day is over."""
        return self.until - timedelta(microseconds=1)
