"""What is kept beside a job's row: what happened, what was logged, which jobs it came of."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, Subquery, func, select

from webapp.accounts.models import User
from webapp.jobs.history import JobEvent, JobLog, What
from webapp.jobs.kinds import POLICIES, JobKind
from webapp.jobs.models import Job
from webapp.jobs.page.together import Found, Parts, given, row

#: So much is shown on the page of a job; all lines are in the file.
EVENTS, LINES, CHILDREN, FOLLOWERS = 100, 400, 5, 5
#: Children are counted up to here.
COUNTED = 1_000


class Event(NamedTuple):
    """Something that happened to the job."""

    at: datetime
    what: What
    text: str
    attempt: int | None
    began_at: datetime | None
    who: str | None
    reason: str | None


class Logged(NamedTuple):
    """A line that was logged."""

    at: datetime
    attempt: int
    level: str
    text: str


class Relative(NamedTuple):
    """Another job, as it is named on this one's page."""

    id: uuid.UUID
    kind: JobKind
    state: str
    created_at: datetime
    args: dict[str, Any]

    @property
    def title(self) -> str:
        """What it does, in words."""
        return POLICIES[self.kind].title


class Story(NamedTuple):
    """What is told of a job beside its row. Everything is in the order in which it happened."""

    events: list[Event]
    lines: list[Logged]
    parent: Relative | None
    follows: Relative | None
    bulk: Relative | None
    followers: list[Relative]
    children: list[Relative]
    #: At most ``COUNTED`` + 1.
    children_count: int

    @property
    def more_lines(self) -> bool:
        """Whether there are earlier lines, which only the file holds."""
        return len(self.lines) == LINES


def parts(job: Any) -> Parts:
    """Return the questions whose answers ``of`` makes a story of."""
    named = {"parent": job.parent_id, "follows": job.follows_id, "bulk": job.bulk_id}
    if any(named.values()):
        return Parts((*_ALONE, _NAMED), {"of": job.id, **named})
    return Parts(_ALONE, {"of": job.id})


def of(job: Any, found: Found) -> Story:
    """Return the story of a job."""
    related = {one.id: one for one in _relatives(found.get("named", []))}
    return Story(
        events=[_event(one) for one in _in_order(found.get("event", []))],
        lines=[
            Logged(one.at, one.attempt, one.what, one.text)
            for one in _in_order(found.get("line", []))
        ],
        parent=related.get(job.parent_id),
        follows=related.get(job.follows_id),
        bulk=related.get(job.bulk_id),
        followers=_relatives(found.get("follower", [])),
        children=_relatives(found.get("child", [])),
        children_count=found["count"][0].number,
    )


def _in_order(rows: Sequence[Any]) -> list[Any]:
    return sorted(rows, key=lambda one: one.number)


def _event(one: Any) -> Event:
    what = What(one.what)
    return Event(one.at, what, one.text, one.attempt, one.began_at, one.who, one.reason)


def _relatives(rows: Sequence[Any]) -> list[Relative]:
    found = [Relative(one.of, JobKind(one.text), one.what, one.at, one.args or {}) for one in rows]
    return sorted(found, key=lambda one: one.id)


_OF = given("of", Job.id.type)


def _events() -> Select[Any]:
    newest = (
        select(JobEvent).where(JobEvent.job_id == _OF).order_by(JobEvent.id.desc()).limit(EVENTS)
    ).subquery()
    c = newest.c
    return select(
        *row(
            "event", of=c.job_id, number=c.id, at=c.at, attempt=c.attempt, began_at=c.began_at, what=c.what,
            text=c.text, who=User.name, reason=c.reason,
        )
    ).outerjoin_from(newest, User, User.id == c.user_id)  # fmt: skip


def _logged() -> Select[Any]:
    newest = (
        select(JobLog).where(JobLog.job_id == _OF).order_by(JobLog.id.desc()).limit(LINES)
    ).subquery()
    c = newest.c
    return select(
        *row(
            "line", of=c.job_id, number=c.id, at=c.at, attempt=c.attempt, what=c.level, text=c.text
        )
    )


def _children() -> Select[Any]:
    newest = select(Job).where(Job.parent_id == _OF).order_by(Job.id.desc()).limit(CHILDREN)
    return _jobs("child", newest.subquery())


def _followers() -> Select[Any]:
    newest = select(Job).where(Job.follows_id == _OF).order_by(Job.id.desc()).limit(FOLLOWERS)
    return _jobs("follower", newest.subquery())


def _count() -> Select[Any]:
    some = select(Job.id).where(Job.parent_id == _OF).limit(COUNTED + 1).subquery()
    return select(*row("count", number=func.count(some.c.id)))


def _jobs(part: str, found: Subquery) -> Select[Any]:
    c = found.c
    return select(*row(part, of=c.id, at=c.created_at, what=c.state, text=c.kind, args=c.args))


#: What is asked of every job, and of one that came of others.
_ALONE = (_events(), _logged(), _children(), _count(), _followers())
_NAMED = _jobs(
    "named",
    select(Job)
    .where(Job.id.in_([given(name, Job.id.type) for name in ("parent", "follows", "bulk")]))
    .subquery(),
)
