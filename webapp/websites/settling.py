"""What came of a page is stored: its row, its text, and the addresses to which it leads."""

from urllib.parse import urlsplit

from sqlalchemy import select, update

from webapp.clock import now
from webapp.extensions import db
from webapp.knowledge import readings
from webapp.knowledge.models import Reading, Source, SourceState
from webapp.websites.frontier import BY_ROBOTS, READ, Frontier
from webapp.websites.models import PageState, WebPage, Website
from webapp.websites.visiting import Problem, Visit

#: Further tries at a page that failed, and at one that the site asked us to wait for.
AGAIN, AFTER_WAITING = 1, 4
TITLE = 500
MOST_LINKS = 1_000
NOINDEX = "The page asks not to be listed anywhere (noindex)."
NO_TEXT = "It has no text of its own."


def settle(frontier: Frontier, visit: Visit) -> None:
    """Store what came of a page, in the caller's transaction: all of it or nothing.

    Raises ``readings.Overtaken`` when the website is being removed.
    """
    _hold(frontier.plan.source_id)
    page = db.session.get(WebPage, visit.page.id)
    if page is None or page.state != PageState.FOUND or page.crawl != frontier.plan.crawl:
        return  # another address led to it meanwhile
    page.fetched_at, page.status = now(), visit.status
    frontier.fetched += 1
    frontier.found -= 1
    if visit.problem is not None:
        _troubled(frontier, page, visit.problem)
        return
    _no_trouble(frontier)
    if visit.fetched is not None and visit.fetched.not_modified:
        _same_as_before(frontier, page)
    else:
        _text(frontier, page, visit)


def _hold(source_id: int) -> None:
    """Make sure that the website is still being read, and stays so until the commit."""
    held = db.session.execute(
        update(Source)
        .where(Source.id == source_id, Source.state == SourceState.READING)
        .values(version=Source.version + 1)
        .execution_options(synchronize_session=False)
    )
    if held.rowcount != 1:  # type: ignore[attr-defined]
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
        frontier.add(page.links, page.depth + 1)


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


def _same_as_before(frontier: Frontier, page: WebPage) -> None:
    frontier.add(page.links, page.depth + 1)
    twin = _twin(frontier, page, page.sha256 or "")
    if twin is None:
        _is_read(frontier, page, PageState.UNCHANGED)
    else:
        _skip(page, f"It has the same text as {twin.url}.")


def _text(frontier: Frontier, page: WebPage, visit: Visit) -> None:
    fetched, text = visit.fetched, visit.text
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
    frontier.add(links, page.depth + 1)
    if about.get("noindex") or tags & {"noindex", "none"}:
        _skip(page, NOINDEX)
    elif not plan.allows(place):
        _skip(page, BY_ROBOTS)
    elif not visit.sha256:
        _skip(page, NO_TEXT)
    else:
        own = _by_its_own_name(frontier, page, visit, place)
        if own is not None:
            _store(frontier, own, visit)


def _by_its_own_name(frontier: Frontier, page: WebPage, visit: Visit, place: str) -> WebPage | None:
    """Return the row under whose address a text is stored; None when it is there already.

    That is the address to which a redirect led, or that the page itself says to be the right one.
    """
    twin = _twin(frontier, page, visit.sha256)
    if twin is not None:
        _skip(page, f"It has the same text as {twin.url}.")
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
    if frontier.known.get(url) != frontier.plan.crawl:
        frontier.add([url], min(depth, frontier.plan.max_depth))
    return db.session.scalar(
        select(WebPage).where(WebPage.source_id == frontier.plan.source_id, WebPage.url == url)
    )


def _twin(frontier: Frontier, page: WebPage, sha256: str) -> WebPage | None:
    """Return another page that was read in this crawl and has the same text."""
    return db.session.scalar(
        select(WebPage)
        .where(
            WebPage.sha256 == sha256,
            WebPage.source_id == page.source_id,
            WebPage.crawl == frontier.plan.crawl,
            WebPage.state.in_(READ),
            WebPage.id != page.id,
        )
        .limit(1)
    )


def _store(frontier: Frontier, page: WebPage, visit: Visit) -> None:
    fetched, about = visit.fetched, visit.text.about
    if fetched is None:
        raise TypeError
    direct = frontier.plan.scope.place(fetched.url) == page.url and not fetched.redirects
    page.etag = fetched.etag if direct else None
    page.last_modified = fetched.last_modified if direct else None
    page.title = (about.get("title") or "")[:TITLE] or None
    old = page.reading
    if old and old.live and readings.made_of(old, visit.sha256):
        _is_read(frontier, page, PageState.UNCHANGED)
        return
    page.reading_id = _reading(page, visit).id
    page.sha256 = visit.sha256
    _is_read(frontier, page, PageState.READ)


def _reading(page: WebPage, visit: Visit) -> Reading:
    """Make the page's new text the one that is found."""
    source = db.session.get_one(Source, page.source_id)
    reading = readings.begin(source, place=page.url, sha256=visit.sha256)
    reading.format = "html"
    reading.about = {
        key: visit.text.about[key]
        for key in ("title", "description", "language", "date", "author")
        if visit.text.about.get(key)
    } | {"url": page.url, "taken_by": visit.text.extractor}
    readings.add_parts(reading, visit.text.pieces, whole=True)
    reading.total = reading.parts
    readings.cut(reading, until=_never)
    readings.go_live(reading)
    return reading


def _never() -> bool:
    return False


def _is_read(frontier: Frontier, page: WebPage, state: PageState) -> None:
    page.state, page.note = state, None
    frontier.read += 1


def _skip(page: WebPage, note: str) -> None:
    page.state, page.note = PageState.SKIPPED, note


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"
