"""What the house knows: its sources, each reading of one, and the passages that are searched."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.clock import now
from webapp.extensions import Model


class SourceKind(StrEnum):
    """What it is; also the ``subject_type`` of its jobs, and its slice's name for links."""

    DOCUMENT = "document"
    WEBSITE = "website"


class SourceState(StrEnum):
    """Where a source stands. Whether something of it can be found is ``read_at``."""

    WAITING = "waiting"
    """Stored; a job will read it."""
    READING = "reading"
    READY = "ready"
    FAILED = "failed"
    """The last reading failed; what an earlier one brought is still there."""
    STOPPED = "stopped"
    REMOVING = "removing"
    """Found nowhere any more; a job takes the rest away."""


#: What the sources of a kind are called beside their name: registered by the slice whose kind it is.
also_called: dict[SourceKind, Callable[["Source"], tuple[str, ...]]] = {}


class Source(Model):
    """A document or a website."""

    __tablename__ = "knowledge_sources"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[SourceKind] = mapped_column(index=True)
    #: As people call it: the file's name or the website's address, until somebody renames it.
    name: Mapped[str] = mapped_column(String(300))
    state: Mapped[SourceState] = mapped_column(default=SourceState.WAITING, index=True)
    #: Why the last reading failed or stopped, and what can be done about it: sentences for people.
    error: Mapped[str | None] = mapped_column(Text)
    advice: Mapped[str | None] = mapped_column(Text)
    #: Of what can be found now: parts (pages, sheets, pages of a website), passages, bytes as stored or fetched.
    parts: Mapped[int] = mapped_column(default=0)
    chunks: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(default=0)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    #: When that which can be found now was read; None: nothing yet.
    read_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    @property
    def as_subject(self) -> str:
        """As what its jobs and the notes about it name it: "document" or "website"."""
        return self.kind.value

    @property
    def told_as(self) -> str:
        """As its jobs are told and found."""
        return self.name

    @property
    def found_by(self) -> tuple[str, ...]:
        """By what its jobs are found beside the name."""
        return also_called[self.kind](self) if self.kind in also_called else ()


