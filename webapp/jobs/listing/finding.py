"""The list of jobs: what a filter finds, a page at a time, and how many there are."""

import uuid
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    false,
    func,
    literal,
    literal_column,
    select,
    true,
    union,
    union_all,
)

from webapp.extensions import db
from webapp.jobs.known import Cause
from webapp.jobs.listing import searching, streams
from webapp.jobs.listing.choosing import Choices, choices
from webapp.jobs.listing.filters import Filter, Routine
from webapp.jobs.listing.matching import has, plain, span, spanned, thing, unguided
from webapp.jobs.listing.rows import CAP, SIZE, Beside, Found, between, counted, read, read_to
from webapp.jobs.listing.rows import Count as Count
from webapp.jobs.listing.searching import Way, Wheres, kept
from webapp.jobs.listing.sought import Told, sought
from webapp.jobs.listing.streams import Order, Where, first, for_each
from webapp.jobs.models import Job, JobState

#: Where only frequent words lead to jobs: if at most so many fit everything else, their words are looked at.
FEW = 4_000
#: Else so many that fit everything else are looked at for one page, the newest first,
LOOKED_AT = 5_000
#: among so many jobs.
LOOKED_AMONG = 50_000
#: No limit, where a query must have one.
EVERY = 2**31 - 1


def conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    """Return what must hold of a job, for any SELECT or UPDATE over Job, however many it changes.

    Words are looked up once, as for the list; only where frequent ones alone lead to jobs it is
    asked of each job whether it has them.
    """
    if not wanted.text:
        return plain(wanted, Job)
    ways = _Look(wanted).ways
    meant = fits(wanted) if ways is None else Job.id.in_(_any(ways, EVERY))
    return [*plain(wanted, Job), meant]


def fits(wanted: Filter) -> ColumnElement[bool]:
    """Return what must hold of the words of a job; on many jobs that is slow."""
    causes = db.session.execute(select(Cause.id, Cause.text)).all()
    return sought(wanted.text, [Told(*row) for row in causes]).fits(Job)


