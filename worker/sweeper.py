"""The thread that sweeps, in every worker's main process."""

import os
import threading
import time

import redis
import structlog
from celery.worker.consumer import Consumer
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from webapp.extensions import db, settings
from webapp.jobs import staff, sweeping
from webapp.jobs.worker_models import Wish
from worker import presence, wishes

log = structlog.get_logger(__name__)

EVERY = 1.0  # seconds
_stopping = threading.Event()
_signing = threading.Lock()
#: Held by a sweep, and while a child is made. SQLite notes in memory which locks its process holds:
#: a child made in the middle of a transaction waits for one that nobody will ever release.
_quiet = threading.RLock()
os.register_at_fork(
    before=_quiet.acquire, after_in_parent=_quiet.release, after_in_child=_quiet.release
)


def start(app: Flask, consumer: Consumer) -> None:
    """Begin to sweep once a second, to say that this worker lives, and to hear what it is to do."""
    _stopping.clear()
    threading.Thread(target=_run, args=(app, consumer), name="sweeper", daemon=True).start()


def stop(app: Flask) -> None:
    """Stop sweeping, and give back at once what this host's dead children held.

    The thread may be in the middle of a sweep; it does not sign in again after this.
    """
    _stopping.set()
    with _signing, app.app_context():
        sweeping.recover()
        staff.sign_off()
        db.session.commit()


def _run(app: Flask, consumer: Consumer) -> None:
    with app.app_context():
        client = redis.Redis.from_url(
            settings().redis_url, socket_timeout=5, socket_connect_timeout=1
        )
        grace = float(settings().worker_grace_seconds)
    here = False
    while not _stopping.wait(EVERY):
        began = time.monotonic()
        try:
            with _quiet, app.app_context():
                wish = _sign_in(consumer, first=not here)
                here = True
                sweeping.sweep(client)
            wishes.hear(wish, consumer.app, grace=grace)
        except SQLAlchemyError as problem:
            log.error("the sweep met a database error and goes on", problem=str(problem))
        except Exception:
            log.exception("the sweep failed and goes on")
        if time.monotonic() - began > EVERY:
            log.info("a slow sweep", seconds=round(time.monotonic() - began, 1))


def _sign_in(consumer: Consumer, *, first: bool) -> Wish:
    with _signing:
        if _stopping.is_set():
            return Wish.WORK
        if first:
            staff.sign_on(presence.look(consumer))
            return Wish.WORK
        return staff.sign_in(lambda: presence.look(consumer), resting=wishes.here.resting)