class Reading(Model):
    """One text as it was read once: of a document, or of one page of a website.

    It is written part by part while the older one is still found; ``live`` changes hands in one
    transaction (``readings.go_live``). At most one of a source and place is live.
    """

    __tablename__ = "knowledge_readings"
    __table_args__ = (
        Index(
            "ix_knowledge_readings_one_live",
            "source_id",
            "place",
            unique=True,
            sqlite_where=text("live"),
            postgresql_where=text("live"),
        ),
        Index("ix_knowledge_readings_source_id_place", "source_id", "place"),
        Index(
            "ix_knowledge_readings_retired",
            "id",
            sqlite_where=text("retired"),
            postgresql_where=text("retired"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("knowledge_sources.id", ondelete="CASCADE"))
    #: "" for a document; for a page of a website its address.
    place: Mapped[str] = mapped_column(String(2000), default="")
    live: Mapped[bool] = mapped_column(default=False)
    #: It will never be found (again): its rows are on their way out.
    retired: Mapped[bool] = mapped_column(default=False)
    #: Of which settings (``readings.settings_mark``) and of which bytes (SHA-256) it was made.
    made_with: Mapped[str] = mapped_column(String(64), default="")
    sha256: Mapped[str] = mapped_column(String(64), default="")
    #: What kind of file it turned out to be ("pdf", "xlsx", "html", ...).
    format: Mapped[str] = mapped_column(String(16), default="")
    #: Title, description, author, date, language of the whole, as the file or page says.
    about: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: Parts that the file says it has; None while unknown. How many are stored, and how many are cut.
    total: Mapped[int | None]
    parts: Mapped[int] = mapped_column(default=0)
    cut: Mapped[int] = mapped_column(default=0)
    chunks: Mapped[int] = mapped_column(default=0)
    #: What cutting has to know of the parts before (``cutting.Carry``) and where in the next it stopped.
    carry: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: Every part is stored: what is left is to cut them.
    whole: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)

    source: Mapped[Source] = relationship()


class PartUnit(StrEnum):
    """What a part of a text is."""

    PAGE = "page"
    SHEET = "sheet"
    SLIDE = "slide"
    SECTION = "section"
    """Of a text without pages: as long as is handy, cut at a heading or a paragraph."""


class Part(Model):
    """A page, sheet (or a stretch of rows of one), slide or section, as text with its marks."""

    __tablename__ = "knowledge_parts"
    __table_args__ = (UniqueConstraint("reading_id", "ordinal"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reading_id: Mapped[int] = mapped_column(ForeignKey("knowledge_readings.id", ondelete="CASCADE"))
    #: From 1 on, without gaps.
    ordinal: Mapped[int]
    unit: Mapped[PartUnit]
    #: The page's number as a reader counts ("12"), the sheet's name, the slide's number; "" for a section.
    label: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(Text)
    #: What stands where in the text: see ``extraction.pieces.Mark``.
    marks: Mapped[list[Any]] = mapped_column(default=list)


class Chunk(Model):
    """A passage: what is searched, found, and quoted."""

    __tablename__ = "knowledge_chunks"
    __table_args__ = (UniqueConstraint("reading_id", "ordinal"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(
        ForeignKey("knowledge_sources.id", ondelete="CASCADE"), index=True
    )
    reading_id: Mapped[int] = mapped_column(ForeignKey("knowledge_readings.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    #: How many characters at its beginning repeat the header row of its table, and the line's end after
    #: it; what follows is the text at ``start`` to ``end``. The header stands at ``place["header"]``.
    prefix: Mapped[int] = mapped_column(default=0)
    #: The parts (by ``ordinal``) in which it begins and ends: one, unless a sentence runs over the border.
    part_from: Mapped[int]
    part_to: Mapped[int]
    #: Where it begins in the text of the first part, and ends in that of the last, in characters.
    start: Mapped[int]
    end: Mapped[int]
    #: Where people find it: {"page": 3, "page_to": 4} or {"sheet": "Prices", "range": "A2:F30"} or
    #: {"slide": 5}; and, where known, {"headings": ["Opening hours", ...], "lines": [10, 24]},
    #: {"paragraphs": [7, 9]}, and {"header": "A1:F1"} of a repeated header row.
    place: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: ISO 639-1, as far as it can be told from the words; "" when it cannot.
    language: Mapped[str] = mapped_column(String(8), default="")
    #: Of the text: passages of two readings are equal when these are.
    sha256: Mapped[str] = mapped_column(String(64))
    #: Length in terms of the index, for BM25.
    length: Mapped[int] = mapped_column(default=0)

    reading: Mapped[Reading] = relationship()
    source: Mapped[Source] = relationship()


class Vector(Model):
    """What a passage means, in numbers of a model; of one model at a time."""

    __tablename__ = "knowledge_vectors"

    chunk_id: Mapped[int] = mapped_column(
        ForeignKey("knowledge_chunks.id", ondelete="CASCADE"), primary_key=True
    )
    model: Mapped[str] = mapped_column(String(200))
    #: Floats of 32 bits, of a vector of length 1, as this machine writes them.
    numbers: Mapped[bytes]


class QuestionState(StrEnum):
    """Whether the answer that a model writes is there."""

    WAITING = "waiting"
    ANSWERED = "answered"
    FAILED = "failed"


class Question(Model):
    """A question that a model is asked by a job, and what it answered."""

    __tablename__ = "knowledge_questions"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    #: Where it was asked: ids of sources (none: everywhere), and "document", "website" or "".
    source_ids: Mapped[list[Any]] = mapped_column(default=list)
    kind: Mapped[str] = mapped_column(String(16), default="")
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    state: Mapped[QuestionState] = mapped_column(default=QuestionState.WAITING)
    known: Mapped[bool] = mapped_column(default=False)
    answer: Mapped[str] = mapped_column(Text, default="")
    #: As the page shows them, because passages are replaced when a document is read anew:
    #: number, chunk_id, source, place, text.
    citations: Mapped[list[Any]] = mapped_column(default=list)
    #: "quoted", or the name of the model.
    written_by: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    finished_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    @property
    def told_as(self) -> str:
        """As its job is told and found."""
        return self.text
