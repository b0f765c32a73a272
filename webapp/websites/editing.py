"""What people do with a website: add it, change it, have it read again, take it away."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from webapp.accounts.acting import record, who
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs import subjects
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.jobs.queue import enqueue
from webapp.knowledge import removing
from webapp.knowledge.models import Source, SourceKind, SourceState
from webapp.states import move
from webapp.websites.addresses import PORTS
from webapp.websites.forms import Typed
from webapp.websites.models import Website
from webapp.websites.scoping import begun_from

AT_REST = (SourceState.READY, SourceState.FAILED, SourceState.STOPPED)
NAME = 300


class NotPossible(Exception):
    """The website is not in a state in which that can be asked; the text says why."""


class AlreadyThere(Exception):
    """This website is read already."""

    def __init__(self, website: Website) -> None:
        super().__init__(website.url)
        self.website = website


def add(typed: Typed, name: str, *, whole_host: bool, values: dict[str, Any]) -> Website:
    """Add a website, and ask for its first reading. Raises AlreadyThere."""
    scope = begun_from(typed.url, whole_host=whole_host)
    twin = _twin(typed.url, scope)
    if twin is not None:
        raise AlreadyThere(twin)
    source = Source(
        kind=SourceKind.WEBSITE, name=name or name_of(typed.url), asked_by_id=who().user_id
    )
    db.session.add(source)
    db.session.flush()
    website = Website(
        source_id=source.id, url=typed.url, scope=scope, any_scheme=typed.any_scheme, **values
    )
    db.session.add(website)
    db.session.flush()
    record("website.added", f"Added the website “{source.name}”", about=website, url=typed.url)
    _enqueue(website)
    return website


def name_of(url: str) -> str:
    """Return how people call an address: without what they would not say."""
    parts = urlsplit(url)
    return f"{parts.netloc.removeprefix('www.')}{parts.path.rstrip('/')}"[:NAME]


def change(website: Website, name: str, *, whole_host: bool, values: dict[str, Any]) -> None:
    """Store how it is called and read; it holds from the next page on."""
    scope = website.scope
    if website.whole_host != whole_host:
        parts = urlsplit(scope)
        url = urlsplit(website.url)._replace(scheme=parts.scheme, netloc=parts.netloc).geturl()
        scope = begun_from(url, whole_host=whole_host)
    source, wanted = website.source, {**values, "scope": scope}
    changed = {key: value for key, value in wanted.items() if getattr(website, key) != value}
    for key, value in changed.items():
        setattr(website, key, value)
    if "every_days" in changed:
        plan_next(website)
    if name and name != source.name:
        source.name = changed["name"] = name
        subjects.renamed(website)
    if changed:
        source.version += 1
        record(
            "website.changed",
            f"Changed the website “{source.name}”",
            about=website,
            changed=changed,
        )


def read_again(website: Website) -> Job:
    """Ask for another reading, by whoever acts. Raises NotPossible while one is under way."""
    job = ask(website)
    if job is None:
        raise NotPossible(
            "This website is being removed."
            if website.source.state == SourceState.REMOVING
            else "This website is being read already."
        )
    record("website.read_again", f"Asked to read “{website.source.name}” again", about=website)
    return job


def ask(website: Website) -> Job | None:
    """Ask for a reading; None when one is under way, or nobody wants the website any more."""
    if not move(website.source, SourceState.WAITING, expect=AT_REST):
        return None
    website.next_at = None
    return _enqueue(website)


def remove(website: Website) -> None:
    """Take it away, with all that is known from it: at once out of every search, by a job for good.

    Raises NotPossible when that has been asked for.
    """
    if removing.remove(website.source) is None:
        raise NotPossible("This website is being removed already.")


def plan_next(website: Website) -> None:
    """Say when it is read next, after a reading has ended."""
    if website.every_days is None:
        website.next_at = None
    elif website.source.state in AT_REST:
        last = website.source.read_at or now()
        website.next_at = max(last + timedelta(days=website.every_days), now())


def _enqueue(website: Website) -> Job:
    key = str(website.source_id)
    return enqueue(JobKind.WEBSITE_CRAWL, about=website, key=key, source_id=website.source_id)


def _twin(url: str, scope: str) -> Website | None:
    """Return the website that is read from the same address already, with www. or without."""
    parts = urlsplit(url)
    bare = parts.netloc.removeprefix("www.")
    same = [
        parts._replace(scheme=scheme, netloc=netloc).geturl()
        for scheme in PORTS
        for netloc in (bare, f"www.{bare}")
    ]
    found = db.session.scalars(
        select(Website)
        .join(Source)
        .where(Website.url.in_(same), Source.state != SourceState.REMOVING)
        .order_by(Website.source_id)
    ).all()
    path = urlsplit(scope).path
    return next((one for one in found if urlsplit(one.scope).path == path), None)
