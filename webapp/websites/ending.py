"""A crawl ends: what vanished is taken back, and it is said what was read and why it ended."""

from datetime import timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import and_, or_, select

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.running import Impossible, Run
from webapp.knowledge import readings
from webapp.knowledge.models import Source, SourceState
from webapp.states import move
from webapp.websites.frontier import Frontier
from webapp.websites.models import PageState, WebPage, Website
from webapp.websites.planning import Plan
from webapp.websites.visiting import GONE

log = structlog.get_logger(__name__)

UNDER_WAY = (SourceState.WAITING, SourceState.READING)
BATCH = 50
EVERYTHING = "Every page was read."
NOTHING_ADVICE = (
    "Look whether the address is right and opens in a browser, then have the website read again."
)


class Reason(NamedTuple):
    """Why a crawl ends."""

    words: str
    #: Every address that it came across was asked for: what it did not come across is gone.
    complete: bool = False
    #: The site stopped answering: what it says of single pages is worth nothing.
    broke_off: bool = False


def finish(run: Run, frontier: Frontier, reason: Reason) -> str:
    """End a crawl, and return what came of it in words. Commits.

    Raises Impossible when nothing could be read, with what became of the first page.
    """
    plan = frontier.plan
    log.info("The website has been read", pages=frontier.read, because=reason.words)
    if frontier.read == 0:
        raise Impossible(*_nothing(plan, reason))
    if not reason.broke_off:
        _take_back(run, plan, complete=reason.complete)
    website = db.session.get_one(Website, plan.source_id)
    website.ended_because = reason.words
    _plan_next(website)
    move(website.source, SourceState.READY, expect=[SourceState.READING])
    pages = "1 page" if frontier.read == 1 else f"{frontier.read:,} pages"
    return f"{pages} read. {reason.words}"


def _nothing(plan: Plan, reason: Reason) -> tuple[str, str]:
    """Say why nothing could be read."""
    first = db.session.scalar(
        select(WebPage).where(WebPage.source_id == plan.source_id, WebPage.url == plan.url)
    )
    why = first.note if first and first.note else reason.words
    return f"Nothing of this website could be read. {why}", NOTHING_ADVICE


def _take_back(run: Run, plan: Plan, *, complete: bool) -> None:
    """Let nothing be found any more of pages that are gone, or that asked for that.

    A page is gone when the site says so; after a complete crawl also when nothing leads there.
    """
    said = and_(
        WebPage.crawl == plan.crawl,
        or_(
            WebPage.state == PageState.SKIPPED,
            and_(WebPage.state == PageState.FAILED, WebPage.status.in_(GONE)),
        ),
    )
    gone = or_(said, WebPage.crawl < plan.crawl) if complete else said
    query = (
        select(WebPage)
        .where(WebPage.source_id == plan.source_id, WebPage.reading_id.is_not(None), gone)
        .order_by(WebPage.id)
        .limit(BATCH)
    )
    while pages := db.session.scalars(query).all():
        source = db.session.get_one(Source, plan.source_id)
        for page in pages:
            readings.retire(source, page.url)
            page.reading_id = page.sha256 = page.etag = page.last_modified = None
            if page.state != PageState.SKIPPED or page.crawl < plan.crawl:
                page.state = PageState.GONE
                page.note = page.note if page.crawl == plan.crawl else NOT_FOUND
        log.info("Took back pages that are gone", pages=len(pages))
        run.step(note="Taking back the pages that are gone.")


NOT_FOUND = "Nothing on the website leads there any more."


def fail(source: Source, sentence: str, advice: str | None) -> None:
    """Remember that a website could not be read; what an earlier crawl brought stays."""
    website = db.session.get(Website, source.id)
    if website is not None and move(
        source, SourceState.FAILED, expect=UNDER_WAY, error=sentence, advice=advice
    ):
        website.ended_because = sentence
        _plan_next(website)


def stop(source: Source) -> None:
    """Remember that somebody stopped the crawl; what was read stays, and it may go on."""
    website = db.session.get(Website, source.id)
    if website is not None and move(source, SourceState.STOPPED, expect=UNDER_WAY):
        _plan_next(website)


def _plan_next(website: Website) -> None:
    days = website.every_days
    website.next_at = now() + timedelta(days=days) if days else None
