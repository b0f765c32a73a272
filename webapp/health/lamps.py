"""The status page at a glance: one lamp for each part, made by whoever looks and kept for whoever asks."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from webapp.clock import now
from webapp.extensions import db, settings
from webapp.health import neighbours, sending, thresholds
from webapp.health.looking import Look
from webapp.health.redis_there import Memory, broker
from webapp.health.words import listed, size_words, span_words
from webapp.jobs.kinds import Queue
from webapp.jobs.pausing import NAMES as QUEUES
from webapp.messages.channels import Channel
from webapp.messages.models import MessageState
from webapp.messages.stopping import NAMES

OK, WARN, BAD, IDLE = "ok", "warn", "bad", "idle"


class Lamp(NamedTuple):
    """How one part is, in a word and a colour."""

    part: str
    tone: str
    value: str
    note: str = ""
    endpoint: str | None = None

    def kept(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return self._asdict()


def lamps(look: Look) -> list[Lamp]:
    """Return how each part is."""
    return [
        Lamp("Web", OK, "Answers", f"Version {settings().signals.release}"),
        Lamp("Database", OK, "Answers", _database()),
        _redis(look),
        _workers(look),
        _beat(look),
        _waiting(look),
        *_channels(look),
        _schedules(look),
    ]


def _database() -> str:
    return "PostgreSQL" if db.engine.dialect.name == "postgresql" else "SQLite"


def _redis(look: Look) -> Lamp:
    if not look.redis:
        return Lamp("Redis", BAD, "Away", "New work waits; nothing is lost.")
    used = broker.memory()
    return Lamp("Redis", OK, "Answers", memory_words(used) if used else "")


def memory_words(used: Memory) -> str:
    """Say how much Redis uses."""
    most = f" of {size_words(used.most)}" if used.most else ""
    return f"Uses {size_words(used.used)}{most}"


def _workers(look: Look) -> Lamp:
    if not look.workers:
        return Lamp("Workers", BAD, "None", "Everything waits; nothing is lost.", "workers.index")
    if look.vanished:
        gone = f"{len(look.vanished)} vanished lately"
        return Lamp("Workers", WARN, f"{look.workers} at work", gone, "workers.index")
    stuck = f"{look.stalled} not getting on" if look.stalled else ""
    tone = WARN if look.stalled else OK
    return Lamp("Workers", tone, f"{look.workers} at work", stuck, "workers.index")


def _beat(look: Look) -> Lamp:
    if look.beat_at is None:
        return Lamp("Clock", BAD, "Never heard", "Start the beat process.", "schedules.index")
    silent = look.moment - look.beat_at
    said = f"Heard {span_words(max(0.0, silent.total_seconds()))} ago"
    if silent > thresholds.BEAT_SILENT:
        return Lamp("Clock", BAD, "Silent", said, "schedules.index")
    return Lamp("Clock", OK, "Ticks", said, "schedules.index")


def _waiting(look: Look) -> Lamp:
    if not look.waiting:
        note = f"{listed([QUEUES[queue] for queue in look.paused])} paused" if look.paused else ""
        return Lamp("Waiting jobs", WARN if note else OK, "None", note, "jobs.index")
    queue, oldest = oldest_of(look)
    slow = queue in (Queue.URGENT, Queue.MESSAGES) and oldest > thresholds.OLDEST.total_seconds()
    tone = BAD if slow or look.waiting > look.most_waiting else OK
    note = f"The oldest for {span_words(oldest)}"
    return Lamp("Waiting jobs", tone, f"{look.waiting:,}", note, "jobs.index")


def oldest_of(look: Look) -> tuple[Queue | None, float]:
    """Return the queue, of those that are not paused, whose oldest job waits longest, and how long."""
    seconds = {
        queue: depth.oldest for queue, depth in look.depths.items() if queue not in look.paused
    }
    urgent: dict[Queue, float] = {
        queue: seconds[queue] for queue in (Queue.URGENT, Queue.MESSAGES) if queue in seconds
    }
    if max(urgent.values(), default=0.0) > thresholds.OLDEST.total_seconds():
        seconds = urgent
    queue = max(seconds, key=lambda one: seconds[one], default=None)
    return queue, 0.0 if queue is None else seconds[queue]


def _channels(look: Look) -> Iterator[Lamp]:
    flows, reports = sending.unfinished(), sending.last_reports()
    silent = {silence.channel for silence in look.silent}
    stopped = dict(look.stopped)
    for channel in Channel:
        if settings().carriers[NAMES[channel]][0] is None:
            yield Lamp(NAMES[channel], IDLE, "Not set up", "", "messages.index")
            continue
        tone, value = OK, "Sends"
        if channel in stopped:
            tone, value = BAD, "Stopped"
        elif channel in look.stuck:
            tone, value = BAD, "Nothing leaves"
        elif channel in silent:
            tone, value = WARN, "No reports"
        note = _flow_words(channel, flows, reports.get(channel))
        yield Lamp(NAMES[channel], tone, value, note, "messages.index")


def _flow_words(channel: Channel, flows: dict[Any, sending.Flow], reported: datetime | None) -> str:
    words = []
    for state, word in ((MessageState.QUEUED, "wait"), (MessageState.UNKNOWN, "not certain")):
        flow = flows.get((channel, state))
        if flow:
            words.append(f"{flow.number:,} {word}")
    if reported is not None:
        words.append(f"last report {span_words((now() - reported).total_seconds())} ago")
    said = ", ".join(words)
    return said[:1].upper() + said[1:]


def _schedules(look: Look) -> Lamp:
    if look.missed:
        return Lamp(
            "Schedules",
            WARN,
            f"{len(look.missed)} missed",
            listed(list(look.missed)),
            "schedules.index",
        )
    coming = neighbours.next_run()
    return Lamp("Schedules", OK, "None missed", coming or "", "schedules.index")
