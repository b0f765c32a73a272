"""The part of a worker's main process that takes messages out of Redis."""

import time
from collections.abc import Callable
from typing import Any

import structlog
from celery.worker import consumer, state
from kombu import Connection

from worker import wishes

log = structlog.get_logger(__name__)

BREATH, LONGEST = 1, 5  # seconds


class Consumer(consumer.Consumer):
    """Celery's consumer, which comes back to a lost Redis soon, however long that was away."""

    def connect(self) -> Connection:
        """Connect; after a loss not at once, lest a Redis that refuses be called without end."""
        if self.restart_count:
            time.sleep(BREATH)
        return super().connect()

    def ensure_connected(self, conn: Connection) -> Connection:
        """Call until Redis answers.

        Celery does that too, and finds it done. It would wait ever longer, up to half a minute, and
        as long still when Redis is back.
        """
        conn.ensure_connection(
            self._say,
            interval_start=BREATH,
            interval_step=BREATH,
            interval_max=LONGEST,
            callback=state.maybe_shutdown,
        )
        return super().ensure_connected(conn)

    def register_with_event_loop(self, hub: Any) -> None:
        """Let the loop turn once a second, so that a worker that rested hears at once that it is to work."""
        super().register_with_event_loop(hub)
        hub.call_repeatedly(1.0, _nothing)

    def create_task_handler(self, *args: Any, **how: Any) -> Callable[[Any], None]:
        """Return what takes a message: one that comes while this worker rests goes back, for another."""
        take = super().create_task_handler(*args, **how)

        def take_or_leave(message: Any) -> None:
            message.requeue() if wishes.here.resting else take(message)

        return take_or_leave

    def _say(self, problem: Exception, seconds: float) -> None:
        log.error("redis cannot be reached", problem=str(problem), again_in=seconds)


def _nothing() -> None:
    """Be something that the loop wakes up for."""
