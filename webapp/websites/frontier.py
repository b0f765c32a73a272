"""The addresses that a crawl has come across: rows, nearest to the first page first."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, delete, func, select, update

from webapp.clock import now
from webapp.extensions import db, insertion
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
    #: Addresses that are not stored yet: new ones, and those of earlier crawls by depth and note.
    _new: list[dict[str, Any]] = field(default_factory=list)
    _old: dict[tuple[int, str | None], list[str]] = field(default_factory=dict)

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
        """Store some addresses, unless this crawl has come across them."""
        self.lead(urls, depth)
        self.write()

    def lead(self, urls: Iterable[str], depth: int) -> None:
        """Remember the addresses to which a page leads; they are stored by ``write``."""
        if depth > self.plan.max_depth:
            return
        fresh = [url for url in urls if self.known.get(url) != self.plan.crawl]
        for url in fresh[: self.room]:
            note = self._why_not(url)
            if note != "":
                self._remember(url, depth, note)

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

    def _remember(self, url: str, depth: int, note: str | None) -> None:
        if self.known.get(url) == self.plan.crawl:
            return  # it stands there twice
        if url in self.known:
            self._old.setdefault((depth, note), []).append(url)
        else:
            values = {**self._values(depth, note), "links": [], "created_at": now()}
            self._new.append({**values, "source_id": self.plan.source_id, "url": url})
        self.known[url] = self.plan.crawl
        self.found += 0 if note else 1

    def _values(self, depth: int, note: str | None) -> dict[str, Any]:
        state = PageState.SKIPPED if note else PageState.FOUND
        return {"state": state, "note": note, "depth": depth, "crawl": self.plan.crawl}

    def write(self) -> None:
        """Store the addresses to which pages lead, in the caller's transaction."""
        new, self._new = self._new, []
        old, self._old = self._old, {}
        if new:
            db.session.execute(insertion(WebPage), new)
        for (depth, note), urls in old.items():
            for start in range(0, len(urls), 500):
                db.session.execute(
                    update(WebPage)
                    .where(
                        WebPage.source_id == self.plan.source_id,
                        WebPage.url.in_(urls[start : start + 500]),
                    )
                    .values(**self._values(depth, note), tries=0, status=None)
                    .execution_options(synchronize_session=False)
                )

    def take(self, busy: set[int]) -> Waiting | None:
        """Return the next page to fetch, that nobody is at; None when there is none."""
        if not self._next and self.found > len(busy):
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
            select(*WAITING, Reading.id)
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
        waiting = [_waiting(*row) for row in rows]
        db.session.rollback()  # nothing was written, and nothing may be held while pages are fetched
        return waiting


def as_document(kind: str) -> str:
    """Say of a document to which a link leads why it is not read."""
    return f"It is {kind}. Upload it under Documents to have it read."


#: What ``_waiting`` is given, beside the reading that is found of the page.
WAITING = (
    WebPage.id,
    WebPage.url,
    WebPage.depth,
    WebPage.tries,
    WebPage.fetched_at,
    WebPage.etag,
    WebPage.last_modified,
)


def _waiting(
    id_: int,
    url: str,
    depth: int,
    tries: int,
    fetched_at: datetime | None,
    etag: str | None,
    last_modified: str | None,
    known: int | None,
) -> Waiting:
    tried_at = fetched_at if tries else None
    if known is None:
        etag = last_modified = None
    return Waiting(id_, url, depth, tries, tried_at, etag, last_modified)


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
