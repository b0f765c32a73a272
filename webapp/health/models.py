"""What the house knows of its own health: who looks, alerts, and the checklist of each day."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import User
from webapp.clock import now
from webapp.extensions import Model

_NOT_OVER_SQL = text("closed_at IS NULL")


class Watch(Model):
    """Whose turn it is to look, and what the last look found. One row."""

    __tablename__ = "watches"

    id: Mapped[int] = mapped_column(primary_key=True)
    looked_at: Mapped[datetime]
    #: Somebody looks until then, or has died doing so.
    busy_until: Mapped[datetime | None]
    #: When alerts were last written about by e-mail, for an hour back, in epoch seconds.
    mails: Mapped[list[Any]] = mapped_column(default=list)
    #: When a mail last failed, and why.
    mail_failed_at: Mapped[datetime | None]
    mail_problem: Mapped[str | None] = mapped_column(String(300))
    #: How each part was at the last look: see lamps.py.
    lamps: Mapped[list[Any]] = mapped_column(default=list)
    #: What the last look found that is too dear for each scrape: numbers, and the rules of open alerts.
    found: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: Of the status page: another look, another number.
    version: Mapped[int] = mapped_column(default=1)


class Alert(Model):
    """Something that is not well, from when it was noticed until it is over."""

    __tablename__ = "alerts"
    __table_args__ = (
        # Two who look at once open one.
        Index("uq_alerts_open", "rule", unique=True, sqlite_where=_NOT_OVER_SQL, postgresql_where=_NOT_OVER_SQL),
        Index("ix_alerts_rule", "rule", "id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(String(40))
    #: What is the matter, in a sentence, as it was when it was last seen.
    text: Mapped[str] = mapped_column(Text)
    noticed_at: Mapped[datetime] = mapped_column(default=now)
    #: NULL until it has held for a while: what passes by itself is told to nobody.
    opened_at: Mapped[datetime | None]
    seen_at: Mapped[datetime] = mapped_column(default=now)
    #: Since when it has been well, while that has not held for a while.
    well_since: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    #: When its beginning, and its end, were written about by e-mail.
    mailed_at: Mapped[datetime | None]
    end_mailed_at: Mapped[datetime | None]
    #: Who said "I know"; until then nobody is reminded.
    known_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    known_until: Mapped[datetime | None]

    known_by: Mapped[User | None] = relationship(lazy="joined")

    @property
    def silenced(self) -> bool:
        """Whether somebody knows of it, so that nobody need be told for now."""
        return self.known_until is not None and self.known_until > now()


class Checked(Model):
    """The measured part of the checklist as it stood on a day, last written when it ended."""

    __tablename__ = "checked_days"

    #: Such as 2026-11-20, in the zone of the house.
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    lines: Mapped[list[Any]]
    written_at: Mapped[datetime] = mapped_column(default=now)


class Tick(Model):
    """Somebody has done what no program can know."""

    __tablename__ = "ticks"

    #: The day, week or month it was done for: 2026-11-20, 2026-W47, 2026-11.
    span: Mapped[str] = mapped_column(String(10), primary_key=True)
    line: Mapped[str] = mapped_column(String(40), primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(default=now)

    by: Mapped[User] = relationship(lazy="joined")
