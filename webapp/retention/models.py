"""How long each kind of data is kept, and which customers were erased."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import User
from webapp.clock import now
from webapp.extensions import Model


class Rule(Model):
    """What somebody has chosen for a kind of data, and how its last clean-up went."""

    __tablename__ = "retention_rules"

    #: ``Kept.name``.
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    #: Whether ``days`` was chosen; if not, the kind's own number holds. Chosen and None: for ever.
    chosen: Mapped[bool] = mapped_column(default=False)
    days: Mapped[int | None]
    last_at: Mapped[datetime | None]
    last_job_id: Mapped[uuid.UUID | None]
    last_count: Mapped[int] = mapped_column(default=0)
    #: The oldest row that still held such data after it: nobody need look before that.
    reached: Mapped[str | None] = mapped_column(String(40))
    version: Mapped[int] = mapped_column(default=1)


class Erasure(Model):
    """That a customer was erased: by whom and why, and how far it is. It names nobody."""

    __tablename__ = "erasures"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    job_id: Mapped[uuid.UUID | None]
    #: By table: up to which row the sentences have been looked through.
    reached: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: Once nothing is left to be found but what has come since.
    swept: Mapped[bool] = mapped_column(default=False)
    #: How many things of each kind were dealt with, and which documents a person must look at.
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    documents: Mapped[list[Any]] = mapped_column(default=list)
    finished_at: Mapped[datetime | None]

    asked_by: Mapped[User | None] = relationship()
