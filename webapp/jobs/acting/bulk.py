"""Something is asked of many jobs at once: looked at before, then done by a job of its own.

The set is what a filter finds among the jobs that were there when it was looked at: made by then,
and ended by then.
"""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from uuid_utils.compat import uuid7

from webapp.accounts.acting import record
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.acting.asking import AGAIN, BEING_RUN, NotPossible
from webapp.jobs.acting.remembering import not_begun
from webapp.jobs.kinds import JobKind
from webapp.jobs.listing.filters import Filter, Routine
from webapp.jobs.listing.finding import conditions
from webapp.jobs.models import FINISHED, UNFINISHED, WAITING, Job
from webapp.jobs.queue import enqueue
from webapp.states import stands

#: For so long it can be taken back as a whole: nothing has happened yet.
GRACE = timedelta(seconds=10)
#: So many are counted on a page; the job itself counts all.
CAP = 10_000
#: So many can be named one by one.
MOST_TICKED = 1_000
KINDS = {
    "retry": JobKind.JOBS_RETRY,
    "cancel": JobKind.JOBS_CANCEL,
}
NOBODY_ABLE = "There is no job left of which that can be asked."
BULK = (JobKind.JOBS_RETRY, JobKind.JOBS_CANCEL, JobKind.JOBS_TAKE_BACK)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A set of jobs that does not grow: what a filter finds of what was there at one moment."""

    filter: Filter
    #: Jobs up to this id: an id tells when it was made.
    until: uuid.UUID
    #: Only these, where rows were ticked.
    ids: tuple[uuid.UUID, ...] = ()

    @property
    def at(self) -> datetime:
        """The moment: a UUIDv7 begins with its milliseconds."""
        return datetime.fromtimestamp((self.until.int >> 80) / 1000, UTC) + timedelta(
            milliseconds=1
        )

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the conditions of the set; no job that acts on many is ever in one."""
        found = [*conditions(self.filter), Job.id <= self.until, Job.kind.not_in(BULK)]
        return [*found, Job.id.in_(self.ids)] if self.ids else found

    def to_json(self) -> dict[str, Any]:
        """Return it as an argument of a job."""
        return {
            "filter": self.filter.to_json(),
            "until": str(self.until),
            "ids": [str(one) for one in self.ids],
        }

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "Chosen":
        """Return what an argument says."""
        return cls(
            Filter.from_json(told["filter"]),
            uuid.UUID(told["until"]),
            tuple(map(uuid.UUID, told["ids"])),
        )


def chosen(found: Filter) -> Chosen:
    """Return the set as it is now."""
    return Chosen(found, uuid7())


def ticked(ids: Sequence[uuid.UUID]) -> Chosen:
    """Return the set of just these jobs."""
    return Chosen(Filter(routine=Routine.WITH), uuid7(), tuple(sorted(set(ids))))


def can(wish: JobKind, chosen: Chosen) -> ColumnElement[bool]:
    """Return the condition under which it can be asked of a job of the set, but for twins."""
    if wish == JobKind.JOBS_RETRY:
        return and_(Job.state.in_(AGAIN), Job.finished_at <= chosen.at)
    return or_(Job.state.in_(WAITING), and_(*BEING_RUN))


def any_able(wish: JobKind, chosen: Chosen) -> bool:
    """Say whether there is a job in the set of which it can be asked."""
    one = select(Job.id).where(*chosen.conditions(), can(wish, chosen)).limit(1)
    return db.session.scalar(one) is not None


def ask(wish: JobKind, chosen: Chosen, reason: str | None = None) -> Job:
    """Ask for it, by a job that begins in ten seconds. The same set asked for twice is one job."""
    told = chosen.to_json()
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]
    same = (Job.kind == wish, Job.key == digest, stands(Job.state, *UNFINISHED))
    if twin := db.session.scalar(select(Job).where(*same)):
        return twin
    job = enqueue(wish, key=digest, run_at=now() + GRACE, chosen=told, reason=reason)
    words = f"Asked to {VERBS[wish]}: {words_of(chosen)}"
    because = {"reason": reason} if reason else {}
    record(f"jobs.{ACTIONS[wish]}", words, about=job, filter=told["filter"], **because)
    return job


VERBS = {
    JobKind.JOBS_RETRY: "run many jobs again",
    JobKind.JOBS_CANCEL: "stop many jobs",
    JobKind.JOBS_TAKE_BACK: "take back what has not begun of many jobs",
}
ACTIONS = {
    JobKind.JOBS_RETRY: "retried",
    JobKind.JOBS_CANCEL: "cancelled",
    JobKind.JOBS_TAKE_BACK: "taken_back",
}


def words_of(chosen: Chosen) -> str:
    """Say which jobs are meant."""
    if chosen.ids:
        return "1 ticked job" if len(chosen.ids) == 1 else f"{len(chosen.ids):,} ticked jobs"
    return chosen.filter.words()


def ask_many(wish: JobKind, found: Filter, reason: str | None = None) -> Job:
    """Ask something of all jobs that a filter finds now."""
    return ask(wish, chosen(found), reason)


def take_back(job: Job) -> Job:
    """Ask for taking back what has not begun of all that a job has asked for. Raises NotPossible."""
    if job.kind not in KINDS.values():
        raise NotPossible("It has asked nothing of other jobs.")
    if job.state not in FINISHED:
        raise NotPossible("It is still asking. Stop it first, then take back what has not begun.")
    if not to_take_back(job.id, cap=1):
        raise NotPossible("Everything has begun already, or was taken back: there is nothing left.")
    back = enqueue(JobKind.JOBS_TAKE_BACK, about=job, key=str(job.id), bulk_id=str(job.id))
    record("jobs.taken_back", f"Asked to {VERBS[JobKind.JOBS_TAKE_BACK]}", about=job)
    return back


def to_take_back(bulk_id: uuid.UUID, *, cap: int = CAP) -> int:
    """Return how many of the jobs that one has asked can be taken back, counted up to ``cap``."""
    some = select(Job.id).where(Job.bulk_id == bulk_id, not_begun()).limit(cap)
    return db.session.scalar(select(func.count()).select_from(some.subquery())) or 0
