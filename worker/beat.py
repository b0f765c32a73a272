"""The Celery app of the clock: ``celery -A worker.beat beat``.

It only ticks. What is due is decided by the worker that hears a tick, from rows; so this process
needs neither the application nor its memory, and two of them do no harm.
"""

import sys
from typing import Any

from celery import Celery
from celery.signals import setup_logging

from webapp import broker
from webapp.config import BadSetting, Config

TICK = "beat.tick"
TICK_SECONDS = 5

try:
    config = Config.from_env()
except BadSetting as problem:
    sys.exit(f"Bellhop cannot start: {problem}")

app = Celery("beat")
app.conf.update(broker.settings(config.redis_url))
app.conf.update(
    timezone="UTC",
    beat_schedule={
        "tick": {
            "task": TICK,
            "schedule": TICK_SECONDS,
            # Ticks that nobody heard must not pile up: the next one says the same.
            "options": {"queue": "urgent", "priority": broker.NEW, "expires": TICK_SECONDS},
        }
    },
)


@setup_logging.connect
def _keep_our_logs(**_: Any) -> None:
    from webapp import faults, logs

    logs.set_up(form=config.log_format, level=config.log_level)
    faults.start(config, "beat")
