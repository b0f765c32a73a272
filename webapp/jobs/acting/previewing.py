"""What would happen if something were asked of many jobs: counted before anybody asks."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from webapp.extensions import db
from webapp.jobs.acting.asking import AGAIN
from webapp.jobs.acting.bulk import CAP, Chosen
from webapp.jobs.kinds import POLICIES, JobKind
from webapp.jobs.models import FINISHED, UNFINISHED, Job, JobState

#: From so many on, and wherever something dangerous is stopped, somebody must say why.
REASON_FROM = 101


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen, counted among the newest ``CAP``."""

    wish: JobKind
    #: By state and kind: how many of the set there are.
    by_kind: dict[tuple[JobState, JobKind], int]
    able: int
    #: Why others are left out, in words, with their number.
    skipped: dict[str, int]
    #: There are more than were counted.
    more: bool

    @property
    def dangerous(self) -> list[str]:
        """What a stop in the middle would leave behind, by kind."""
        if self.wish != JobKind.JOBS_CANCEL:
            return []
        kinds = {kind for state, kind in self.by_kind if state in UNFINISHED}
        return [
            f"{POLICIES[kind].title}: {POLICIES[kind].half_done}"
            for kind in sorted(kinds)
            if POLICIES[kind].half_done
        ]

    @property
    def needs_reason(self) -> bool:
        """Whether somebody must say why."""
        return self.more or self.able >= REASON_FROM or bool(self.dangerous)


#: Why a job is left out.
RUNNING, ENDED, WENT_WELL = "still waiting or running", "ended already", "went well"
TWINS = "whose work has been asked for again"
ASKED = "asked to stop already"
LATER = "ended after this was looked at"


def preview(wish: JobKind, chosen: Chosen) -> Preview:
    """Say what would happen. Reads at most ``CAP`` jobs, however many there are."""
    some = (
        select(Job.id, Job.state, Job.kind, Job.key, Job.cancel_requested_at, Job.finished_at)
        .where(*chosen.conditions())
        .order_by(Job.id.desc())
        .limit(CAP + 1)
        .subquery()
    )
    found = aliased(Job, some)
    asked = found.cancel_requested_at.is_not(None)
    rows = db.session.execute(
        select(found.state, found.kind, asked, func.count()).group_by(
            found.state, found.kind, asked
        )
    ).all()
    by_kind: dict[tuple[JobState, JobKind], int] = {}
    able, skipped = 0, dict[str, int]()
    for state, kind, stopping, number in rows:
        by_kind[state, kind] = by_kind.get((state, kind), 0) + number
        why = why_not(wish, state, stopping=stopping)
        if why is None:
            able += number
        else:
            skipped[why] = skipped.get(why, 0) + number
    if wish == JobKind.JOBS_RETRY and (twins := _twins(found)):
        able, skipped[TWINS] = able - twins, twins
    return Preview(wish, by_kind, able, skipped, sum(by_kind.values()) > CAP)


def why_not(wish: JobKind, state: JobState, *, stopping: bool) -> str | None:
    """Say why it cannot be asked of a job; None when it can."""
    if wish == JobKind.JOBS_RETRY:
        if state in AGAIN:
            return None
        return WENT_WELL if state == JobState.SUCCESS else RUNNING
    if state in FINISHED:
        return ENDED
    return ASKED if state == JobState.PROGRESS and stopping else None


def _twins(found: Any) -> int:
    """Return how many of some jobs would do the same work as another one of them, or one at work."""
    again = found.state.in_(AGAIN)
    other = aliased(Job)
    at_work = (
        select(other.id)
        .where(other.kind == found.kind, other.key == found.key, other.state.in_(UNFINISHED))
        .exists()
    )
    keyed = (again, found.key.is_not(None))
    busy = db.session.scalar(select(func.count()).where(*keyed, at_work)) or 0
    works = select(found.kind, found.key).where(*keyed, ~at_work)
    several = db.session.scalar(select(func.count()).select_from(works.subquery())) or 0
    once = db.session.scalar(select(func.count()).select_from(works.distinct().subquery())) or 0
    return int(busy + several - once)
