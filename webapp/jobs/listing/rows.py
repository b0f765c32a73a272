"""A page of the list of jobs, as it is read and shown."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Join,
    Select,
    case,
    cast,
    func,
    literal,
    null,
    select,
    true,
)
from sqlalchemy.orm import load_only

from webapp.accounts.models import User
from webapp.extensions import db
from webapp.jobs.known import Subject
from webapp.jobs.listing.matching import moment
from webapp.jobs.listing.streams import Order
from webapp.jobs.models import Job

SIZE = 50
CAP = 10_000
#: What a list shows of a job; a traceback is long.
_SHOWN = (
    *(Job.id, Job.kind, Job.state, Job.done, Job.total, Job.note, Job.subject_type, Job.subject_id),
    *(Job.attempt, Job.created_at, Job.started_at, Job.finished_at, Job.error, Job.version),
    *(Job.cause_id, Job.cancel_requested_at, Job.routine),
)


class Row(NamedTuple):
    """A job of the list, what it is about, and who asked for it."""

    job: Job
    about: str | None
    asked_by: str | None


class Count(NamedTuple):
    """How many there are: exactly, or ``more`` than that."""

    number: int
    more: bool = False

    def words(self, one: str = "job", many: str = "jobs") -> str:
        """Say it."""
        return f"{'More than ' if self.more else ''}{self.number:,} {one if self == (1, False) else many}"


@dataclass(frozen=True)
class Found:
    """A page of the list, and the ids after which its neighbours begin."""

    rows: Sequence[Row]
    newer: uuid.UUID | None
    older: uuid.UUID | None
    #: None where only a look at every job could tell.
    count: Count | None
    #: So many jobs were looked at, and there may be older ones that fit.
    broken_off: bool = False


class Beside(NamedTuple):
    """Beside which id a page lies."""

    before: uuid.UUID | None
    after: uuid.UUID | None

    def of(self, job: Any) -> list[ColumnElement[bool]]:
        """Say in SQL on which side a job must be."""
        if self.after is not None:
            return [job.id > moment(self.after)]
        return [] if self.before is None else [job.id < moment(self.before)]


def read(
    ids: Select[Any], order: Order, every: Select[Any] | None = None
) -> tuple[list[Row], Count | None]:
    """Return the rows of some ids, what they are about and who asked, and the number of ``every``, by one statement."""
    few, number = ids.subquery(), _NONE
    if every is not None:
        number = select(func.count()).select_from(every.subquery()).scalar_subquery()
    found = db.session.execute(_told(few.join(Job, Job.id == few.c.id), number, order)).all()
    there = found[0][3] if found and every is not None else None
    rows = [Row(*one[:3]) for one in found]
    return rows, None if there is None else Count(min(there, CAP), there > CAP)


def read_to(
    end: ColumnElement[uuid.UUID], ids: Select[Any], order: Order
) -> tuple[list[Row], uuid.UUID | None]:
    """Return the rows of some ids, and where there are fewer than wanted also ``end``, by one statement."""
    few, once = ids.subquery(), select(literal(1)).subquery()
    joined = once.outerjoin(few, true()).outerjoin(Job, Job.id == few.c.id)
    lacking = case((func.count(few.c.id).over() < order.limit, end))
    found = db.session.execute(_told(joined, lacking, order)).all()
    return [Row(*one[:3]) for one in found if one[0] is not None], found[0][3]


_NONE: ColumnElement[Any] = cast(null(), Integer)


def _told(joined: Join, beside: ColumnElement[Any], order: Order) -> Select[Any]:
    """Select jobs, what they are about, who asked for them, and what is the same beside each."""
    return (
        select(Job, Subject.name, User.name, beside)
        .select_from(joined)
        .outerjoin(Subject, Subject.id == Job.about_id)
        .outerjoin(User, User.id == Job.asked_by_id)
        .options(load_only(*_SHOWN))
        .order_by(order.of(Job.id))
    )


def counted(ids: Select[Any], cap: int) -> Count:
    """Return how many ids a query selects that stops one beyond ``cap``."""
    number = db.session.scalar(select(func.count()).select_from(ids.subquery())) or 0
    return Count(min(number, cap), number > cap)


def between(rows: list[Row], number: Count | None, *, order: Order, beside: Beside) -> Found:
    """Return a page of rows that were read one further than it shows."""
    more, from_the_end = len(rows) == order.limit, not beside.of(Job)
    rows = rows[: order.limit - 1]
    newer, older = (more, True) if order.ascending else (not from_the_end, more)
    if order.ascending:
        rows = rows[::-1]
    return Found(
        rows,
        rows[0].job.id if newer and rows else None,
        rows[-1].job.id if older and rows else None,
        number,
    )
