"""What other parts know, and health only passes on."""

from collections.abc import Sequence
from datetime import datetime

from webapp.health import measuring
from webapp.jobs.kinds import Queue
from webapp.jobs.models import Worker


def paused() -> dict[Queue, datetime]:
    """Return since when each paused queue is paused."""
    return {}


def beat_heard_at() -> datetime | None:
    """Return when a worker last heard beat tick; None when none ever did."""
    return measuring.beat_heard_at()


def missed() -> Sequence[str]:
    """Return the titles of the schedules that missed a run and have not made up for it."""
    return ()


def stalled() -> int:
    """Return how many jobs have a worker that lives, and have not got on for too long."""
    return 0


def next_run() -> str | None:
    """Say what the clock asks for next at a time of day, such as what runs tonight."""
    return None


def memory(workers: Sequence[Worker]) -> int:
    """Return the bytes that some workers use together, of those that say it."""
    return 0
