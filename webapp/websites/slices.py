"""One slice of a crawl: pages are sent for, come back, and are stored one by one."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import update

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.running import Run
from webapp.websites import keeping, starting
from webapp.websites.crew import AT_ONCE, READERS, Crew
from webapp.websites.ending import EVERYTHING, Reason
from webapp.websites.fetching import Fetcher
from webapp.websites.frontier import Frontier, Waiting
from webapp.websites.models import Website
from webapp.websites.scoping import siblings
from webapp.websites.settling import settle
from webapp.websites.visiting import Visit

#: Seconds for which a slice waits for its website; if it is longer, the job's row waits.
PATIENCE = 1.0
#: Between two looks at whether somebody asked to stop.
GLANCE = 0.25
#: What failed is tried again after so many delays between two pages.
AGAIN_AFTER = 20
#: Pages in a row without an answer after which the site is taken for down.
DOWN = 5


@dataclass
class Slice:
    """The work of a few seconds at one website."""

    run: Run
    frontier: Frontier
    fetcher: Fetcher
    #: By ``time.monotonic``.
    until: float
    #: The site is not to be asked before.
    not_before: datetime = field(default_factory=now)
    #: The website turned out to be at another address: the next slice begins there.
    moved: bool = False
    #: The last reason for which a page could not be had.
    trouble: str = ""

    def go_on(self) -> Reason | None:
        """Read pages until the time is up; return why the crawl has ended, or None. Commits."""
        size = AT_ONCE if self.frontier.plan.delay == 0 else 1
        with (
            keeping.readers(min(size, READERS)) as readers,
            Crew(self.fetcher, readers, size=size, within=self._within) as crew,
        ):
            while True:
                reason = self._over()
                if reason is None and not self.moved:
                    self._send(crew)
                if not crew.at_work:
                    ended = reason or self._nothing_to_send()
                    if ended is not None or self._to_be_continued():
                        return ended
                self._take(crew)

    def _within(self, url: str) -> bool:
        """Say whether a redirect is followed: also to the same host by another name."""
        scope = self.frontier.plan.scope
        return scope.place(url) is not None or siblings(urlsplit(url).netloc, scope.netloc)

    def _send(self, crew: Crew) -> None:
        """Send for as many pages as may be asked for now."""
        pages, plan = self.frontier, self.frontier.plan
        while (
            crew.room
            and time.monotonic() < self.until
            and now() >= self.not_before
            and pages.read + len(crew.at_work) < plan.max_pages
        ):
            page = pages.take(crew.busy)
            if page is None or self._too_early(page):
                return
            crew.send(page)

    def _too_early(self, page: Waiting) -> bool:
        """Put back a page that failed a moment ago, and wait: nothing else is left to be fetched."""
        pause = timedelta(seconds=AGAIN_AFTER * self.frontier.plan.delay)
        due = page.tried_at + pause if page.tried_at else now()
        if due <= now():
            return False
        self.frontier.give_back(page)
        self.not_before = due
        return True

    def _take(self, crew: Crew) -> None:
        """Store what has come back, and let others know how far it is."""
        wait = max(0.01, (self.not_before - now()).total_seconds())
        visit = crew.back(min(GLANCE, wait) if not crew.at_work else GLANCE)
        if visit is None:
            self.run.report()
            return
        self._settle(visit)
        pages = self.frontier
        total = min(pages.plan.max_pages, pages.read + pages.found)
        self.run.step(pages.read, max(1, total), self._note())

    def _settle(self, visit: Visit) -> None:
        plan = self.frontier.plan
        if visit.page.url == plan.url and starting.adopts(plan, visit):
            self.moved = True
            return
        settle(self.frontier, visit)
        if visit.problem is not None and visit.problem.again:
            self.trouble = visit.problem.sentence
        wait = visit.problem.wait if visit.problem else None
        self.not_before = max(self.not_before, now() + timedelta(seconds=wait or plan.delay))
        if wait or plan.delay:
            db.session.execute(
                update(Website)
                .where(Website.source_id == plan.source_id)
                .values(not_before=self.not_before)
            )

    def _note(self) -> str:
        pages = self.frontier
        read = "1 page read" if pages.read == 1 else f"{pages.read:,} pages read"
        return f"{read}, {pages.found:,} more found." if pages.found else f"{read}."

    def _over(self) -> Reason | None:
        """Return the limit that has been reached."""
        pages, plan = self.frontier, self.frontier.plan
        more = f" {pages.found:,} more addresses were found." if pages.found else ""
        if pages.found and pages.read >= plan.max_pages:
            return Reason(f"The limit of {plan.max_pages:,} pages was reached.{more}")
        if pages.failing >= DOWN:
            return Reason(f"The site stopped answering. {self.trouble}", broke_off=True)
        if pages.bytes >= plan.max_bytes:
            return Reason(
                f"{plan.max_bytes // 1_000_000:,} MB were fetched, which is the limit.{more}"
            )
        if pages.found and pages.fetched >= plan.max_fetched:
            return Reason(f"Too many addresses led to nothing.{more}")
        if pages.found and max(now(), self.not_before) >= plan.ends_at:
            minutes = plan.max_seconds // 60
            return Reason(f"The time of {minutes:,} minutes that it may take was over.{more}")
        return None

    def _nothing_to_send(self) -> Reason | None:
        if self.frontier.found == 0:
            return Reason(EVERYTHING, complete=True)
        return None

    def _to_be_continued(self) -> bool:
        """Say whether the rest is for another slice, and when that may begin."""
        if self.moved or time.monotonic() >= self.until:
            return True
        if (self.not_before - now()).total_seconds() > PATIENCE:
            self.run.not_before = self.not_before
            return True
        return False
