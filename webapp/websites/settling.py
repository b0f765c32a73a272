"""What came of pages is stored: their rows, their texts, and the addresses to which they lead."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from webapp.clock import now
from webapp.extensions import db
from webapp.knowledge import readings, taking
from webapp.knowledge.models import Source, SourceState
from webapp.states import rows_changed
from webapp.websites.frontier import BY_ROBOTS, READ, Frontier
from webapp.websites.models import PageState, WebPage, Website
from webapp.websites.visiting import Problem, Visit

#: Further tries at a page that failed, and at one that the site asked us to wait for.
AGAIN, AFTER_WAITING = 1, 4
TITLE = 500
MOST_LINKS = 1_000
NOINDEX = "The page asks not to be listed anywhere (noindex)."
NO_TEXT = "It has no text of its own."


@dataclass
class Round:
    """Some pages that came back, stored together: a statement costs as much for one as for eight."""

    frontier: Frontier
    #: Their rows, by id.
    rows: dict[int, WebPage]
    #: Texts that were read in this crawl, by their hash, with the address of the page.
    texts: dict[str, str]
    #: What is to be found from now on.
    fresh: list[tuple[WebPage, Visit]] = field(default_factory=list)


def settle(frontier: Frontier, visits: Sequence[Visit]) -> None:
    """Store what came of some pages, in the caller's transaction: all of it or nothing.

    Raises ``readings.Overtaken`` when the website is being removed.
    """
    _hold(frontier.plan.source_id)
    rows = _rows(visits)
    together = Round(frontier, rows, _texts(frontier, rows, visits))
    with db.session.no_autoflush:
        for visit in visits:
            page = rows.get(visit.page.id)
            if page is None or page.state != PageState.FOUND or page.crawl != frontier.plan.crawl:
                continue  # another address led to it meanwhile
            _one(together, page, visit)
        frontier.write()
        _take(together)


def _rows(visits: Sequence[Visit]) -> dict[int, WebPage]:
    query = select(WebPage).options(joinedload(WebPage.reading))
    found = db.session.scalars(query.where(WebPage.id.in_([visit.page.id for visit in visits])))
    return {page.id: page for page in found}


def _texts(frontier: Frontier, rows: dict[int, WebPage], visits: Sequence[Visit]) -> dict[str, str]:
    """Return those of the texts of some pages that this crawl has met already, and where."""
    hashes = {visit.sha256 for visit in visits} | {page.sha256 or "" for page in rows.values()}
    query = select(WebPage.sha256, WebPage.url).where(
        WebPage.sha256.in_(hashes - {""}),
        WebPage.source_id == frontier.plan.source_id,
        WebPage.crawl == frontier.plan.crawl,
        WebPage.state.in_(READ),
    )
    return {sha256: url for sha256, url in db.session.execute(query) if sha256}


def _one(together: Round, page: WebPage, visit: Visit) -> None:
    frontier = together.frontier
    page.fetched_at, page.status = now(), visit.status
    frontier.fetched += 1
    frontier.found -= 1
    if visit.problem is not None:
        _troubled(frontier, page, visit.problem)
        return
    _no_trouble(frontier)
    if visit.fetched is not None and visit.fetched.not_modified:
        _same_as_before(together, page)
    else:
        _text(together, page, visit)


def _hold(source_id: int) -> None:
    """Make sure that the website is still being read, and stays so until the commit."""
    held = db.session.execute(
        update(Source)
        .where(Source.id == source_id, Source.state == SourceState.READING)
        .values(version=Source.version + 1)
        .execution_options(synchronize_session=False)
    )
    if rows_changed(held) != 1:
        raise readings.Overtaken


def _troubled(frontier: Frontier, page: WebPage, problem: Problem) -> None:
    page.note = problem.sentence
    tries = AFTER_WAITING if problem.wait is not None else AGAIN
    if problem.again:
        frontier.failing += 1
        _count_failing(frontier)
    if problem.again and page.tries < tries:
        page.tries += 1
        frontier.found += 1
        return
    page.state = problem.state
    if problem.state == PageState.FAILED and page.reading_id is not None:
        # What it says cannot be seen this time; where it leads is still known.
        frontier.lead(page.links, page.depth + 1)


def _no_trouble(frontier: Frontier) -> None:
    if frontier.failing:
        frontier.failing = 0
        _count_failing(frontier)


def _count_failing(frontier: Frontier) -> None:
    db.session.execute(
        update(Website)
        .where(Website.source_id == frontier.plan.source_id)
        .values(failing=frontier.failing)
    )


def _same_as_before(together: Round, page: WebPage) -> None:
    together.frontier.lead(page.links, page.depth + 1)
    sha256 = page.sha256 or ""
    twin = together.texts.get(sha256)
    if twin is None:
        _is_read(together, page, PageState.UNCHANGED, sha256)
    else:
        _skip(page, f"It has the same text as {twin}.")


def _text(together: Round, page: WebPage, visit: Visit) -> None:
    fetched, text, frontier = visit.fetched, visit.text, together.frontier
    if fetched is None:
        raise TypeError
    plan, about = frontier.plan, text.about
    page.size = len(fetched.body)
    frontier.bytes += page.size
    place = plan.scope.place(fetched.url)
    if place is None:
        _skip(page, f"It leads to {fetched.url}, which is not a part of this website.")
        return
    tags = {tag.strip().rpartition(":")[2].strip() for tag in fetched.robots_tag.lower().split(",")}
    links = [] if tags & {"nofollow", "none"} else plan.scope.places(text.links)[:MOST_LINKS]
    page.links = links
    frontier.lead(links, page.depth + 1)
    if about.get("noindex") or tags & {"noindex", "none"}:
        _skip(page, NOINDEX)
    elif not plan.allows(place):
        _skip(page, BY_ROBOTS)
    elif not visit.sha256:
        _skip(page, NO_TEXT)
    else:
        own = _by_its_own_name(together, page, visit, place)
        if own is not None:
            _store(together, own, visit)


def _by_its_own_name(together: Round, page: WebPage, visit: Visit, place: str) -> WebPage | None:
    """Return the row under whose address a text is stored; None when it is there already.

    That is the address to which a redirect led, or that the page itself says to be the right one.
    """
    frontier = together.frontier
    twin = together.texts.get(visit.sha256)
    if twin is not None:
        _skip(page, f"It has the same text as {twin}.")
        return None
    right = frontier.plan.scope.place(visit.text.about.get("canonical") or "") or place
    if right == page.url or not frontier.plan.allows(right):
        return page
    other = _row(frontier, right, page.depth)
    if other is None or other.state in READ:
        # It is told of another page, whose text was another one. Behind the question mark, that
        # is only another order of the same; else the page is mistaken about itself.
        if place == page.url and _path(right) != _path(page.url):
            return page
        _skip(page, f"It is the same page as {right}.")
        return None
    if other.state != PageState.FOUND:
        return page
    _skip(page, f"It is the same page as {right}.")
    frontier.found -= 1
    other.fetched_at, other.status, other.size = page.fetched_at, page.status, page.size
    other.links, page.size = page.links, 0
    return other


def _row(frontier: Frontier, url: str, depth: int) -> WebPage | None:
    """Return the row of an address in this crawl, made when there is none."""
    frontier.add([url], min(depth, frontier.plan.max_depth))
    return db.session.scalar(
        select(WebPage).where(WebPage.source_id == frontier.plan.source_id, WebPage.url == url)
    )


def _store(together: Round, page: WebPage, visit: Visit) -> None:
    fetched, about = visit.fetched, visit.text.about
    if fetched is None:
        raise TypeError
    scope = together.frontier.plan.scope
    direct = scope.place(fetched.url) == page.url and not fetched.redirects
    page.etag = fetched.etag if direct else None
    page.last_modified = fetched.last_modified if direct else None
    page.title = (about.get("title") or "")[:TITLE] or None
    old = page.reading
    if old and old.live and readings.made_of(old, visit.sha256):
        _is_read(together, page, PageState.UNCHANGED, visit.sha256)
        return
    page.sha256 = visit.sha256
    _is_read(together, page, PageState.READ, visit.sha256)
    together.fresh.append((page, visit))


def _take(together: Round) -> None:
    """Make the new texts of pages those that are found."""
    texts = []
    numbers = taking.numbers(len(together.fresh)) if together.fresh else []
    for (page, visit), number in zip(together.fresh, numbers, strict=True):
        page.reading_id = number
        about = {
            key: visit.text.about[key]
            for key in ("title", "description", "language", "date", "author")
            if visit.text.about.get(key)
        } | {"url": page.url, "taken_by": visit.text.extractor}
        pieces = visit.text.pieces
        texts.append(taking.Whole(number, page.url, visit.sha256, "html", about, pieces))
    taking.take(together.frontier.plan.source_id, texts)


def _is_read(together: Round, page: WebPage, state: PageState, sha256: str) -> None:
    page.state, page.note = state, None
    together.frontier.read += 1
    together.texts[sha256] = page.url


def _skip(page: WebPage, note: str) -> None:
    page.state, page.note = PageState.SKIPPED, note


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"
