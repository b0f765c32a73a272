"""A website that is read, and each of its pages."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.clock import now
from webapp.extensions import Model
from webapp.knowledge.models import Reading, Source


class Website(Model):
    """Where a crawl begins and what bounds it; what is known of its text is its source's."""

    __tablename__ = "websites"

    source_id: Mapped[int] = mapped_column(
        ForeignKey("knowledge_sources.id", ondelete="CASCADE"), primary_key=True
    )
    #: Where it begins. Nothing outside of ``scope`` is fetched: a scheme, host and path to begin with.
    url: Mapped[str] = mapped_column(String(2000))
    scope: Mapped[str] = mapped_column(String(2000))
    max_pages: Mapped[int]
    max_depth: Mapped[int] = mapped_column(default=5)
    max_seconds: Mapped[int] = mapped_column(default=3600)
    #: Days between two crawls; None: only when somebody asks.
    every_days: Mapped[int | None]
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    #: The crawl that is under way, or was the last one; grows by one with each.
    crawl: Mapped[int] = mapped_column(default=0)
    crawl_began_at: Mapped[datetime | None]
    #: Why the last crawl ended, in words: everything was read, or a limit was reached.
    ended_because: Mapped[str | None] = mapped_column(Text)
    #: Nobody said http or https: when https does not answer, http is tried.
    any_scheme: Mapped[bool] = mapped_column(default=False)
    #: The crawl whose sitemaps have been looked through.
    mapped: Mapped[int] = mapped_column(default=0)
    #: The site is not to be asked again before: its delay between pages, or what it asked for.
    not_before: Mapped[datetime | None]
    #: Pages in a row that could not be had because the site did not answer.
    failing: Mapped[int] = mapped_column(default=0)

    source: Mapped[Source] = relationship()

    @property
    def id(self) -> int:
        """The source's number: also that by which its jobs and its page are found."""
        return self.source_id

    @property
    def told_as(self) -> str:
        """As its jobs are told and found."""
        return self.source.name

    @property
    def found_by(self) -> tuple[str, ...]:
        """By what its jobs are found beside the name."""
        return (self.url,)

    @property
    def whole_host(self) -> bool:
        """Whether all pages of the host are read, and not only those below a path."""
        return self.scope.count("/") == 3


class PageState(StrEnum):
    """Where a page of a website stands in the crawl that is under way or was the last."""

    FOUND = "found"
    """A link leads there; it is to be fetched."""
    READ = "read"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    """Forbidden by robots.txt, of another kind, or the same as another page: ``note`` says which."""
    FAILED = "failed"
    GONE = "gone"
    """It was there in an earlier crawl, and is not any more: nothing of it is found."""


class WebPage(Model):
    """A page of a website."""

    __tablename__ = "web_pages"
    __table_args__ = (
        UniqueConstraint("source_id", "url"),
        Index("ix_web_pages_source_id_state_depth", "source_id", "state", "depth", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("knowledge_sources.id", ondelete="CASCADE"))
    url: Mapped[str] = mapped_column(String(2000))
    depth: Mapped[int] = mapped_column(default=0)
    state: Mapped[PageState] = mapped_column(default=PageState.FOUND)
    #: Why it was skipped or failed, in words.
    note: Mapped[str | None] = mapped_column(Text)
    #: The last crawl (``Website.crawl``) that came across it.
    crawl: Mapped[int]
    status: Mapped[int | None]
    title: Mapped[str | None] = mapped_column(String(500))
    etag: Mapped[str | None] = mapped_column(String(500))
    last_modified: Mapped[str | None] = mapped_column(String(100))
    #: Of its main text: two pages with the same one are one.
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(default=0)
    #: Tries of this crawl that failed, and may go better later.
    tries: Mapped[int] = mapped_column(default=0)
    #: The addresses of this website to which it leads: known also when the site says that it is unchanged.
    links: Mapped[list[Any]] = mapped_column(default=list, deferred=True)
    fetched_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    reading_id: Mapped[int | None] = mapped_column(
        ForeignKey("knowledge_readings.id", ondelete="SET NULL")
    )

    reading: Mapped[Reading | None] = relationship()
