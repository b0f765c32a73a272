"""By what jobs are found: what they are about, why they failed, and the words of both."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.clock import now
from webapp.extensions import Model

#: Compared byte by byte, so that what begins with some letters is a part of an index.
BYTES_200 = String(200).with_variant(String(200, collation="C"), "postgresql")
BYTES_32 = String(32).with_variant(String(32, collation="C"), "postgresql")


class Subject(Model):
    """Something that jobs are about, under the name by which people know it."""

    __tablename__ = "subjects"
    __table_args__ = (UniqueConstraint("type", "ref"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: A job's ``subject_type`` and ``subject_id``.
    type: Mapped[str] = mapped_column(String(32))
    ref: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(300))


class SubjectWord(Model):
    """A word by which a subject is found: see ``words.py``."""

    __tablename__ = "subject_words"
    __table_args__ = (Index("ix_subject_words_word", "word", "subject_id"),)

    subject_id: Mapped[int] = mapped_column(
        ForeignKey("subjects.id", ondelete="CASCADE"), primary_key=True
    )
    word: Mapped[str] = mapped_column(BYTES_32, primary_key=True)


class JobWord(Model):
    """A word of a failed job's error that others which failed for the same cause do not have."""

    __tablename__ = "job_words"
    __table_args__ = (Index("ix_job_words_word", "word", "job_id"),)

    job_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True
    )
    word: Mapped[str] = mapped_column(BYTES_32, primary_key=True)


class Cause(Model):
    """Why jobs fail: the sentence without what differs from one job to the next."""

    __tablename__ = "causes"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: SHA-256 of what makes two failures the same, in hexadecimal digits.
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    text: Mapped[str] = mapped_column(Text)
    advice: Mapped[str | None] = mapped_column(Text)
    #: Of a fault of ours: which it was, and where in our code.
    place: Mapped[str | None] = mapped_column(String(200))
    first_at: Mapped[datetime] = mapped_column(default=now)
    #: When a job last failed for it, to the minute: a row that thousands share is not written each time.
    last_at: Mapped[datetime] = mapped_column(default=now)


class SavedFilter(Model):
    """A filter of the list of jobs that somebody keeps under a name."""

    __tablename__ = "saved_filters"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(60))
    #: ``Filter.to_json()``.
    args: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)
