"""How a crawl begins: where the website really is, what it allows, and what it lists itself."""

from collections.abc import Iterable, Iterator
from urllib.parse import urljoin, urlsplit, urlunsplit

import structlog
from sqlalchemy import select

from webapp.extensions import db
from webapp.jobs.running import Run
from webapp.websites.fetching import Fetcher
from webapp.websites.frontier import Frontier
from webapp.websites.models import PageState, WebPage, Website
from webapp.websites.planning import Plan, first
from webapp.websites.robots import Rules
from webapp.websites.scoping import moved
from webapp.websites.sitemaps import urls as urls_of
from webapp.websites.visiting import Visit

log = structlog.get_logger(__name__)


def adopts(plan: Plan, visit: Visit) -> bool:
    """Let a website be where its first page turned out to be; False when it is where it was said.

    That is the same host with www. or without, or by https instead of http. When nobody said
    which of these, and https does not answer, http is tried.
    """
    website = db.session.get_one(Website, plan.source_id)
    if visit.fetched is None:
        return website.any_scheme and try_plain(website)
    parts, at = urlsplit(website.scope), urlsplit(visit.fetched.url)
    scope = moved(website, visit.fetched.url)
    if scope is None or (at.scheme, at.netloc) == (parts.scheme, parts.netloc):
        return False
    _move(website, scope)
    return True


def try_plain(website: Website) -> bool:
    """Let http be tried where https did not answer, if nobody asked for https."""
    website.any_scheme = False
    parts = urlsplit(website.scope)
    if parts.scheme != "https":
        return False
    website.url = urlunsplit(urlsplit(website.url)._replace(scheme="http"))
    _move(website, urlunsplit(parts._replace(scheme="http")))
    return True


def _move(website: Website, scope: str) -> None:
    """Change where a website is; its first page is to be fetched there."""
    old = first(website)
    website.scope = scope
    new = first(website)
    rows = {
        row.url: row
        for row in db.session.scalars(
            select(WebPage).where(
                WebPage.source_id == website.source_id, WebPage.url.in_([old, new])
            )
        )
    }
    if old in rows and new not in rows:
        rows[old].url = new
    elif old in rows and old != new:
        rows[old].state, rows[old].note = PageState.SKIPPED, f"It leads to {new}."


#: Addresses of a sitemap that are stored at once.
BATCH = 500


def look_at_sitemaps(run: Run, pages: Frontier, fetcher: Fetcher, rules: Rules) -> None:
    """Add what the site itself lists, as if its first page led there. Commits.

    When that cannot be seen, what was known before stands for it: nothing is gone for that.
    """
    plan, troubles = pages.plan, list[str]()
    usual = [urljoin(plan.url, "/sitemap.xml")]
    listed = urls_of(fetcher, rules.sitemaps or usual, alive=run.report, note=troubles.append)
    for start in _some(url for url, _changed in listed):
        pages.add(plan.scope.places(start), 1)
        run.step(note="Looking at what the website lists itself.")
        if pages.full:
            break
    if troubles and rules.sitemaps:
        known = select(WebPage.url).where(
            WebPage.source_id == plan.source_id, WebPage.reading_id.is_not(None)
        )
        pages.add(list(db.session.scalars(known)), 1)
    website = db.session.get_one(Website, plan.source_id)
    website.mapped = plan.crawl
    log.info("Looked at what the website lists itself", found=pages.found, troubles=len(troubles))
    run.step()


def _some(urls: Iterable[str]) -> Iterator[list[str]]:
    """Yield them in batches."""
    batch: list[str] = []
    for url in urls:
        batch.append(url)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch
