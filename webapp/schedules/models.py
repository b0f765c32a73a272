"""What an admin changed of a schedule, when it last ran and is due next; and when the clock was last heard."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import User
from webapp.extensions import Model


class IfMissed(StrEnum):
    """What becomes of a run that was due while nobody was there to ask for it."""

    RUN_ONCE = "run_once"
    LEAVE_OUT = "leave_out"


class Schedule(Model):
    """The row of something periodic. What is NULL is as the code says (``defaults.PERIODIC``)."""

    __tablename__ = "schedules"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    #: Cron text or "every 5 minutes", its zone, and what to do about a missed run: as an admin wants it.
    timing: Mapped[str | None] = mapped_column(String(100))
    zone: Mapped[str | None] = mapped_column(String(64))
    if_missed: Mapped[IfMissed | None]
    changed_at: Mapped[datetime | None]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    paused_at: Mapped[datetime | None]
    paused_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    pause_reason: Mapped[str | None] = mapped_column(String(300))
    #: NULL while it is paused.
    next_at: Mapped[datetime | None]
    #: What ``next_at`` was reckoned from: another timing or zone, and it is reckoned anew.
    reckoned: Mapped[str] = mapped_column(String(200), default="")
    #: When it was last asked for, by the clock or by a person, and as which job; a wake is none.
    last_at: Mapped[datetime | None]
    last_job_id: Mapped[uuid.UUID | None]
    #: The last time that runs were missed: how many, the first and the last of them, and whether
    #: one was made up for.
    missed: Mapped[int] = mapped_column(default=0)
    missed_from: Mapped[datetime | None]
    missed_until: Mapped[datetime | None]
    missed_made_up: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    changed_by: Mapped[User | None] = relationship(foreign_keys=[changed_by_id])
    paused_by: Mapped[User | None] = relationship(foreign_keys=[paused_by_id])


class Beat(Model):
    """When a worker last heard beat tick. One row."""

    __tablename__ = "beats"

    id: Mapped[int] = mapped_column(primary_key=True)
    heard_at: Mapped[datetime]
