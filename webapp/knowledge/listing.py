"""The sources, as their list shows them."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Select, String, cast, func, or_, select

from webapp.accounts.models import User
from webapp.extensions import db
from webapp.jobs.models import UNFINISHED, Job
from webapp.knowledge.models import Reading, Source, SourceKind, SourceState
from webapp.knowledge.readings import outdated
from webapp.states import stands

#: What changes by itself.
MOVING = (SourceState.WAITING, SourceState.READING, SourceState.REMOVING)
_KINDS = [kind.value for kind in SourceKind]

#: Grows with every change of a source, and with each step of a job about one.
CHANGES = (
    select(func.coalesce(func.sum(Source.version + 1), 0)).scalar_subquery()
    + select(func.coalesce(func.sum(Job.version), 0))
    .where(or_(*(Job.subject_type == kind for kind in _KINDS)), stands(Job.state, *UNFINISHED))
    .scalar_subquery()
)


class Listed(NamedTuple):
    """A source, who brought it, and the job that is at work on it."""

    source: Source
    by: str | None
    job: Job | None


class Totals(NamedTuple):
    """What can be found altogether."""

    documents: int
    websites: int
    chunks: int
    #: Documents whose reading failed.
    failed: int
    #: Documents that were read with other settings than those of now.
    outdated: int


def found(
    words: str = "", kind: SourceKind | None = None, state: SourceState | None = None
) -> Select[Source]:
    """Select the sources whose name holds the words, of a kind, in a state."""
    query = select(Source)
    if words:
        query = query.where(Source.name.icontains(words, autoescape=True))
    if kind is not None:
        query = query.where(Source.kind == kind)
    if state is not None:
        query = query.where(Source.state == state)
    return query


def listed(sources: Sequence[Source]) -> list[Listed]:
    """Return them with what else a line shows, by two statements however many there are."""
    askers = {one.asked_by_id for one in sources}
    people = db.session.execute(select(User.id, User.name).where(User.id.in_(askers))).all()
    names: dict[int, str] = dict(people)
    jobs = {job.subject_id: job for job in _open_jobs(sources)}
    return [
        Listed(source, names.get(source.asked_by_id or 0), jobs.get(str(source.id)))
        for source in sources
    ]


def _open_jobs(sources: Sequence[Source]) -> Sequence[Job]:
    moving = [str(source.id) for source in sources if source.state in MOVING]
    if not moving:
        return []
    query = select(Job).where(
        Job.subject_type.in_(_KINDS), Job.subject_id.in_(moving), Job.state.in_(UNFINISHED)
    )
    return db.session.scalars(query.order_by(Job.id)).all()


def totals() -> Totals:
    """Count what is known."""
    kinds = {
        kind: (count, chunks)
        for kind, count, chunks in db.session.execute(
            select(Source.kind, func.count(), func.sum(Source.chunks))
            .where(Source.state != SourceState.REMOVING, Source.read_at.is_not(None))
            .group_by(Source.kind)
        ).all()
    }
    failed = select(func.count()).where(
        Source.kind == SourceKind.DOCUMENT, Source.state == SourceState.FAILED
    )
    old = (
        select(func.count())
        .select_from(Source)
        .join(Reading)
        .where(
            Reading.live,
            outdated(),
            Source.kind == SourceKind.DOCUMENT,
            Source.state.not_in(MOVING),
        )
    )
    return Totals(
        kinds.get(SourceKind.DOCUMENT, (0, 0))[0],
        kinds.get(SourceKind.WEBSITE, (0, 0))[0],
        sum(chunks for _, chunks in kinds.values()),
        db.session.scalar(failed) or 0,
        db.session.scalar(old) or 0,
    )


def jobs_of(source: Source) -> Sequence[Job]:
    """Return the jobs about a source, newest first."""
    query = select(Job).where(
        Job.subject_type == source.kind.value, Job.subject_id == cast(source.id, String)
    )
    return db.session.scalars(query.order_by(Job.id.desc()).limit(SHOWN_JOBS)).all()


#: A source that is read every day has more jobs than anybody wants to see; the others are under Jobs.
SHOWN_JOBS = 10
