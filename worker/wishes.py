"""What this worker has been asked to do: heard by its sweeper, obeyed by its line to Redis."""

import os
import signal
import sys
import time

import structlog
from celery import Celery
from celery.worker import state

from webapp.jobs.worker_models import Wish

log = structlog.get_logger(__name__)


class Wishes:
    """What holds for this process; written by the sweeper's thread alone."""

    def __init__(self) -> None:
        #: Nothing new is taken out of Redis.
        self.resting = False
        #: When it is to end, by the monotonic clock, to begin anew.
        self.ends_at: float | None = None
        self.ending = False


here = Wishes()


def hear(wish: Wish, app: Celery, *, grace: float) -> None:
    """Do as asked; to be called again and again.

    A restart is a deploy for this worker alone: it takes nothing new, lets its jobs end for
    ``grace`` seconds, then ends as by the platform's signal, which hands back what still runs.
    """
    if here.resting != (wish != Wish.WORK):
        here.resting = wish != Wish.WORK
        log.info("asked by a person", wish=wish.value)
    if wish != Wish.RESTART:
        here.ends_at = None
        return
    moment = time.monotonic()
    if here.ends_at is None:
        here.ends_at = moment + grace
    if not here.ending and (moment >= here.ends_at or not state.requests):
        here.ending = True
        app.conf.worker_soft_shutdown_timeout = 0.0  # it has had its time
        os.kill(os.getpid(), getattr(signal, "SIGQUIT", signal.SIGTERM))  # Windows has but one


def begin_anew() -> None:
    """Become a new worker in the same process, when that was asked; to be called last of all.

    The same number and the same parent: whoever looks after the process (honcho, systemd, a
    platform) sees nothing end. Returns when no restart was asked.
    """
    if not here.ending:
        return
    log.info("begins anew")
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves
