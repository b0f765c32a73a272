"""The job that reads a website: page by page, in slices, each page stored whole or not at all.

The rows of the pages are the frontier, so a crawl whose worker was killed goes on where it stood.
"""

import time
from datetime import timedelta

import structlog

from webapp.clock import now
from webapp.extensions import db, settings
from webapp.jobs.running import Run
from webapp.knowledge.models import Source, SourceState
from webapp.knowledge.readings import Overtaken
from webapp.states import move
from webapp.websites import ending, frontier, keeping, starting
from webapp.websites.ending import Reason
from webapp.websites.fetching import Fetcher, agent
from webapp.websites.frontier import Frontier
from webapp.websites.models import Website
from webapp.websites.planning import Plan
from webapp.websites.robots import Rules
from webapp.websites.slices import AGAIN_AFTER, PATIENCE, Slice

log = structlog.get_logger(__name__)

#: Seconds after which a slice ends, so that what else waits has its turn.
SLICE = 5.0
REMOVED = "The website was removed meanwhile."


def go_on(run: Run, source: Source, *, max_pages: int | None = None) -> str | None:
    """Read a website for a while and say what came of it; None: there is more to do.

    ``max_pages`` stands in for the website's own limit. Commits. Raises Impossible when nothing at all could be read.
    """
    until = time.monotonic() + SLICE
    website = db.session.get(Website, source.id)
    if website is None or source.state == SourceState.REMOVING:
        return REMOVED
    _begin(website)
    run.step()
    if website.not_before and website.not_before - now() > timedelta(seconds=PATIENCE):
        run.not_before = website.not_before  # not this process waits, but the job's row
        return None
    try:
        return _slice(run, website, until, max_pages)
    except Overtaken:
        db.session.rollback()
        return REMOVED


def _begin(website: Website) -> None:
    """Begin a crawl, or go on with the one that is under way or was stopped."""
    source, moment = website.source, now()
    if source.state == SourceState.STOPPED and website.crawl and website.ended_because is None:
        website.crawl_began_at = moment
    elif source.state != SourceState.READING:
        frontier.begin(website, moment)
        log.info("Begins to read the website", address=website.url)
    alive = [state for state in SourceState if state != SourceState.REMOVING]
    move(source, SourceState.READING, expect=alive, error=None, advice=None)


def _slice(run: Run, website: Website, until: float, max_pages: int | None) -> str | None:
    config, base = settings(), website.scope
    key = (website.source_id, website.crawl, base)
    db.session.commit()
    with Fetcher(
        user_agent=agent(config.public_url), allowed_hosts=config.website_private_hosts
    ) as fetcher:
        rules = keeping.rules(key, lambda: Rules.read(fetcher, base, alive=run.report))
        delay = max(rules.delay, config.website_delay_ms / 1_000)
        plan = Plan.of(website, delay=delay, allows=rules.allows, max_pages=max_pages)
        pages = Frontier.of(plan, website)
        if rules.note:
            return _without_rules(run, website, pages, rules.note)
        if pages.known.get(plan.url) != plan.crawl:
            pages.add([plan.url], 0)
        mapped = website.mapped == website.crawl
        run.step(pages.read)
        if not mapped:
            starting.look_at_sitemaps(run, pages, fetcher, rules)
        began = website.not_before or now()
        db.session.commit()
        reason = Slice(run, pages, fetcher, until, began).go_on()
    return None if reason is None else ending.finish(run, pages, reason)


def _without_rules(run: Run, website: Website, pages: Frontier, note: str) -> str | None:
    """Ask once more for a robots.txt that cannot be had; without it nothing may be read."""
    keeping.forget(website.source_id)
    log.warning("The website's robots.txt cannot be had", reason=note)
    if website.any_scheme and starting.try_plain(website):
        return None
    if website.failing == 0:
        website.failing = 1
        pause = timedelta(seconds=AGAIN_AFTER * pages.plan.delay)
        website.not_before = run.not_before = now() + pause
        return None
    return ending.finish(run, pages, Reason(note, broke_off=True))
