"""The addresses that a crawl has come across: rows, nearest to the first page first."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, delete, func, insert, select, update

from webapp.clock import now
from webapp.extensions import db
from webapp.knowledge import readings
from webapp.knowledge.models import Reading
from webapp.websites.models import PageState, WebPage, Website
from webapp.websites.planning import Plan
from webapp.websites.scoping import DOCUMENTS, ending

#: Addresses that differ only behind the question mark: a calendar has one for each day of all times.
MOST_VARIANTS = 50
#: Addresses kept for each page that may be read; more would never have their turn.
SPARE = 4
LOADED = 50
READ = (PageState.READ, PageState.UNCHANGED)

BY_ROBOTS = "The site’s robots.txt asks not to read it."
VARIANTS = (
    f"More than {MOST_VARIANTS} addresses differ from this one only behind the question mark: "
    "the others are left out."
)


class Waiting(NamedTuple):
    """A page that is to be fetched."""

    id: int
    url: str
    depth: int
    tries: int
    tried_at: datetime | None
    #: Of what is found of it now, and was made by the settings of today; else None.
    etag: str | None
    last_modified: str | None


@dataclass
class Frontier:
    """What a slice remembers of the rows."""

    plan: Plan
    #: Every address of the website with the last crawl that came across it.
    known: dict[str, int]
    variants: Counter[str]
    found: int
    read: int
    fetched: int
    bytes: int
    #: Pages in a row that could not be had because the site did not answer.
    failing: int
    _next: deque[Waiting] = field(default_factory=deque)

    @classmethod
    def of(cls, plan: Plan, website: Website) -> "Frontier":
        """Look at the rows of a website."""
        mine = WebPage.source_id == plan.source_id
        known: dict[str, int] = dict(
            db.session.execute(select(WebPage.url, WebPage.crawl).where(mine)).all()
        )
        current = and_(mine, WebPage.crawl == plan.crawl)
        states: dict[PageState, int] = dict(
            db.session.execute(
                select(WebPage.state, func.count()).where(current).group_by(WebPage.state)
            ).all()
        )  # fmt: skip
        fetched, size = db.session.execute(
            select(func.count(), func.coalesce(func.sum(WebPage.size), 0)).where(
                current, WebPage.fetched_at >= website.crawl_began_at
            )
        ).one()
        variants = Counter(
            _path(url) for url, crawl in known.items() if crawl == plan.crawl and "?" in url
        )
        read = sum(states.get(state, 0) for state in READ)
        found = states.get(PageState.FOUND, 0)
        return cls(plan, known, variants, found, read, fetched, int(size), website.failing)

    def add(self, urls: Iterable[str], depth: int) -> None:
        """Store the addresses to which a page leads, unless this crawl has come across them."""
        if depth > self.plan.max_depth:
            return
        fresh = [url for url in urls if self.known.get(url) != self.plan.crawl]
        by_fate: dict[str | None, list[str]] = {}
        for url in fresh[: self.room]:
            note = self._why_not(url)
            if note != "":
                by_fate.setdefault(note, []).append(url)
        for note, chosen in by_fate.items():
            self._store(chosen, depth, note)
            self.found += 0 if note else len(chosen)

    @property
    def room(self) -> int:
        """How many more addresses are kept."""
        return max(0, SPARE * self.plan.max_pages + 1_000 - self.found - self.fetched)

    @property
    def full(self) -> bool:
        """Whether no more addresses are kept: they would never have their turn."""
        return self.room == 0

    def _why_not(self, url: str) -> str | None:
        """Return why an address is not fetched; None: it is, "": it is not even listed."""
        if "?" in url:
            path = _path(url)
            self.variants[path] += 1
            if self.variants[path] > MOST_VARIANTS:
                return VARIANTS if self.variants[path] == MOST_VARIANTS + 1 else ""
        if not self.plan.allows(url):
            return BY_ROBOTS
        kind = DOCUMENTS.get(ending(url))
        return kind and as_document(kind)

    def _store(self, urls: Sequence[str], depth: int, note: str | None) -> None:
        state = PageState.SKIPPED if note else PageState.FOUND
        values: dict[str, Any] = {"state": state, "note": note, "depth": depth}
        values["crawl"] = self.plan.crawl
        new = [url for url in urls if url not in self.known]
        if new:
            same = {**values, "source_id": self.plan.source_id, "links": [], "created_at": now()}
            db.session.execute(insert(WebPage), [{**same, "url": url} for url in new])
        old = [url for url in urls if url in self.known]
        for start in range(0, len(old), 500):
            db.session.execute(
                update(WebPage)
                .where(
                    WebPage.source_id == self.plan.source_id,
                    WebPage.url.in_(old[start : start + 500]),
                )
                .values(**values, tries=0, status=None)
                .execution_options(synchronize_session=False)
            )
        self.known.update(dict.fromkeys(urls, self.plan.crawl))

    def take(self, busy: set[int]) -> Waiting | None:
        """Return the next page to fetch, that nobody is at; None when there is none."""
        if not self._next:
            self._next.extend(self._load(busy))
        while self._next:
            page = self._next.popleft()
            if page.id not in busy:
                return page
        return None

    def give_back(self, page: Waiting) -> None:
        """Put a page back that was taken and not fetched."""
        self._next.appendleft(page)

    def _load(self, busy: set[int]) -> list[Waiting]:
        """Return the next pages: what failed before comes last."""
        fresh = and_(
            Reading.id == WebPage.reading_id,
            Reading.live,
            Reading.made_with == readings.settings_mark(),
        )
        rows = db.session.execute(
            select(WebPage, Reading.id)
            .outerjoin(Reading, fresh)
            .where(
                WebPage.source_id == self.plan.source_id,
                WebPage.crawl == self.plan.crawl,
                WebPage.state == PageState.FOUND,
                WebPage.id.not_in(busy),
            )
            .order_by(WebPage.tries, WebPage.depth, WebPage.id)
            .limit(LOADED)
        ).all()
        waiting = [_waiting(page, known=known is not None) for page, known in rows]
        db.session.rollback()  # nothing was written, and nothing may be held while pages are fetched
        return waiting


def as_document(kind: str) -> str:
    """Say of a document to which a link leads why it is not read."""
    return f"It is {kind}. Upload it under Documents to have it read."


def _waiting(page: WebPage, *, known: bool) -> Waiting:
    return Waiting(
        page.id,
        page.url,
        page.depth,
        page.tries,
        page.fetched_at if page.tries else None,
        page.etag if known else None,
        page.last_modified if known else None,
    )


def _path(url: str) -> str:
    return url.partition("?")[0]


def begin(website: Website, moment: datetime) -> None:
    """Make ready for another crawl: what an earlier one only found is forgotten."""
    db.session.execute(
        delete(WebPage)
        .where(
            WebPage.source_id == website.source_id,
            WebPage.state == PageState.FOUND,
            WebPage.reading_id.is_(None),
        )
        .execution_options(synchronize_session=False)
    )
    website.crawl += 1
    website.crawl_began_at = moment
    website.ended_because = website.not_before = None
    website.failing = 0
