"""What the thing that a job is about does when its job waits again, or has ended after all.

The slices say so here: a document whose reading was stopped says "stopped" at once, so when that is
taken back it must say "waiting" again.
"""

from collections.abc import Callable
from typing import NamedTuple

from webapp.jobs.kinds import JobKind
from webapp.jobs.models import FINISHED, Job
from webapp.jobs.running import Ended


class Thing(NamedTuple):
    """How the things of one kind of job follow it."""

    #: Its job waits: it was asked to run again, or its stop was taken back. May raise NotPossible.
    waits: Callable[[Job], None] | None = None
    #: Its job has ended as it had before: that it should run again was taken back.
    ended: Callable[[Ended], None] | None = None
    #: Says what a stop at this moment would leave behind, in a sentence or two.
    left_by_stop: Callable[[Job], str] | None = None


things: dict[JobKind, Thing] = {}


def register(
    kind: JobKind,
    *,
    waits: Callable[[Job], None] | None = None,
    ended: Callable[[Ended], None] | None = None,
    left_by_stop: Callable[[Job], str] | None = None,
) -> None:
    """Say how the things of a kind follow their jobs."""
    things[kind] = Thing(waits, ended, left_by_stop)


def follow(job: Job) -> None:
    """Let the thing follow its job, whose state somebody has just changed by asking or taking back."""
    thing = things.get(job.kind, Thing())
    if job.state in FINISHED:
        if thing.ended:
            thing.ended(
                Ended(
                    job.id, job.kind, job.state, job.attempt, job.asked_by_id,
                    error=job.error or "", advice=job.advice or "",
                )
            )  # fmt: skip
    elif thing.waits:
        thing.waits(job)


def left_by_stop(job: Job) -> str:
    """Say what a stop of this job leaves behind; "" when there is nothing to be said."""
    thing = things.get(job.kind, Thing())
    return thing.left_by_stop(job) if thing.left_by_stop else ""
