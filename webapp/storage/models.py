"""Files that lie in the database, cut into blocks."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.clock import now
from webapp.extensions import Model


class StoredFile(Model):
    """A file; until it is whole nobody sees it, and when it is removed it is not whole first."""

    __tablename__ = "stored_files"
    __table_args__ = (
        Index(
            "ix_stored_files_one_whole",
            "path",
            unique=True,
            sqlite_where=text("whole"),
            postgresql_where=text("whole"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(String(300))
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    whole: Mapped[bool] = mapped_column(default=False)
    #: When its newest block was written.
    written_at: Mapped[datetime] = mapped_column(default=now)


class StoredBlock(Model):
    """A mebibyte of a file; only its last block is shorter."""

    __tablename__ = "stored_blocks"

    file_id: Mapped[int] = mapped_column(
        ForeignKey("stored_files.id", ondelete="CASCADE"), primary_key=True
    )
    #: From 0 on.
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes]
