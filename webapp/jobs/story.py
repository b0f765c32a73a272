"""Everything that is kept beside a job's row: what happened, what was logged, which jobs it came of.

One statement, since a page may not ask for each.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Integer,
    Select,
    Subquery,
    Text,
    cast,
    func,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)

from webapp.accounts.models import User
from webapp.extensions import STORED_JSON, db
from webapp.jobs.kinds import POLICIES, JobKind
from webapp.jobs.models import Job, JobEvent, JobLog, What

#: So much is shown on the page of a job; all lines are in the file.
EVENTS, LINES, CHILDREN, FOLLOWERS = 100, 400, 5, 5
#: Children are counted up to here.
COUNTED = 1_000

_COLUMNS = {
    "part": Text(), "of": Job.id.type, "number": Integer(), "at": Job.created_at.type,
    "attempt": Integer(), "began_at": Job.created_at.type, "what": Text(), "text": Text(),
    "who": Text(), "reason": Text(), "args": STORED_JSON,
}  # fmt: skip


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


def of(job: Any) -> Story:
    """Return the story of a job."""
    parts = [
        _events(job.id),
        _logged(job.id),
        _children(job.id),
        _count(job.id),
        _followers(job.id),
    ]
    if named := [one for one in (job.parent_id, job.follows_id, job.bulk_id) if one]:
        parts.append(_jobs("named", select(Job).where(Job.id.in_(named)).subquery()))
    rows = db.session.execute(union_all(*parts)).all()
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.part, []).append(row)
    related = {one.id: one for one in _relatives(found.get("named", []))}
    return Story(
        events=[_event(row) for row in sorted(found.get("event", []), key=lambda row: row.number)],
        lines=[
            Logged(row.at, row.attempt, row.what, row.text)
            for row in sorted(found.get("line", []), key=lambda row: row.number)
        ],
        parent=related.get(job.parent_id),
        follows=related.get(job.follows_id),
        bulk=related.get(job.bulk_id),
        followers=_relatives(found.get("follower", [])),
        children=_relatives(found.get("child", [])),
        children_count=found["count"][0].number,
    )


def _event(row: Any) -> Event:
    return Event(
        row.at, What(row.what), row.text, row.attempt, row.began_at, row.who, row.reason
    )  # fmt: skip


def _relatives(rows: Sequence[Any]) -> list[Relative]:
    found = [Relative(row.of, JobKind(row.text), row.what, row.at, row.args or {}) for row in rows]
    return sorted(found, key=lambda one: one.id)


def _row(part: str, **values: Any) -> list[Any]:
    """Return the columns that all parts have in common; what a part has not is NULL."""
    values["part"] = literal(part, Text())
    return [
        (type_coerce(values[name], type_) if name in values else cast(null(), type_)).label(name)
        for name, type_ in _COLUMNS.items()
    ]


def _events(job_id: uuid.UUID) -> Select[Any]:
    newest = (
        select(JobEvent).where(JobEvent.job_id == job_id).order_by(JobEvent.id.desc()).limit(EVENTS)
    ).subquery()
    c = newest.c
    return select(
        *_row(
            "event", of=c.job_id, number=c.id, at=c.at, attempt=c.attempt, began_at=c.began_at, what=c.what,
            text=c.text, who=User.name, reason=c.reason,
        )
    ).outerjoin_from(newest, User, User.id == c.user_id)  # fmt: skip


def _logged(job_id: uuid.UUID) -> Select[Any]:
    newest = (
        select(JobLog).where(JobLog.job_id == job_id).order_by(JobLog.id.desc()).limit(LINES)
    ).subquery()
    c = newest.c
    return select(
        *_row(
            "line", of=c.job_id, number=c.id, at=c.at, attempt=c.attempt, what=c.level, text=c.text
        )
    )


def _children(job_id: uuid.UUID) -> Select[Any]:
    newest = select(Job).where(Job.parent_id == job_id).order_by(Job.id.desc()).limit(CHILDREN)
    return _jobs("child", newest.subquery())


def _followers(job_id: uuid.UUID) -> Select[Any]:
    newest = select(Job).where(Job.follows_id == job_id).order_by(Job.id.desc()).limit(FOLLOWERS)
    return _jobs("follower", newest.subquery())


def _count(job_id: uuid.UUID) -> Select[Any]:
    some = select(Job.id).where(Job.parent_id == job_id).limit(COUNTED + 1).subquery()
    return select(*_row("count", number=func.count(some.c.id)))


def _jobs(part: str, found: Subquery) -> Select[Any]:
    c = found.c
    return select(*_row(part, of=c.id, at=c.created_at, what=c.state, text=c.kind, args=c.args))
