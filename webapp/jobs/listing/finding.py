"""The list of jobs: what a filter finds, a page at a time, and how many there are."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Subquery,
    cast,
    func,
    literal_column,
    null,
    select,
    true,
)
from sqlalchemy.orm import load_only

from webapp.accounts.models import User
from webapp.extensions import db
from webapp.jobs.known import Cause, Subject
from webapp.jobs.listing import searching, streams
from webapp.jobs.listing.choosing import Choices, choices
from webapp.jobs.listing.filters import Filter, Routine
from webapp.jobs.listing.matching import has, plain, span
from webapp.jobs.listing.searching import Known, Wheres
from webapp.jobs.listing.sought import Told, sought
from webapp.jobs.listing.streams import Order, Where, first
from webapp.jobs.models import Job, JobState

SIZE = 50
CAP = 10_000
#: Of jobs that only frequent words lead to, so many are looked at for one page, the newest first.
LOOKED_AT = 10_000
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


def conditions(wanted: Filter, job: Any = Job) -> list[ColumnElement[bool]]:
    """Return what must hold of a job, for any SELECT or UPDATE over Job (or an alias of it)."""
    found = plain(wanted, job)
    if wanted.text:
        causes = db.session.execute(select(Cause.id, Cause.text)).all()
        found.append(sought(wanted.text, [Told(*row) for row in causes]).fits(job))
    return found


def count(wanted: Filter, cap: int = CAP) -> Count:
    """Return how many jobs a filter finds: exactly up to ``cap``; every job is looked at if need be."""
    return _Look(wanted).count(cap) or _counted(
        select(Job.id).where(*conditions(wanted)).limit(cap + 1), cap
    )


def look(
    wanted: Filter,
    *,
    before: uuid.UUID | None = None,
    after: uuid.UUID | None = None,
    known: Choices | None = None,
    size: int = SIZE,
) -> Found:
    """Return a page of what a filter finds, newest first: of those older than ``before``, or newer than ``after``.

    ``known`` is what there is to choose from, for who has read it already, with the text.
    """
    return _Look(wanted, known).page(before, after, size)


def _counted(ids: Select[Any], cap: int) -> Count:
    number = db.session.scalar(select(func.count()).select_from(ids.subquery())) or 0
    return Count(min(number, cap), number > cap)


class Beside(NamedTuple):
    """Beside which id a page lies."""

    before: uuid.UUID | None
    after: uuid.UUID | None

    def of(self, job: Any) -> list[ColumnElement[bool]]:
        """Say in SQL on which side a job must be."""
        if self.after is not None:
            return [job.id > self.after]
        return [] if self.before is None else [job.id < self.before]

    def has(self, number: uuid.UUID) -> bool:
        """Say whether an id is on that side."""
        if self.after is not None:
            return number > self.after
        return self.before is None or number < self.before


class _Look:
    """One filter, and the way by which its jobs are found."""

    def __init__(
        self,
        wanted: Filter,
        known: Choices | None = None,
    ) -> None:
        self.wanted = wanted
        known = known or choices(None, wanted.text)
        self.facets = [one.word for one in known.facets if has(one, wanted)]
        self.sought = sought(wanted.text, known.causes) if wanted.text else None
        searched = self.sought if not wanted.about else None
        self.known = searching.known(searched, known.sizes) if searched else Known({}, {})

    def page(self, before: uuid.UUID | None, after: uuid.UUID | None, size: int) -> Found:
        """Return the page beside an id."""
        order, beside = Order(size + 1, ascending=after is not None), Beside(before, after)
        ids = self.ids(order, beside.of)
        if ids is None:
            return self._among_many(order, beside)
        every = self.ids(Order(CAP + 1, any=True), lambda _job: [])
        return _between(*_read(ids, order, every), beside=beside, order=order)

    def count(self, cap: int) -> Count | None:
        """Return how many there are; None where only a look at every job could tell."""
        ids = self.ids(Order(cap + 1, any=True), lambda _job: [])
        return None if ids is None else _counted(ids, cap)

    def ids(self, order: Order, beside: Where) -> Select[Any] | None:
        """Select the ids of the first jobs; None when only frequent words lead to them."""
        wanted = self.wanted

        def where(job: Any) -> list[ColumnElement[bool]]:
            return [*span(wanted, job), *beside(job)]

        def every(job: Any) -> list[ColumnElement[bool]]:
            return [*plain(wanted, job), *beside(job)]

        if wanted.about:
            fits = [] if self.sought is None else [self.sought.fits(Job)]
            return first(select(Job.id).where(*every(Job), *fits), order)
        if self.sought is not None:
            wheres = Wheres(every, where, self._fails, wanted.cause)
            return searching.candidates(self.sought, self.known, self.facets, order, wheres)
        return self.of_columns(order, where)

    def of_columns(self, order: Order, where: Where) -> Select[Any]:
        """Select the ids of the first jobs by everything but words."""
        wanted = self.wanted
        if wanted.cause is not None:
            causes = [wanted.cause] if self._fails else []
            return _together(streams.of_causes(self.facets, causes, order, where), order)
        if self._is_narrow:
            states = wanted.states or tuple(JobState)
            return _together(streams.of_facets(self.facets, states, order, where), order)
        return first(select(Job.id).where(*_shown(wanted), *where(Job)), order)

    @property
    def _fails(self) -> bool:
        return not self.wanted.states or JobState.FAILURE in self.wanted.states

    @property
    def _is_narrow(self) -> bool:
        wanted = self.wanted
        columns = (wanted.states, wanted.kind, wanted.queue, wanted.who, wanted.about_type)
        return any(columns) or wanted.routine == Routine.ONLY

    def _among_many(self, order: Order, beside: Beside) -> Found:
        """Return the page of jobs to which only frequent words lead.

        When few fit everything else, these are looked at; else some thousands, the newest first.
        """
        few = self._few()
        if few is None:
            return self._looked_through(order, beside)

        fitting = select(Job.id).join(few, few.c.id == Job.id).where(self._fits(Job))
        every = db.session.scalars(fitting).all()  # at most CAP
        there = sorted(filter(beside.has, every), reverse=not order.ascending)[: order.limit]
        rows = _read(select(Job.id).where(Job.id.in_(there)), order)[0] if there else []
        return _between(rows, Count(len(every)), order=order, beside=beside)

    def _few(self) -> Subquery | None:
        """Return the jobs that fit everything but the words, if they are few."""
        if not (self._is_narrow or self.wanted.cause is not None):
            return None
        few = self.of_columns(Order(CAP + 1, any=True), lambda job: span(self.wanted, job))
        return None if _counted(few, CAP).more else few.subquery()

    def _looked_through(self, order: Order, beside: Beside) -> Found:
        wanted = self.wanted
        every = select(*_LOOKED_AT_COLUMNS).where(
            *_shown(wanted), *span(wanted, Job), *beside.of(Job)
        )
        some = first(every, Order(LOOKED_AT, order.ascending))
        looked = some.subquery().c
        fitting = select(looked.id).where(self._fits(looked), *plain(wanted, looked))
        rows, _ = _read(fitting.order_by(order.of(looked.id)).limit(order.limit), order)
        found = _between(rows, None, order=order, beside=beside)
        if len(rows) >= order.limit:
            return found
        last = some.with_only_columns(Job.id).limit(1).offset(LOOKED_AT - 1)
        end = db.session.scalar(last)
        if end is None:
            return found
        if order.ascending:
            return replace(found, broken_off=True, newer=end)
        return replace(found, broken_off=True, older=end)

    def _fits(self, job: Any) -> ColumnElement[bool]:
        return true() if self.sought is None else self.sought.fits(job)


_LOOKED_AT_COLUMNS: tuple[Any, ...] = (
    *(Job.id, Job.kind, Job.queue, Job.state, Job.routine, Job.subject_type, Job.asked_by_id),
    *(Job.about_id, Job.cause_id),
)


_NONE: ColumnElement[Any] = cast(null(), Integer)


def _read(
    ids: Select[Any], order: Order, every: Select[Any] | None = None
) -> tuple[list[Row], Count | None]:
    """Return the rows of some ids, what they are about and who asked, and the number of ``every``, by one statement."""
    few, number = ids.subquery(), _NONE
    if every is not None:
        number = select(func.count()).select_from(every.subquery()).scalar_subquery()
    query = (
        select(Job, Subject.name, User.name, number)
        .join(few, few.c.id == Job.id)
        .outerjoin(Subject, Subject.id == Job.about_id)
        .outerjoin(User, User.id == Job.asked_by_id)
        .options(load_only(*_SHOWN))
        .order_by(order.of(Job.id))
    )
    found = db.session.execute(query).all()
    there = found[0][3] if found and every is not None else None
    rows = [Row(*one[:3]) for one in found]
    return rows, None if there is None else Count(min(there, CAP), there > CAP)


def _between(rows: list[Row], number: Count | None, *, order: Order, beside: Beside) -> Found:
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


def _shown(wanted: Filter) -> list[ColumnElement[bool]]:
    """Say that routine is left out in the very words of the index that leaves it out."""
    return [literal_column("NOT jobs.routine")] if wanted.without_routine else []


def _together(parts: Select[Any], order: Order) -> Select[Any]:
    ids = parts.subquery()
    return first(select(ids.c.id), order, ids.c.id)
