"""The Celery app of the workers: ``celery -A worker.app worker``."""

import atexit
import gc
import os
from typing import Any

from celery import Celery
from celery.signals import (
    setup_logging,
    worker_before_create_process,
    worker_process_init,
    worker_process_shutdown,
    worker_ready,
)
from celery.worker.consumer import Consumer
from kombu import Queue as KombuQueue

from webapp import broker, create_app, faults, logs
from webapp.extensions import db, settings
from webapp.jobs.kinds import Queue
from webapp.messages import senders
from worker import sweeper, wishes

flask_app = create_app()

with flask_app.app_context():
    config = settings()
faults.start(config, "worker")

app = Celery("bellhop")
app.conf.update(broker.settings(config.redis_url))
app.conf.update(
    task_queues=[KombuQueue(queue.value, routing_key=queue.value) for queue in Queue],
    task_default_queue=Queue.DEFAULT.value,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=5_000,
    # A deploy ends the whole group: running jobs get this long, then go back to the ledger.
    # It must be well under the time after which the platform kills.
    worker_soft_shutdown_timeout=config.worker_grace_seconds,
    worker_enable_soft_shutdown_on_idle=False,
    worker_concurrency=config.worker_concurrency,
    # A child says that it is up to a main process that may just be waiting for Redis, hearing nothing.
    worker_proc_alive_timeout=60.0,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    broker_transport="worker.transport:Transport",
    worker_consumer="worker.consumer:Consumer",
    # A Redis that refuses (READONLY after a failover, say) is waited for like one that is away.
    broker_channel_error_retry=True,
    broker_connection_retry_on_startup=True,
    broker_connection_retry=True,
    broker_connection_max_retries=None,
    worker_hijack_root_logger=False,
    imports=("worker.tasks",),
    timezone="UTC",
)


@setup_logging.connect
def _keep_our_logs(**_: Any) -> None:
    logs.set_up(form=config.log_format, level=config.log_level)


@worker_before_create_process.connect
def _share_what_is_there(**_: Any) -> None:
    """Keep the collector's hands off what the children share: it would copy it, and count it again and again."""
    gc.collect()
    gc.freeze()


@worker_process_init.connect
def _leave_the_parents_connections(**_: Any) -> None:
    with flask_app.app_context():
        db.engine.dispose(close=False)


@worker_process_shutdown.connect
def _hang_up(**_: Any) -> None:
    senders.hang_up()


@worker_ready.connect
def _begin_to_sweep(sender: Consumer, **_: Any) -> None:
    sweeper.start(flask_app, sender)
    # Celery's own signal for the end is not sent by a cold shutdown, which is what a deploy's
    # SIGTERM comes to. By now the children are gone; a forked one must not end the parent's work.
    atexit.register(_hand_back, os.getpid())


def _hand_back(main: int) -> None:
    if os.getpid() == main:
        sweeper.stop(flask_app)
        wishes.begin_anew()
