"""Finding passages by words that the index does not hold, by reading them: slower, and seldom needed."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Select, and_, select

from webapp.extensions import db
from webapp.knowledge import analysing, highlighting
from webapp.knowledge.analysing import Question
from webapp.knowledge.models import Chunk, Reading, Source, SourceKind, SourceState

#: Passages that are read at most: such words stand in most of them, so there is no lack.
READ = 500
#: Among so many, unless they must stand side by side: then wherever they do.
AMONG = 2_000


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
        .order_by(Chunk.id)
    )
    if source_ids is not None:
        query = query.where(Source.id.in_(source_ids))
    if kind is not None:
        query = query.where(Source.kind == kind)
    candidates = _candidates(query, asked)
    found = (chunk for chunk in candidates if _has(chunk.text, asked))
    return list(islice(found, offset, offset + limit))


def _candidates(query: Select[Any], asked: Question) -> Iterator[Chunk]:
    """Yield passages that may have the words, those first that seem to have them side by side."""
    typed = " ".join(asked.stop_words)
    having = and_(*(Chunk.text.icontains(word, autoescape=True) for word in asked.stop_words))
    if not asked.phrases:
        # Small words are of one language: passages in others would be read in vain.
        if language := analysing.language_of(typed):
            query = query.where(Chunk.language == language)
        first = query.with_only_columns(Chunk.id).limit(AMONG).scalar_subquery()
        some = select(Chunk).where(Chunk.id.in_(first), having).order_by(Chunk.id).limit(READ)
        yield from sorted(
            db.session.scalars(some), key=lambda one: typed not in one.text.casefold()
        )
        return
    together = Chunk.text.icontains(typed, autoescape=True)
    for condition in (together, and_(having, ~together)):
        yield from db.session.scalars(query.where(condition).limit(READ))


def _has(text: str, asked: Question) -> bool:
    forms = {atom.form for atom in analysing.atoms(text)}
    return forms.issuperset(asked.stop_words) and highlighting.has_phrases(text, asked)
