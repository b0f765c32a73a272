"""The thread that sweeps, in every worker's main process."""

import os
import threading
import time

import redis
import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from webapp.extensions import db, settings
from webapp.jobs import staff, sweeping

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


def start(app: Flask, *, concurrency: int) -> None:
    """Begin to sweep once a second, and to say that this worker lives."""
    _stopping.clear()
    threading.Thread(target=_run, args=(app, concurrency), name="sweeper", daemon=True).start()


def stop(app: Flask) -> None:
    """Stop sweeping, and give back at once what this host's dead children held.

    The thread may be in the middle of a sweep; it does not sign in again after this.
    """
    _stopping.set()
    with _signing, app.app_context():
        sweeping.recover()
        staff.sign_off()
        db.session.commit()


def _run(app: Flask, concurrency: int) -> None:
    with app.app_context():
        client = redis.Redis.from_url(
            settings().redis_url, socket_timeout=5, socket_connect_timeout=1
        )
    while not _stopping.wait(EVERY):
        began = time.monotonic()
        try:
            with _quiet, app.app_context():
                _sign_in(concurrency)
                sweeping.sweep(client)
        except SQLAlchemyError as problem:
            log.error("the sweep met a database error and goes on", problem=str(problem))
        except Exception:
            log.exception("the sweep failed and goes on")
        if time.monotonic() - began > EVERY:
            log.info("a slow sweep", seconds=round(time.monotonic() - began, 1))


def _sign_in(concurrency: int) -> None:
    with _signing:
        if not _stopping.is_set():
            staff.sign_in(concurrency)
