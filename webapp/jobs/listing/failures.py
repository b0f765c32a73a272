"""Failures put together by their cause."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    case,
    exists,
    func,
    literal_column,
    select,
    table,
    true,
)

from webapp.extensions import db
from webapp.jobs.kinds import POLICIES, JobKind
from webapp.jobs.known import Cause
from webapp.jobs.listing import streams
from webapp.jobs.listing.rows import CAP, Count
from webapp.jobs.models import Job, JobState
from webapp.states import stands

#: The causes seen last are shown.
MOST = 100
#: Failures of one cause are counted so far where the index alone tells them, and so far all together.
CAP_OF_ONE, CAP_OF_ALL = 100_000, 1_200_000
#: Where each row must be looked at, so many of all causes together: 50 ms.
UNSEEN_OF_ALL = 24_000


class Group(NamedTuple):
    """All jobs that failed for one cause and that nobody has tried again since."""

    cause: Cause
    number: Count
    kinds: Sequence[str]


def groups() -> list[Group]:
    """Return the causes for which jobs stand failed, the one seen last first.

    They are counted exactly up to 100,000 each, fewer where there are more than 12 causes; up to
    2,000 of 12 while PostgreSQL's autovacuum has not yet come round after very many jobs were
    written, when it must look at the row of each.
    """
    failing = exists().where(stands(Job.state, JobState.FAILURE), Job.cause_id == Cause.id)
    newest = select(Cause).where(failing).order_by(Cause.last_at.desc(), Cause.id.desc())
    causes = db.session.scalars(newest.limit(MOST)).all()
    ids = [cause.id for cause in causes]
    kinds: dict[int, set[str]] = {number: set() for number in ids}
    for number, word in db.session.execute(_facets(ids)):
        kinds[number].add(POLICIES[JobKind(streams.facet(word).kind)].title)
    counts = {
        number: Count(min(there, cap), there > cap)
        for number, there, cap in db.session.execute(_numbers(ids))
    }
    return [
        Group(cause, counts[cause.id], sorted(kinds[cause.id]))
        for cause in causes
        if counts[cause.id].number
    ]


def _failed(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(Job.id).where(stands(Job.state, JobState.FAILURE), *conditions)


def _numbers(causes: Sequence[int]) -> Select[Any]:
    """Select how many failed for each cause, and how many are counted at most."""
    of_these, cause = streams.each(causes, "c", Integer())
    cap = _cap(len(causes))
    some = _failed(Job.cause_id == cause).limit(cap + 1).correlate(of_these).subquery()
    number = select(func.count()).select_from(some).scalar_subquery()
    return select(cause, number, cap).select_from(of_these)


def _cap(causes: int) -> ColumnElement[int]:
    """Return how many of a cause are counted: few while PostgreSQL has to look at each row."""
    most = literal_column(str(max(CAP, min(CAP_OF_ONE, CAP_OF_ALL // max(1, causes)))), Integer)
    if not streams.on_postgresql():
        return most
    # In bytes: PostgreSQL counts a table's pages anew only when it looks at them.
    seen: ColumnElement[bool] = literal_column(
        "relallvisible * current_setting('block_size')::numeric >= pg_relation_size(oid) * 0.8"
    )
    least = literal_column(str(max(100, min(CAP, UNSEEN_OF_ALL // max(1, causes)))), Integer)
    found: ColumnElement[int] = (
        select(case((seen, most), else_=least))
        .select_from(_TABLES)
        .where(literal_column("oid = 'jobs'::regclass"))
        .scalar_subquery()
    )
    return found


_TABLES = table("pg_class")


def _facets(causes: Sequence[int]) -> Select[Any]:
    """Select the facets of what failed for each cause: the index is asked for each pair."""
    of_these, cause = streams.each(causes, "c", Integer())
    facets = streams.FACETS.subquery()
    one = _failed(Job.cause_id == cause, Job.facet == facets.c.facet).limit(1)
    there = one.correlate(of_these, facets).scalar_subquery().is_not(None)
    pairs = select(cause, facets.c.facet).select_from(of_these).join(facets, true())
    return pairs.where(there)
