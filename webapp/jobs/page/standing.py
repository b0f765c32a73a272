"""How a job at work stands: it gets on, is slow, is stalled, or its worker is gone.

Told from three things: the row (`moved_at`, `lease_until`), what others of its kind took, and the
sign of life that each worker gives every few seconds. Only the last two differ for "slow" and
"dead"; a stalled job has a worker that lives, and nothing moves.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs import owners
from webapp.jobs.kinds import POLICIES, JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.page import usual
from webapp.jobs.spans import span
from webapp.jobs.worker_models import ALIVE_FOR, Worker
from webapp.states import stands

#: What stands behind the host in the name of a process: see ``owners``.
_NUMBERS = "0123456789:"
#: Below this nothing is called slow, whatever others took.
LEAST_SLOW = timedelta(seconds=30)
#: A worker may be gone without a word: a page is believed for no longer than this.
BELIEVED = timedelta(seconds=8)


class How(StrEnum):
    """How a job stands."""

    WAITING = "waiting"
    WORKING = "working"
    SLOW = "slow"
    STALLED = "stalled"
    DEAD = "dead"
    ENDED = "ended"


class Standing(NamedTuple):
    """How a job stands, in words, and what can be done about it."""

    how: How
    sentence: str = ""
    advice: str = ""
    #: Until when this is true, if nothing happens to the row.
    until: datetime | None = None

    @property
    def troubled(self) -> bool:
        """Whether somebody should know."""
        return self.how in {How.SLOW, How.STALLED, How.DEAD}


def of(job: Any, hosts: frozenset[str] | None = None) -> Standing:
    """Return how a job stands. ``hosts`` is what ``living_hosts`` said, for whoever asks of many."""
    if job.state != JobState.PROGRESS:
        return Standing(How.ENDED if job.finished else How.WAITING)
    hosts = living_hosts() if hosts is None else hosts
    moved = job.moved_at or job.started_at or job.created_at
    quiet = timedelta(seconds=POLICIES[job.kind].quiet_for)
    if _is_dead(job, moved, hosts):
        return _dead(job, anybody=bool(hosts))
    if now() - moved > quiet:
        return _stalled(job, moved)
    return _on_its_way(job, _next_look(job, moved + quiet))


def living_hosts() -> frozenset[str]:
    """Return the hosts with a worker that has lately said that it lives."""
    alive = select(Worker.name).where(Worker.seen_at > now() - ALIVE_FOR)
    return hosts_of(db.session.scalars(alive))


def hosts_of(names: Any) -> frozenset[str]:
    """Return the hosts in some names of processes."""
    return frozenset(name.rstrip(_NUMBERS) for name in names)


def _is_dead(job: Any, moved: datetime, hosts: frozenset[str]) -> bool:
    worker, moment = job.worker or "", now()
    if job.lease_until is None or job.lease_until < moment:
        return True
    if owners.is_here(worker):
        return not owners.lives(worker)
    # A worker that has just begun may have taken a job before its first sign of life.
    return "/" in worker and worker.rstrip(_NUMBERS) not in hosts and moment - moved > ALIVE_FOR


def _dead(job: Any, *, anybody: bool) -> Standing:
    left = (job.lease_until - now()).total_seconds() if job.lease_until else 0.0
    if not anybody:
        when = "It goes on as soon as a worker runs."
        advice = "Ask whoever looks after the server to start the worker process. Nothing is lost."
    elif left > 1:
        when = f"Another worker takes it up within {span(round(left))}."
        advice = "There is nothing to do: it goes on by itself."
    else:
        when = "Another worker takes it up within a few seconds."
        advice = "There is nothing to do: it goes on by itself."
    return Standing(How.DEAD, f"The worker that ran it is gone. {when}", advice, now() + BELIEVED)


def _stalled(job: Any, moved: datetime) -> Standing:
    limit = span(POLICIES[job.kind].soft_limit)
    return Standing(
        How.STALLED,
        f"Nothing has moved for {span(round((now() - moved).total_seconds()))}, though its worker is there.",
        f"It may wait for somebody outside, such as a provider. A turn that takes longer than {limit} is "
        "ended and tried again by itself. If you do not want to wait for that, stop it and try it again.",
        now() + BELIEVED,
    )


def _on_its_way(job: Any, until: datetime) -> Standing:
    most = usual.most(job.kind)
    spent = now() - (job.started_at or now())
    if most is None:
        return Standing(How.WORKING, until=until)
    limit = max(most, LEAST_SLOW)
    if spent <= limit:
        return Standing(How.WORKING, until=min(until, now() + (limit - spent)))
    return Standing(
        How.SLOW,
        f"It gets on, but has taken {span(round(spent.total_seconds()))} by now: of a hundred of its kind, "
        f"95 were done within {span(round(max(1.0, most.total_seconds())))}.",
        "There is nothing to do unless somebody waits for it. It may have more to do than others, "
        "or whoever it depends on may be slow.",
        until,
    )


def _next_look(job: Any, stalls_at: datetime) -> datetime:
    lease_until: datetime = job.lease_until
    return min(stalls_at, lease_until, now() + BELIEVED)


def stalled_condition() -> ColumnElement[bool]:
    """Return the condition that a job is stalled, for any query over Job."""
    moment = now()
    moved = func.coalesce(Job.moved_at, Job.started_at, Job.created_at, type_=Job.moved_at.type)
    too_long = (
        and_(Job.kind.in_(kinds), moved < moment - timedelta(seconds=seconds))
        for seconds, kinds in _by_quiet().items()
    )
    return and_(stands(Job.state, JobState.PROGRESS), not_(dead_condition()), or_(*too_long))


def dead_condition() -> ColumnElement[bool]:
    """Return the condition that the worker of a job is gone, for any query over Job.

    As ``of`` has it, but for a process that died on this very host, of which only the kernel knows;
    where that host has a worker, its sweep frees the job within a second.
    """
    moment = now()
    moved = func.coalesce(Job.moved_at, Job.started_at, Job.created_at, type_=Job.moved_at.type)
    same_host = func.rtrim(Worker.name, _NUMBERS) == func.rtrim(Job.worker, _NUMBERS)
    answers = exists().where(Worker.seen_at > moment - ALIVE_FOR, same_host)
    silent = and_(Job.worker.contains("/"), moved < moment - ALIVE_FOR, not_(answers))
    over = or_(Job.lease_until.is_(None), Job.lease_until < moment)
    return and_(stands(Job.state, JobState.PROGRESS), or_(over, silent))


def _by_quiet() -> Mapping[int, list[JobKind]]:
    def quiet(kind: JobKind) -> int:
        return POLICIES[kind].quiet_for

    return {seconds: list(kinds) for seconds, kinds in groupby(sorted(JobKind, key=quiet), quiet)}
