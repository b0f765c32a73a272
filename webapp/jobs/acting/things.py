"""What the thing that a job is about does when its job waits again, or has ended after all.

The slices say so here: a document whose reading was stopped says "stopped" at once, so when that is
taken back it must say "waiting" again.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from webapp.jobs.kinds import JobKind
from webapp.jobs.models import FINISHED, Job, JobState
from webapp.jobs.running import Ended


class Mend(NamedTuple):
    """What a person can do about a failure before the job is tried again."""

    label: str
    href: str


class Thing(NamedTuple):
    """How the things of one kind of job follow it."""

    #: Its job waits again.
    waits: Callable[[Job], None] | None = None
    #: Its job goes on after all: the stop was taken back. None: the same.
    goes_on: Callable[[Job], None] | None = None
    #: Its job has ended as it had before: that it should run again was taken back.
    ended: Callable[[Ended], None] | None = None
    #: Says what a stop at this moment would leave behind, in a sentence or two.
    left_by_stop: Callable[[Job], str] | None = None
    #: Says where what made it fail can be mended.
    mend: Callable[[Any], Mend | None] | None = None


things: dict[JobKind, Thing] = {}


def register(
    kind: JobKind,
    *,
    waits: Callable[[Job], None] | None = None,
    goes_on: Callable[[Job], None] | None = None,
    ended: Callable[[Ended], None] | None = None,
    left_by_stop: Callable[[Job], str] | None = None,
    mend: Callable[[Any], Mend | None] | None = None,
) -> None:
    """Say how the things of a kind follow their jobs."""
    things[kind] = Thing(waits, goes_on, ended, left_by_stop, mend)


def follow(job: Job, *, taken_back: bool = False) -> None:
    """Let the thing follow its job, of which somebody has just asked something, or taken that back."""
    thing = things.get(job.kind, Thing())
    if job.state in FINISHED:
        if thing.ended:
            thing.ended(
                Ended(
                    job.id, job.kind, job.state, job.attempt, job.asked_by_id,
                    error=job.error or "", advice=job.advice or "",
                )
            )  # fmt: skip
    elif taken_back and thing.goes_on:
        thing.goes_on(job)
    elif thing.waits:
        thing.waits(job)


def left_by_stop(job: Job) -> str:
    """Say what a stop of this job leaves behind; "" when there is nothing to be said."""
    thing = things.get(job.kind, Thing())
    return thing.left_by_stop(job) if thing.left_by_stop else ""


def mend(job: Any) -> Mend | None:
    """Say where what made a job fail can be mended; None where nobody knows."""
    thing = things.get(job.kind, Thing())
    return thing.mend(job) if thing.mend and job.state == JobState.FAILURE else None
