"""Whether the parts are there: what the line across the top of every page says."""

import threading
import time
from collections.abc import Iterator

import redis
from flask import url_for
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError

from webapp.bookings.finding import house_zone
from webapp.campaigns import scheduling
from webapp.extensions import db, settings
from webapp.jobs.pausing import NAMES
from webapp.messages import stopping
from webapp.pages import Banner
from webapp.services.times import when_words
from webapp.workers.house import house

LOOK_EVERY = 3.0  # seconds between two looks at Redis, whatever the number of pages


class Redis:
    """Whether Redis answers, asked at most every few seconds by each process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.client: redis.Redis | None = None
        self.looked_at = 0.0
        self.there = True

    def answers(self) -> bool:
        """Say whether it answered lately."""
        with self.lock:
            if time.monotonic() - self.looked_at > LOOK_EVERY:
                self.there = self._ping()
                self.looked_at = time.monotonic()
            return self.there

    def _ping(self) -> bool:
        try:
            if self.client is None:
                self.client = redis.Redis.from_url(
                    settings().redis_url,
                    socket_timeout=0.3,
                    socket_connect_timeout=0.3,
                    max_connections=1,
                )
            return bool(self.client.ping())
        except (redis.RedisError, OSError):
            return False


broker = Redis()


def banners() -> Iterator[Banner]:
    """Yield what a person who works here should know now, the worst first."""
    if not current_user.is_authenticated:
        return
    try:
        yield from _at_work()
        yield from _paused_queues()
        yield from _stopped_channels()
        yield from _missed_starts()
    except SQLAlchemyError:  # the page that shows this has trouble of its own to tell
        db.session.rollback()
    yield from _rehearsal()


def _at_work() -> Iterator[Banner]:
    if not broker.answers():
        yield Banner(
            "bad",
            "Redis cannot be reached, so new work waits. Nothing is lost: it goes on by itself when Redis is back.",
        )
    elif house().alive == 0:
        yield Banner(
            "bad",
            "No worker is running, so messages and other work wait. Start the worker process; nothing is lost.",
        )
    elif house().resting == house().alive:
        yield Banner(
            "warn",
            "Every worker has been asked to take nothing new, so all work waits.",
            url_for("workers.index"),
            "Look at it",
        )


def _paused_queues() -> Iterator[Banner]:
    for pause in house().pauses:
        when = when_words(pause.since, house_zone().key)
        by = f" by {pause.by}" if pause.by else ""
        text = (
            f"The queue “{NAMES[pause.queue]}” is paused since {when}{by}: {pause.reason}"
            f"{'' if pause.reason.endswith(('.', '!', '?')) else '.'} What belongs to it waits."
        )
        yield Banner("warn", text, url_for("workers.index"), "Look at it")


def _stopped_channels() -> Iterator[Banner]:
    for row in stopping.stopped():
        text = f"{stopping.NAMES[row.channel]} has stopped: {row.reason} Its messages wait."
        yield Banner("bad", text, url_for("messages.index"), "Look at it")


def _missed_starts() -> Iterator[Banner]:
    for campaign in scheduling.overdue():
        when = when_words(campaign.starts_at, campaign.zone) if campaign.starts_at else "before"
        text = f"The campaign “{campaign.name}” should have started {when}. It waits for your word."
        href = url_for("campaigns.show", campaign_id=campaign.id)
        yield Banner("bad", text, href, "Decide")


def _rehearsal() -> Iterator[Banner]:
    carriers = settings().carriers
    tried = [name for name, (_, rehearsal) in carriers.items() if rehearsal]
    if not tried:
        return
    what = "messages and payments go" if len(tried) == len(carriers) else _listed(tried)
    yield Banner(
        "info",
        f"You are trying it out: {what} to the sandbox, not to real people.",
        settings().sandbox_url,
        "Open the sandbox",
    )


def _listed(names: list[str]) -> str:
    words = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"{words} {'go' if len(names) > 1 or names == ['Payments'] else 'goes'}"
