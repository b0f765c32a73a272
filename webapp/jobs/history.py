"""What happened to a job, and what was logged while it ran: beside its row, for as long as that."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.clock import now
from webapp.extensions import Model

_TOLD_SQL = text("what IN ('error', 'retry', 'lost')")


class What(StrEnum):
    """What can happen to a job before it ends."""

    RETRY = "retry"
    ERROR = "error"
    LOST = "lost"
    STOPPED = "stopped"
    CANCEL = "cancel"
    AGAIN = "again"
    TAKEN_BACK = "taken_back"


class Moment(NamedTuple):
    """One line of a job's history."""

    at: datetime
    what: str
    text: str


class JobEvent(Model):
    """Something that happened to a job and that its row no longer shows."""

    __tablename__ = "job_events"
    __table_args__ = (
        Index("ix_job_events_told", "at", sqlite_where=_TOLD_SQL, postgresql_where=_TOLD_SQL),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    what: Mapped[What]
    text: Mapped[str] = mapped_column(Text)
    #: Which attempt it ended, and when that had begun; both None for what ended none.
    attempt: Mapped[int | None]
    began_at: Mapped[datetime | None]
    #: Who asked for it, and why, where a person did.
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str | None] = mapped_column(String(300))

    @property
    def moment(self) -> Moment:
        """The line of the history."""
        return Moment(self.at, self.what.value, self.text)


class JobLog(Model):
    """A line that was logged while a job ran."""

    __tablename__ = "job_logs"
    __table_args__ = (Index("ix_job_logs_job", "job_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"))
    attempt: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=now)
    level: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
