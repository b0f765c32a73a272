"""A crawl from its being asked for to its end, and what is there afterwards."""

from typing import Any

from sqlalchemy import select

from tests.queues import Queue
from tests.websites.site import Site
from webapp.extensions import db
from webapp.jobs.models import Job
from webapp.knowledge.models import Part, Reading, Source
from webapp.websites import editing
from webapp.websites.forms import Typed
from webapp.websites.models import WebPage, Website


class Crawls:
    """Reads the website of a test."""

    def __init__(self, queue: Queue, site: Site) -> None:
        self.queue, self.site = queue, site

    def add(self, path: str = "/", *, whole_host: bool = True, **values: Any) -> Website:
        """Add it, and ask for its first crawl."""
        limits = {"max_pages": 100, "max_depth": 5, "max_seconds": 600, "every_days": None}
        url = self.site.url.rstrip("/") + path
        website = editing.add(
            Typed(url, any_scheme=False), "", whole_host=whole_host, values={**limits, **values}
        )
        db.session.commit()
        return website

    def read(self, path: str = "/", **values: Any) -> Website:
        """Add it and read it to its end."""
        website = self.add(path, **values)
        self.queue.run()
        return self.now(website)

    def again(self, website: Website) -> Website:
        """Read it once more."""
        self.site.forget()
        editing.read_again(website)
        db.session.commit()
        self.queue.run()
        return self.now(website)

    def now(self, website: Website) -> Website:
        """Return it as it is now."""
        db.session.rollback()
        db.session.expire_all()
        return db.session.get_one(Website, website.source_id)

    def pages(self, website: Website) -> dict[str, WebPage]:
        """Return its pages by their paths."""
        found = db.session.scalars(select(WebPage).where(WebPage.source_id == website.source_id))
        return {page.url.removeprefix(self.site.url.rstrip("/")): page for page in found}

    def states(self, website: Website) -> dict[str, str]:
        """Return how its pages stand, by their paths."""
        return {path: page.state.value for path, page in self.pages(website).items()}

    def texts(self, website: Website) -> dict[str, str]:
        """Return what is found of it, by the paths of its pages."""
        rows = db.session.execute(
            select(Reading.place, Part.text)
            .join(Part, Part.reading_id == Reading.id)
            .where(Reading.source_id == website.source_id, Reading.live)
            .order_by(Part.ordinal)
        ).all()
        texts: dict[str, str] = {}
        for place, text in rows:
            path = place.removeprefix(self.site.url.rstrip("/"))
            texts[path] = texts.get(path, "") + text
        return texts

    def job(self, website: Website) -> Job:
        """Return its last job."""
        job = db.session.scalar(
            select(Job)
            .where(Job.subject_type == "website", Job.subject_id == str(website.source_id))
            .order_by(Job.id.desc())
            .limit(1)
        )
        assert job is not None
        return job

    def source(self, website: Website) -> Source:
        """Return what is known of it as a source."""
        return db.session.get_one(Source, website.source_id)
