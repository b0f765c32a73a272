"""What must hold of a job to be found by a filter, beside its words."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, not_, select

from webapp.jobs.known import Subject
from webapp.jobs.listing.filters import Filter, Routine
from webapp.jobs.listing.streams import Facet
from webapp.jobs.models import NOBODY, JobState


def first_id(moment: datetime) -> uuid.UUID:
    """Return the smallest id that a job can have that was asked for at a moment; UUIDv7, RFC 9562."""
    return uuid.UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)


def plain(wanted: Filter, job: Any) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.states:
        found.append(job.state.in_(wanted.states))
    if wanted.without_routine:
        found.append(not_(job.routine))
    if wanted.routine == Routine.ONLY:
        found.append(job.routine)
    columns = (
        (job.kind, wanted.kind),
        (job.queue, wanted.queue),
        (job.subject_type, wanted.about_type),
    )
    found += [column == value for column, value in columns if value]
    if wanted.who:
        nobody = wanted.who == NOBODY
        found.append(job.asked_by_id.is_(None) if nobody else job.asked_by_id == int(wanted.who))
    if wanted.cause is not None:
        found += [job.cause_id == wanted.cause, job.state == JobState.FAILURE]
    return [*found, *span(wanted, job), *_thing(wanted, job)]


def span(wanted: Filter, job: Any) -> list[ColumnElement[bool]]:
    since, until = wanted.since_at, wanted.until_at
    found = [] if since is None else [job.id >= first_id(since)]
    return found if until is None else [*found, job.id < first_id(until)]


def _thing(wanted: Filter, job: Any) -> list[ColumnElement[bool]]:
    if not wanted.about:
        return []
    kind, _, ref = wanted.about.partition(":")
    known = select(Subject.id).where(Subject.type == kind, Subject.ref == ref)
    return [job.about_id == known.scalar_subquery()]


def has(facet: Facet, wanted: Filter) -> bool:
    pairs = (
        (wanted.kind, facet.kind),
        (wanted.queue, facet.queue),
        (wanted.about_type, facet.about_type),
        (wanted.who, facet.who),
    )
    if any(one and one != other for one, other in pairs):
        return False
    return not wanted.without_routine if facet.routine else wanted.routine != Routine.ONLY
