"""What /health says: bounded in time, whatever hangs, and told again from memory for a second."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from typing import Any, NamedTuple

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from webapp.clock import now
from webapp.database import reading
from webapp.extensions import settings
from webapp.health import measuring, neighbours, thresholds
from webapp.health.redis_there import broker
from webapp.health.words import span_words
from webapp.jobs.kinds import Queue
from webapp.schedules import beat_seen_at

PATIENCE = 1.0  # seconds that each part has for its answer
KEPT = 1.0  # seconds for which an answer is given again


class Facts(NamedTuple):
    """What the database says; times in seconds."""

    workers: int
    beat_at: datetime | None
    waiting: int
    oldest: float
    #: Of the queues in which somebody waits.
    oldest_urgent: float
    lag: float


class Part:
    """Something that is asked in a thread of its own: one that hangs keeps nobody waiting, and is not asked twice."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        self.ask = ask
        self.pending: Future[Any] | None = None

    def answer(self, app: Flask) -> Any:
        """Return what it answers, or None when it does not answer in time or not at all."""
        if self.pending is None or self.pending.done():
            self.pending = Future()
            asked = (app, self.pending)
            threading.Thread(target=self._run, args=asked, name="probe", daemon=True).start()
        try:
            return self.pending.result(PATIENCE)
        except TimeoutError:
            return None

    def _run(self, app: Flask, pending: "Future[Any]") -> None:
        reading.set(True)
        with app.app_context():
            try:
                pending.set_result(self.ask())
            except SQLAlchemyError:
                pending.set_result(None)
            except Exception as fault:  # whoever asked shall see it, and not wait in vain
                pending.set_exception(fault)


def facts() -> Facts:
    """Ask the database, in a handful of statements."""
    paused, depths = neighbours.paused(), measuring.depths()
    open_queues = [queue for queue in Queue if queue not in paused]
    urgent = [queue for queue in (Queue.URGENT, Queue.MESSAGES) if queue in open_queues]
    return Facts(
        len(measuring.staff().alive),
        beat_seen_at(),
        sum(depths[queue].waiting for queue in open_queues),
        max((depths[queue].oldest for queue in open_queues), default=0.0),
        max((depths[queue].oldest for queue in urgent), default=0.0),
        max((depths[queue].untold for queue in open_queues), default=0.0),
    )


class Probe:
    """The answer to /health, one for all who ask within a second."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.database, self.redis = Part(facts), Part(lambda: broker.answers() or None)
        self.of: Flask | None = None
        self.at = 0.0
        self.said: dict[str, Any] = {}

    def say(self) -> dict[str, Any]:
        """Return what is to be said."""
        app = current_app._get_current_object()  # type: ignore[attr-defined]  # the proxy says it is a Flask
        with self.lock:
            if self.of is not app or time.monotonic() - self.at > KEPT:
                self.said = _said(self.database.answer(app), redis=bool(self.redis.answer(app)))
                self.of, self.at = app, time.monotonic()
            return self.said


probe = Probe()


def _said(found: Facts | None, *, redis: bool) -> dict[str, Any]:
    away = {"redis": "ok" if redis else "away"}
    if found is None:
        unknown = dict.fromkeys(("ledger_lag_seconds", "oldest_waiting_seconds", "waiting"))
        words = {"database": "away", **away, "celery": "unknown", "beat": "unknown", **unknown}
        return {"status": "dead", **words, "problems": ["The database does not answer."]}
    problems = _problems(found, redis=redis)
    return {
        "status": "degraded" if problems else "ok",
        "database": "ok",
        **away,
        "celery": f"{found.workers} worker(s) active",
        "beat": _beat_words(found),
        "ledger_lag_seconds": round(found.lag, 1),
        "oldest_waiting_seconds": round(found.oldest, 1),
        "waiting": found.waiting,
        "problems": problems,
    }


def _silent(found: Facts) -> float | None:
    return None if found.beat_at is None else max(0.0, (now() - found.beat_at).total_seconds())


def _beat_words(found: Facts) -> str:
    silent = _silent(found)
    return "never heard" if silent is None else f"heard {span_words(silent)} ago"


def _problems(found: Facts, *, redis: bool) -> list[str]:
    silent, most = _silent(found), settings().signals.alert_waiting
    said = {
        "Redis does not answer, so no new work begins.": not redis,
        "No worker is active, so everything waits.": found.workers == 0,
        "The clock (beat) is not heard.": (
            silent is None or silent > thresholds.BEAT_SILENT.total_seconds()
        ),
        f"More than {most:,} jobs wait.": found.waiting > most,
        f"A job for which somebody waits has waited for {span_words(found.oldest_urgent)}.": (
            found.oldest_urgent > thresholds.OLDEST.total_seconds()
        ),
        f"Redis has not been told of what has been due for {span_words(found.lag)}.": (
            found.lag > thresholds.LEDGER_LAG.total_seconds()
        ),
    }
    return [sentence for sentence, wrong in said.items() if wrong]
