"""Finding passages by words that the index does not hold, by reading them: slower, and seldom needed."""

from collections.abc import Sequence

from sqlalchemy import and_, select

from webapp.extensions import db
from webapp.knowledge.analysing import Question
from webapp.knowledge.models import Chunk, Reading, Source, SourceKind, SourceState


def passages(
    asked: Question,
    *,
    source_ids: Sequence[int] | None,
    kind: SourceKind | None,
    limit: int,
    offset: int,
) -> list[Chunk]:
    """Return passages that have all of the stop words, oldest first."""
    if not asked.stop_words:
        return []
    query = (
        select(Chunk)
        .join(Reading, Reading.id == Chunk.reading_id)
        .join(Source, Source.id == Chunk.source_id)
        .where(Reading.live, Source.state != SourceState.REMOVING)
        .where(and_(*(Chunk.text.icontains(word) for word in asked.stop_words)))
    )
    if source_ids is not None:
        query = query.where(Source.id.in_(source_ids))
    if kind is not None:
        query = query.where(Source.kind == kind)
    return list(db.session.scalars(query.order_by(Chunk.id).limit(limit).offset(offset)))
