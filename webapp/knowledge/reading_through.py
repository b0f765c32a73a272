"""Finding passages by words that the index does not hold, by reading them: slower, and seldom needed."""

from collections.abc import Sequence

from sqlalchemy import and_, select

from webapp.extensions import db
from webapp.knowledge import analysing, highlighting
from webapp.knowledge.analysing import Question
from webapp.knowledge.models import Chunk, Reading, Source, SourceKind, SourceState

#: Passages that are read at most: such words stand in most of them, so there is no lack.
READ = 500


def passages(
    asked: Question,
    *,
    source_ids: Sequence[int] | None,
    kind: SourceKind | None,
    limit: int,
    offset: int,
) -> list[Chunk]:
    """Return passages that have all of the stop words, those first that have them side by side."""
    if not asked.stop_words:
        return []
    query = (
        select(Chunk)
        .join(Reading, Reading.id == Chunk.reading_id)
        .join(Source, Source.id == Chunk.source_id)
        .where(Reading.live, Source.state != SourceState.REMOVING)
    )
    if source_ids is not None:
        query = query.where(Source.id.in_(source_ids))
    if kind is not None:
        query = query.where(Source.kind == kind)
    having = and_(*(Chunk.text.icontains(word, autoescape=True) for word in asked.stop_words))
    together = Chunk.text.icontains(" ".join(asked.stop_words), autoescape=True)
    found = [
        chunk
        for condition in (together, and_(having, ~together))
        for chunk in db.session.scalars(query.where(condition).order_by(Chunk.id).limit(READ))
        if _has(chunk.text, asked)
    ]
    return found[offset : offset + limit]


def _has(text: str, asked: Question) -> bool:
    forms = {atom.form for atom in analysing.atoms(text)}
    return forms.issuperset(asked.stop_words) and highlighting.has_phrases(text, asked)
