"""A file that somebody asked for."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.clock import now
from webapp.extensions import Model

#: It holds people's numbers and addresses, so it does not lie about for longer than it is of use.
KEPT_FOR = timedelta(days=7)


class Export(Model):
    """A CSV file: asked for, written by a job, kept for a while, downloaded."""

    __tablename__ = "exports"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: What writes its rows (``writers``), and for what: ids and filters.
    what: Mapped[str] = mapped_column(String(64))
    args: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: The page it was asked for on, such as campaign 12.
    subject_type: Mapped[str | None] = mapped_column(String(32), index=True)
    subject_id: Mapped[str | None] = mapped_column(String(40))
    filename: Mapped[str] = mapped_column(String(200))
    #: Where it lies in the storage, from the moment its writing begins; whole from ``ready_at`` on.
    path: Mapped[str | None] = mapped_column(String(200))
    rows: Mapped[int] = mapped_column(default=0)
    size: Mapped[int | None]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    ready_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    @property
    def told_as(self) -> str:
        """As its job is told and found."""
        return self.filename

    @property
    def kept_until(self) -> datetime:
        """When it is removed."""
        return self.created_at + KEPT_FOR