def count(wanted: Filter, cap: int = CAP) -> Count:
    """Return how many jobs a filter finds: exactly up to ``cap``; every job is looked at if need be."""
    return _Look(wanted).count(cap) or counted(
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


class _Look:
    """One filter, and the way by which its jobs are found."""

    def __init__(self, wanted: Filter, known: Choices | None = None) -> None:
        self.wanted = wanted
        known = known or choices(None, wanted.text)
        self.facets = [one.word for one in known.facets if has(one, wanted)]
        self.all_facets = len(self.facets) == len(known.facets)
        self.sought = sought(wanted.text, known.causes, known.sizes) if wanted.text else None
        #: What leads to the jobs; None where only frequent words do.
        self.ways = self._ways()

    def page(self, before: uuid.UUID | None, after: uuid.UUID | None, size: int) -> Found:
        """Return the page beside an id."""
        order, beside = Order(size + 1, ascending=after is not None), Beside(before, after)
        if self.ways is None:
            return self._looked_through(order, beside)
        ids, every = _together(self.ways, order, beside.of), _any(self.ways, CAP + 1)
        return between(*read(ids, order, every), order=order, beside=beside)

    def count(self, cap: int) -> Count | None:
        """Return how many there are; None where only a look at every job could tell."""
        return None if self.ways is None else counted(_any(self.ways, cap + 1), cap)

    def _ways(self) -> list[Way] | None:
        if self.sought is None or self.wanted.about:
            return [self._of_thing if self.wanted.about else self._of_columns]
        where = Wheres(self._where, self._span, self.facets, self._fails, self.wanted.cause)
        known = searching.known(self.sought)
        found = searching.ways(self.sought, known, where)
        if found is not None:
            return found
        rows = self._asked(searching.questions(known))
        number = next((number for way, number in rows if way == _FEW), FEW + 1)
        if known.asked:
            found = searching.ways(self.sought, searching.answered(known, rows), where)
        return [self._of_few()] if found is None and number <= FEW else found

    def _asked(self, questions: list[Select[Any]]) -> list[Any]:
        """Ask the database about words, and how many jobs fit everything else, by one statement."""
        if self._is_narrow or self.wanted.since or self.wanted.until:
            number = select(func.count()).select_from(self._few().subquery()).scalar_subquery()
            questions.append(select(literal(_FEW), number))
        if not questions:
            return []
        asked = union_all(*questions) if len(questions) > 1 else questions[0]
        return list(db.session.execute(asked).all())

    def _few(self) -> Select[Any]:
        return self._of_columns(Order(FEW + 1, any=True), lambda _job: [])

    def _of_few(self) -> Way:
        """Return the way that looks at the words of each job that fits everything else."""
        few = self._few().subquery()
        return kept(
            for_each([few], Order(FEW, any=True), lambda job: [job.id == few.c.id, self._fits(job)])
        )

    def _where(self, job: Any) -> list[ColumnElement[bool]]:
        """Say what must hold beside the words by what the index of what jobs are about has."""
        facets = None if self.all_facets else self.facets
        return [*unguided(job, self.wanted, facets), *self._span(job)]

    def _span(self, job: Any) -> list[ColumnElement[bool]]:
        return spanned(self.wanted, job)

    def _of_thing(self, order: Order, beside: Where) -> Select[Any]:
        about = thing(self.wanted, Job)
        return first(
            select(Job.id).where(*about, *self._where(Job), self._fits(Job), *beside(Job)), order
        )

    def _of_columns(self, order: Order, beside: Where) -> Select[Any]:
        """Select the ids of the first jobs by everything but words."""
        wanted = self.wanted

        def where(job: Any) -> list[ColumnElement[bool]]:
            return [*self._span(job), *beside(job)]

        if wanted.cause is not None:
            causes = [wanted.cause] if self._fails else []
            return _first_of(streams.of_causes(self.facets, causes, order, where), order)
        if self._is_narrow:
            states = wanted.states or tuple(JobState)
            return _first_of(streams.of_facets(self.facets, states, order, where), order)
        return first(select(Job.id).where(*_shown(wanted), *where(Job)), order)

    @property
    def _fails(self) -> bool:
        return not self.wanted.states or JobState.FAILURE in self.wanted.states

    @property
    def _is_narrow(self) -> bool:
        wanted = self.wanted
        narrow = (wanted.states, wanted.kind, wanted.queue, wanted.who, wanted.about_type)
        return any(narrow) or wanted.cause is not None or wanted.routine == Routine.ONLY

    def _looked_through(self, order: Order, beside: Beside) -> Found:
        """Return a page of jobs to which only frequent words lead: of some thousands, the newest first."""
        wanted, ascending = self.wanted, order.ascending
        side = [*span(wanted, Job), *beside.of(Job)]
        among = first(select(*_LOOKED_AT_COLUMNS).where(*side), Order(LOOKED_AMONG, ascending))
        looked = among.subquery().c
        some = first(
            select(*looked).where(*plain(wanted, looked)), Order(LOOKED_AT, ascending), looked.id
        )
        fitting = some.subquery().c
        ends = (
            some.with_only_columns(looked.id).limit(1).offset(LOOKED_AT - 1),
            among.with_only_columns(Job.id).limit(1).offset(LOOKED_AMONG - 1),
        )
        rows, end = read_to(
            func.coalesce(*(end.scalar_subquery() for end in ends)),
            first(select(fitting.id).where(self._fits(fitting)), order, fitting.id),
            order,
        )
        found = between(rows, None, order=order, beside=beside)
        if end is None:
            return found
        if ascending:
            return replace(found, broken_off=True, newer=end)
        return replace(found, broken_off=True, older=end)

    def _fits(self, job: Any) -> ColumnElement[bool]:
        return true() if self.sought is None else self.sought.fits(job)


#: What stands for the jobs that fit everything but the words, among questions about words.
_FEW = -1
_LOOKED_AT_COLUMNS: tuple[Any, ...] = (
    *(Job.id, Job.kind, Job.queue, Job.state, Job.routine, Job.subject_type, Job.asked_by_id),
    *(Job.about_id, Job.cause_id),
)


def _shown(wanted: Filter) -> list[ColumnElement[bool]]:
    """Say that routine is left out in the very words of the index that leaves it out."""
    return [literal_column("NOT jobs.routine")] if wanted.without_routine else []


def _together(ways: list[Way], order: Order, beside: Where) -> Select[Any]:
    """Select the ids of the first jobs to which some way leads."""
    apart = [way(order, beside) for way in ways]
    if len(apart) < 2:
        return _first_of(apart[0], order) if apart else select(Job.id).where(false())
    every = union(*(select(one.subquery().c.id) for one in apart))
    return _first_of(every, order)


def _any(ways: list[Way], limit: int) -> Select[Any]:
    return _together(ways, Order(limit, any=True), lambda _job: [])


def _first_of(parts: Any, order: Order) -> Select[Any]:
    ids = parts.subquery()
    return first(select(ids.c.id), order, ids.c.id)
