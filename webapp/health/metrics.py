"""What Prometheus scrapes: read from the database at the scrape, so that any web process says the same.

Labels are enumerations only. Whatever a person typed, an id, an address or a worker's name is never one.
"""

import platform
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import accumulate
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from webapp.charts import history
from webapp.charts.models import EDGES
from webapp.clock import now
from webapp.extensions import db, settings
from webapp.health import measuring, neighbours, sending
from webapp.health.models import Watch
from webapp.health.redis_there import broker
from webapp.health.rules import BY_KEY
from webapp.jobs.kinds import JobKind, Queue
from webapp.messages.channels import Channel
from webapp.messages.models import MessageState
from webapp.schedules import beat_seen_at

Family = Any


def text() -> bytes:
    """Return the metrics in the text format, in about ten statements."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(list(_all())))
    return generate_latest(registry)


class _Collector:
    """Hands over what was read before."""

    def __init__(self, families: list[Family]) -> None:
        self.families = families

    def collect(self) -> Iterator[Family]:
        return iter(self.families)


def _all() -> Iterator[Family]:
    yield from _house()
    try:
        found = list(_of_database())
    except SQLAlchemyError:
        db.session.rollback()
        yield _one("database_up", "1 when the database answers.", 0)
        return
    yield _one("database_up", "1 when the database answers.", 1)
    yield from found


def _house() -> Iterator[Family]:
    info = InfoMetricFamily("bellhop_build", "Which version of the code answers.")
    info.add_metric(
        [], {"release": settings().signals.release, "python": platform.python_version()}
    )
    yield info
    lengths = broker.lengths()
    yield _one("redis_up", "1 when Redis answers.", int(lengths is not None))
    rows = {(queue.value,): number for queue, number in (lengths or {}).items()}
    yield _many(
        "redis_list_length", "Messages in Redis that no worker has taken.", ("queue",), rows
    )


def _of_database() -> Iterator[Family]:
    watch = db.session.scalars(select(Watch)).first()
    yield from _jobs()
    yield from _queues()
    yield from _counts()
    yield from _messages()
    yield from _reports()
    yield from _workers()
    yield from _clock(watch)


def _jobs() -> Iterator[Family]:
    rows = {
        (queue.value, kind.value): number for (queue, kind), number in measuring.running().items()
    }
    yield _many("jobs_running", "Jobs that a worker runs.", ("queue", "kind"), rows)


def _queues() -> Iterator[Family]:
    depths, paused = measuring.depths(), neighbours.paused()
    parts = (
        ("jobs_waiting", "Jobs that are due and wait.", "waiting"),
        ("jobs_waiting_oldest_seconds", "For how long the oldest job is due.", "oldest"),
        ("ledger_lag_seconds", "For how long what is due has not been told to Redis.", "untold"),
    )
    for name, words, part in parts:
        rows = {(queue.value,): getattr(depth, part) for queue, depth in depths.items()}
        yield _many(name, words, ("queue",), rows)
    since = {(queue.value,): _age(paused.get(queue)) for queue in Queue}
    yield _many(
        "queue_paused_seconds", "For how long the queue is paused; 0: it is not.", ("queue",), since
    )


def _counts() -> Iterator[Family]:
    ever = history.ever()
    finished = CounterMetricFamily(
        "bellhop_jobs_finished", "Jobs that ended.", labels=["kind", "outcome"]
    )
    retried = CounterMetricFamily(
        "bellhop_jobs_retried", "Tries that failed and were repeated.", labels=["kind"]
    )
    lost = CounterMetricFamily(
        "bellhop_jobs_lost", "Jobs whose worker died in the middle.", labels=["kind"]
    )
    for kind, sums in ever.items():
        for outcome in ("done", "failed", "stopped"):
            finished.add_metric([kind.value, outcome], getattr(sums, outcome))
        retried.add_metric([kind.value], sums.retried)
        lost.add_metric([kind.value], sums.lost)
    yield from (finished, retried, lost)
    yield _histogram(
        "job_waiting_seconds",
        "From when it was due until it began.",
        {kind: sums.waited for kind, sums in ever.items()},
    )
    yield _histogram(
        "job_running_seconds",
        "From its last beginning until its end.",
        {kind: sums.ran for kind, sums in ever.items()},
    )


def _histogram(name: str, words: str, times: Mapping[JobKind, history.Times]) -> Family:
    """Return times as Prometheus counts them: at most so much; by every other edge, to have fewer series."""
    family = HistogramMetricFamily(f"bellhop_{name}", words, labels=["kind"])
    for kind, of_kind in times.items():
        below = list(accumulate(of_kind.counts))
        buckets = [(f"{edge:g}", below[at]) for at, edge in enumerate(EDGES) if at % 2 == 0]
        family.add_metric([kind.value], [*buckets, ("+Inf", of_kind.number)], of_kind.seconds)
    return family


def _messages() -> Iterator[Family]:
    flows = sending.unfinished()
    open_states = (*sending.UNFINISHED, MessageState.UNKNOWN)
    every = [(channel, state) for channel in Channel for state in open_states]
    counts = {key: flows[key].number if key in flows else 0 for key in every}
    ages = {key: flows[key].oldest if key in flows else 0.0 for key in every}
    labels = ("channel", "state")
    yield _many(
        "messages_unfinished", "Messages that are due, under way or not certain.", labels, counts
    )
    yield _many("messages_oldest_seconds", "For how long the oldest of them is due.", labels, ages)
    day = sending.of_last_day()
    rows = {
        (channel, state): day.get((channel, state), 0)
        for channel in Channel
        for state in MessageState
    }
    yield _many(
        "messages_of_last_day", "Messages written in 24 hours, by where they stand.", labels, rows
    )


def _reports() -> Iterator[Family]:
    waiting = sending.waiting_reports()
    names = [*sending.REPORTS.values(), "razorpay"]
    rows = {
        (name,): waiting[name] if name in waiting else sending.Reports(0, 0.0) for name in names
    }
    yield _many("provider_reports_waiting", "Reports not worked through.", ("provider",),
                {key: part.waiting for key, part in rows.items()})  # fmt: skip
    yield _many("provider_reports_oldest_seconds", "Since when the oldest of them waits.", ("provider",),
                {key: part.oldest for key, part in rows.items()})  # fmt: skip
    last = {
        (channel,): _age(at) for channel, at in sending.last_reports().items() if at is not None
    }
    yield _many(
        "provider_last_report_seconds", "Since the provider last reported.", ("channel",), last
    )


def _workers() -> Iterator[Family]:
    there = measuring.staff()
    yield _one("workers", "Workers that say that they live.", len(there.alive))
    yield _one("worker_children", "Jobs that they can run at a time.",
               sum(worker.concurrency for worker in there.alive))  # fmt: skip
    yield _one(
        "worker_memory_bytes",
        "What they use together.",
        sum(worker.memory or 0 for worker in there.alive),
    )


def _clock(watch: Watch | None) -> Iterator[Family]:
    beat = beat_seen_at()
    if beat is not None:
        yield _one("beat_silent_seconds", "Since beat was last heard.", _age(beat))
    if watch is None:
        return
    found = watch.found
    yield _one(
        "watch_age_seconds",
        "Since a web process last looked whether all is well.",
        _age(watch.looked_at),
    )
    yield _one("schedules_missed", "Schedules that missed a run lately.", found.get("missed", 0))
    yield _one(
        "jobs_stalled", "Jobs that have a worker and do not get on.", found.get("stalled", 0)
    )
    yield _one(
        "workers_vanished",
        "Workers that lately vanished without signing off.",
        found.get("vanished", 0),
    )
    for name, words in (
        ("stuck", "no message leaves, though some could"),
        ("silent", "the provider fell silent"),
    ):
        rows = {(channel.value,): int(channel.value in found.get(name, [])) for channel in Channel}
        yield _many(f"channel_{name}", f"1 when {words}.", ("channel",), rows)
    opened = {(key,): int(key in found.get("alerts", [])) for key in BY_KEY}
    yield _many("alert_open", "1 while this alert is open in the house.", ("rule",), opened)


def _age(then: datetime | None) -> float:
    return 0.0 if then is None else max(0.0, (now() - then).total_seconds())


def _one(name: str, words: str, value: float) -> Family:
    return GaugeMetricFamily(f"bellhop_{name}", words, value=value)


def _many(name: str, words: str, labels: tuple[str, ...], rows: Mapping[Any, float]) -> Family:
    family = GaugeMetricFamily(f"bellhop_{name}", words, labels=list(labels))
    for key, value in rows.items():
        family.add_metric([str(part) for part in key], value)
    return family
