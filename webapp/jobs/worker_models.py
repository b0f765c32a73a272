"""The workers that are there, and the queues that somebody has paused."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import User
from webapp.clock import now
from webapp.extensions import Model
from webapp.jobs.kinds import Queue

#: Who has been silent for longer is taken for gone.
ALIVE_FOR = timedelta(seconds=20)
REASON_LENGTH = 300


class Wish(StrEnum):
    """What a worker is to do, by somebody's word; it looks each second."""

    WORK = "work"
    #: Takes nothing new, and finishes what it has.
    QUIET = "quiet"
    #: The same, and then begins anew.
    RESTART = "restart"


class Worker(Model):
    """A worker process and when it last said that it lives. One that leaves in order takes its row away."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    concurrency: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    #: What it takes work from.
    queues: Mapped[list[Any]] = mapped_column(default=list)
    #: Bytes in memory, of itself and its children; None where that cannot be told.
    memory: Mapped[int | None] = mapped_column(BigInteger)
    #: The names of its children, as jobs say by whom they are held.
    children: Mapped[list[Any]] = mapped_column(default=list)
    #: What its children do that is no job: ``[child's name, task's name, since when in epoch seconds]``.
    doing: Mapped[list[Any]] = mapped_column(default=list)
    #: The jobs that processes of its left in the middle, newest last.
    left: Mapped[list[Any]] = mapped_column(default=list)
    wish: Mapped[Wish] = mapped_column(default=Wish.WORK)
    wished_at: Mapped[datetime | None]
    wished_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    wish_reason: Mapped[str | None] = mapped_column(String(REASON_LENGTH))
    #: Since when it has taken nothing new.
    resting_since: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    wished_by: Mapped[User | None] = relationship()


class Pause(Model):
    """A queue of which nothing begins until its row is taken away."""

    __tablename__ = "queue_pauses"

    queue: Mapped[Queue] = mapped_column(primary_key=True)
    paused_at: Mapped[datetime] = mapped_column(default=now)
    paused_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))

    paused_by: Mapped[User | None] = relationship()
