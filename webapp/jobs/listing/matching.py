"""What must hold of a job to be found by a filter, beside its words."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, Uuid, literal, not_, select, type_coerce

from webapp.clock import first_id
from webapp.jobs.known import Subject
from webapp.jobs.listing.filters import Filter, Routine
from webapp.jobs.listing.streams import Facet, one_of
from webapp.jobs.models import NOBODY, JobState
from webapp.states import stands


def moment(number: uuid.UUID) -> ColumnElement[uuid.UUID]:
    """Return an id of which the database does not know beforehand how many lie beyond it.

    Where few do, PostgreSQL would read all those by the primary key, for each facet anew.
    """
    found: ColumnElement[uuid.UUID] = select(literal(number, Uuid())).scalar_subquery()
    return found


def plain(wanted: Filter, job: Any) -> list[ColumnElement[bool]]:
    """Say what must hold of a job by its columns."""
    found: list[ColumnElement[bool]] = []
    if wanted.states:
        found.append(job.state.in_(wanted.states))
    if wanted.without_routine:
        found.append(not_(job.routine))
    if wanted.routine == Routine.ONLY:
        found.append(job.routine)
    pairs = (
        (job.kind, wanted.kind),
        (job.queue, wanted.queue),
        (job.subject_type, wanted.about_type),
    )
    found += [column == value for column, value in pairs if value]
    if wanted.who:
        nobody = wanted.who == NOBODY
        found.append(job.asked_by_id.is_(None) if nobody else job.asked_by_id == int(wanted.who))
    if wanted.cause is not None:
        found += [job.cause_id == wanted.cause, job.state == JobState.FAILURE]
    return [*found, *span(wanted, job), *thing(wanted, job)]


def unguided(job: Any, wanted: Filter, facets: Sequence[str] | None) -> list[ColumnElement[bool]]:
    """Say what must hold of a job beside its id and its words, so that no other index offers itself.

    The jobs of each thing are found by the index of what they are about, which has all this. Where so
    few jobs fit the rest that PostgreSQL expects none, it would read those, for each thing anew.
    ``facets`` are those that fit; None: all do.
    """
    found: list[ColumnElement[bool]] = []
    if wanted.states:
        found.append(type_coerce(job.state, String()).concat("").in_(list(wanted.states)))
    if facets is not None:
        found.append(one_of(job.facet.concat(""), facets))
    if wanted.cause is not None:
        found += [stands(job.state, JobState.FAILURE), job.cause_id + 0 == wanted.cause]
    return found


def span(wanted: Filter, job: Any) -> list[ColumnElement[bool]]:
    """Say when a job must have been asked for, by its id."""
    since, until = wanted.since_at, wanted.until_at
    found = [] if since is None else [job.id >= first_id(since)]
    return found if until is None else [*found, job.id < first_id(until)]


def spanned(wanted: Filter, job: Any) -> list[ColumnElement[bool]]:
    """Say the same where each facet, or each thing, is asked for its jobs."""
    since, until = wanted.since_at, wanted.until_at
    found = [] if since is None else [job.id >= moment(first_id(since))]
    return found if until is None else [*found, job.id < moment(first_id(until))]


def thing(wanted: Filter, job: Any) -> list[ColumnElement[bool]]:
    """Say what one thing a job must be about."""
    if not wanted.about:
        return []
    kind, _, ref = wanted.about.partition(":")
    known = select(Subject.id).where(Subject.type == kind, Subject.ref == ref)
    return [job.about_id == known.scalar_subquery()]


def has(facet: Facet, wanted: Filter) -> bool:
    """Say whether jobs of a facet can be found by a filter."""
    pairs = (
        (wanted.kind, facet.kind),
        (wanted.queue, facet.queue),
        (wanted.about_type, facet.about_type),
        (wanted.who, facet.who),
    )
    if any(one and one != other for one, other in pairs):
        return False
    return not wanted.without_routine if facet.routine else wanted.routine != Routine.ONLY
