"""What this worker's main process can say of itself and its children."""

import os
from collections.abc import Sequence

from celery.worker import state
from celery.worker.consumer import Consumer

from webapp.jobs import owners
from webapp.jobs.kinds import Wake
from webapp.jobs.staff import Presence


def look(consumer: Consumer) -> Presence:
    """Return what it is and does at this moment."""
    processes: Sequence[int] = consumer.pool.info.get("processes") or ()
    parts = [owners.memory(pid) for pid in {*processes, os.getpid()}]
    known = [part for part in parts if part is not None]
    return Presence(
        concurrency=consumer.pool.num_processes,
        queues=sorted(consumer.app.amqp.queues.consume_from),
        memory=sum(known) if known else None,
        children=[owners.named(pid) for pid in processes],
        doing=[
            [owners.named(request.worker_pid), request.name, request.time_start]
            for request in list(state.requests.values())
            if request.time_start and request.worker_pid and request.name in set(Wake)
        ],
    )
