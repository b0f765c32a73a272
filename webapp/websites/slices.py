"""One slice of a crawl: pages are sent for, come back, and are stored a few at a time."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog
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

log = structlog.get_logger(__name__)

#: Seconds for which a slice waits for its website; if it is longer, the job's row waits.
PATIENCE = 1.0
#: Between two looks at whether somebody asked to stop.
GLANCE = 0.25
#: What failed is tried again after so many delays between two pages.
AGAIN_AFTER = 20
#: Characters of texts that are stored at once: as long as that takes, SQLite lets nobody else write.
AT_MOST = 100_000
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
    #: What came back and is not stored yet, and by ``time.monotonic`` when the first of it did.
    back: list[Visit] = field(default_factory=list)
    back_since: float = 0.0

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
                if not crew.at_work and not self.back:
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
            and pages.read + len(crew.at_work) + len(self.back) < plan.max_pages
        ):
            page = pages.take(crew.busy | {visit.page.id for visit in self.back})
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
        """Take what has come back, and store it when it is enough, or when nobody is at more."""
        wait = max(0.01, (self.not_before - now()).total_seconds())
        came = crew.back(GLANCE if crew.at_work else 0 if self.back else min(GLANCE, wait))
        if not self.back:
            self.back_since = time.monotonic()
        self.back += came
        if self.back and (not came or not crew.at_work or self._enough(crew)):
            self._store()
        else:
            self.run.report()

    def _enough(self, crew: Crew) -> bool:
        """Say whether what came back is to be stored now; until then others are sent for more."""
        return (
            len(self.back) >= crew.size
            or len(_some(self.back)) < len(self.back)
            or any(visit.problem for visit in self.back)
            or time.monotonic() - self.back_since >= GLANCE
        )

    def _store(self) -> None:
        """Store what has come back in one transaction, and let others know how far it is."""
        back = _some(self.back)
        self.back = self.back[len(back) :]
        plan = self.frontier.plan
        first = [visit for visit in back if visit.page.url == plan.url]
        if first and starting.adopts(plan, first[0]):
            self.moved = True
            back.remove(first[0])
        settle(self.frontier, back)
        for visit in back:
            self._mind(visit)
        if self.not_before > now():
            db.session.execute(
                update(Website)
                .where(Website.source_id == plan.source_id)
                .values(not_before=self.not_before)
            )
        pages = self.frontier
        total = min(pages.plan.max_pages, pages.read + pages.found)
        self.run.step(pages.read, max(1, total), self._note())

    def _mind(self, visit: Visit) -> None:
        """Remember for how long the site is to be left alone, and why."""
        if visit.problem is not None and visit.problem.again:
            self.trouble = visit.problem.sentence
        if visit.problem is not None:
            log.warning(
                "A page could not be read", address=visit.page.url, reason=visit.problem.sentence
            )
        wait = visit.problem.wait if visit.problem else None
        if pause := wait or self.frontier.plan.delay:
            self.not_before = max(self.not_before, now() + timedelta(seconds=pause))

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


def _some(visits: list[Visit]) -> list[Visit]:
    """Return the first of some visits: one, and as many more as may be stored together with it."""
    characters = 0
    for number, visit in enumerate(visits):
        characters += sum(len(piece["text"]) for piece in visit.text.pieces) if visit.text else 0
        if number and characters > AT_MOST:
            return visits[:number]
    return visits
