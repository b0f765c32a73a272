"""Failures put together by their cause."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, exists, func, select, true

from webapp.extensions import db
from webapp.jobs.kinds import POLICIES, JobKind
from webapp.jobs.known import Cause
from webapp.jobs.listing import streams
from webapp.jobs.listing.rows import Count
from webapp.jobs.models import Job, JobState
from webapp.states import stands

#: The causes seen last are shown.
MOST = 100
#: Failures of one cause and one facet are counted so far.
CAP = 100_000


class Group(NamedTuple):
    """All jobs that failed for one cause and that nobody has tried again since."""

    cause: Cause
    number: Count
    kinds: Sequence[str]


def groups() -> list[Group]:
    """Return the causes for which jobs stand failed, the one seen last first."""
    failing = exists().where(stands(Job.state, JobState.FAILURE), Job.cause_id == Cause.id)
    newest = select(Cause).where(failing).order_by(Cause.last_at.desc(), Cause.id.desc())
    causes = db.session.scalars(newest.limit(MOST)).all()
    parts: dict[int, dict[str, int]] = {}
    for cause_id, word, number in db.session.execute(_numbers([cause.id for cause in causes])):
        if number:
            parts.setdefault(cause_id, {})[word] = number
    return [_group(cause, parts[cause.id]) for cause in causes if cause.id in parts]


def _group(cause: Cause, parts: Mapping[str, int]) -> Group:
    kinds = {POLICIES[JobKind(streams.facet(word).kind)].title for word in parts}
    number = sum(min(part, CAP) for part in parts.values())
    return Group(cause, Count(number, any(part > CAP for part in parts.values())), sorted(kinds))


def _numbers(causes: Sequence[int]) -> Select[Any]:
    """Select how many failed for each cause, by facet: the index is asked for each pair."""
    of_these, cause = streams.each(causes, "c", Integer())
    facets = streams.FACETS.subquery()
    some = (
        select(Job.id)
        .where(
            stands(Job.state, JobState.FAILURE),
            Job.cause_id == cause,
            Job.facet == facets.c.facet,
        )
        .limit(CAP + 1)
        .correlate(of_these, facets)
        .subquery()
    )
    number = select(func.count()).select_from(some).scalar_subquery()
    return select(cause, facets.c.facet, number).select_from(of_these).join(facets, true())
