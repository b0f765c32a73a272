"""What is to be seen of a website and its pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload

from webapp.extensions import db
from webapp.jobs.models import Job
from webapp.knowledge import listing
from webapp.knowledge.models import SourceState
from webapp.pages import interval
from webapp.websites.models import PageState, WebPage, Website

NEWEST = 8
WORDS = {
    PageState.READ: "Read",
    PageState.UNCHANGED: "Unchanged",
    PageState.FOUND: "Found, not read yet",
    PageState.SKIPPED: "Left out",
    PageState.FAILED: "Could not be read",
    PageState.GONE: "No longer there",
}


class Count(NamedTuple):
    """So many pages stand so."""

    state: PageState
    word: str
    number: int


@dataclass(frozen=True)
class Shown:
    """A website as its page shows it."""

    website: Website
    counts: Sequence[Count]
    newest: Sequence[WebPage]
    jobs: Sequence[Job]
    interval_ms: int | None

    @property
    def total(self) -> int:
        """How many pages are known."""
        return sum(count.number for count in self.counts)

    @property
    def under_way(self) -> bool:
        """Whether it is being read, or about to be."""
        return self.website.source.state in {SourceState.WAITING, SourceState.READING}


def show(website: Website) -> Shown:
    """Collect what a website's page shows."""
    jobs = listing.jobs_of(website.source)
    moving = [job.created_at for job in jobs if not job.finished]
    return Shown(
        website,
        counts(website),
        newest(website),
        jobs,
        interval(min(moving)) if moving else None,
    )


def counts(website: Website) -> list[Count]:
    """Return how many pages stand how."""
    found: dict[PageState, int] = dict(
        db.session.execute(
            select(WebPage.state, func.count())
            .where(WebPage.source_id == website.source_id)
            .group_by(WebPage.state)
        ).all()
    )  # fmt: skip
    return [Count(state, word, found.get(state, 0)) for state, word in WORDS.items()]


def newest(website: Website) -> Sequence[WebPage]:
    """Return the pages that came in last."""
    return db.session.scalars(
        select(WebPage)
        .where(WebPage.source_id == website.source_id, WebPage.fetched_at.is_not(None))
        .order_by(WebPage.fetched_at.desc(), WebPage.id.desc())
        .limit(NEWEST)
    ).all()


def pages(website: Website, state: PageState | None, words: str) -> Select[Any]:
    """Return the query of those pages of a website that stand so and whose title or address fits."""
    fits: list[ColumnElement[bool]] = [WebPage.source_id == website.source_id]
    if state is not None:
        fits.append(WebPage.state == state)
    fits += [
        or_(
            WebPage.url.icontains(word, autoescape=True),
            WebPage.title.icontains(word, autoescape=True),
        )
        for word in words.split()
    ]
    return select(WebPage).where(and_(*fits))


def find(source_id: int) -> Website:
    """Return the website of an address, with its source; 404 when there is none."""
    website: Website = db.get_or_404(Website, source_id, options=[joinedload(Website.source)])
    return website


def name_of(source_id: str) -> str | None:
    """Return how people call a website, by its number as text."""
    website = db.session.get(Website, int(source_id)) if source_id.isdecimal() else None
    return website.source.name if website else None
