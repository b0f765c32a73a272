"""The index: which passages have a term. One interface over two databases.

SQLite has full-text search of its own, PostgreSQL postings of ours; both are given the terms of
``analysing`` and rank by the same formula, BM25 as SQLite's ``bm25()`` has it.
"""

from collections.abc import Sequence
from types import ModuleType
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from webapp.extensions import db
from webapp.knowledge import analysing, index_on_postgresql, index_on_sqlite
from webapp.knowledge.index_tables import Tally
from webapp.knowledge.models import Chunk, Reading
from webapp.knowledge.sought import Sought
from webapp.knowledge.stop_words import STOP_WORDS

INSERTS = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


class Statistics(NamedTuple):
    """What the index holds: passages, their mean length in terms, and their languages."""

    passages: int
    length: float
    languages: tuple[str, ...]


def add(chunks: Sequence[Chunk]) -> None:
    """Index passages that have their ids, in the transaction of the caller.

    Sets ``length`` and ``language`` of each; the language is that of the text, where it can be
    told, else what the reading says of itself, or most of its passages are in.
    """
    priors: dict[int, str] = {}
    entries: list[tuple[int, int, list[str]]] = []
    tallies: dict[tuple[int, str], list[int]] = {}
    for chunk in chunks:
        if chunk.reading_id not in priors:
            priors[chunk.reading_id] = _prior(chunk.reading_id, chunks)
        language = analysing.language_of(chunk.text, priors[chunk.reading_id])
        terms = analysing.terms(chunk.text, language)
        chunk.language, chunk.length = language, len(terms)
        entries.append((chunk.id, chunk.reading_id, terms))
        tally = tallies.setdefault((chunk.reading_id, language), [0, 0])
        tally[0] += 1
        tally[1] += len(terms)
    if not entries:
        return
    db.session.flush()
    _database().write(db.session.connection(), entries)
    _count(tallies)


def remove(reading_ids: Sequence[int]) -> None:
    """Take what was read out of the index; the passages stay as rows. Harmless when it is gone already."""
    if not reading_ids:
        return
    db.session.flush()
    _database().erase(db.session.connection(), reading_ids)
    db.session.execute(delete(Tally).where(Tally.reading_id.in_(reading_ids)))


def statistics() -> Statistics:
    """Return what the index holds, passages that cannot be found (yet, or any more) among them."""
    rows = db.session.execute(
        select(Tally.language, func.sum(Tally.chunks), func.sum(Tally.terms))
        .group_by(Tally.language)
        .order_by(func.sum(Tally.chunks).desc(), Tally.language)
    ).all()
    passages = sum(int(row[1]) for row in rows)
    terms = sum(int(row[2]) for row in rows)
    return Statistics(
        passages, terms / passages if passages else 0.0, tuple(row[0] for row in rows)
    )


def frequencies(terms: Sequence[str]) -> dict[str, int]:
    """Return in how many passages each term stands; a term that stands nowhere is left out."""
    return _database().frequencies(db.session.connection(), terms) if terms else {}


def beginning(start: str, most: int) -> dict[str, int]:
    """Return the terms that begin so, at most so many, and in how many passages each stands."""
    return _database().beginning(db.session.connection(), start, most)  # type: ignore[no-any-return]


def candidates(sought: Sought, limit: int) -> list[tuple[int, float]]:
    """Return the best passages by BM25, at most so many: id and score, the best first."""
    return _database().candidates(db.session.connection(), sought, limit)  # type: ignore[no-any-return]


def _database() -> ModuleType:
    name = db.engine.dialect.name
    return index_on_postgresql if name == "postgresql" else index_on_sqlite


def _prior(reading_id: int, chunks: Sequence[Chunk]) -> str:
    about = db.session.get_one(Reading, reading_id).about or {}
    said = str(about.get("language") or "").replace("_", "-").partition("-")[0].lower()
    if said in STOP_WORDS:
        return said
    texts = [chunk.text[:500] for chunk in chunks if chunk.reading_id == reading_id]
    if found := analysing.language_of("\n".join(texts[:20])):
        return found
    before = select(Tally.language).where(Tally.reading_id == reading_id, Tally.language != "")
    return db.session.scalar(before.order_by(Tally.chunks.desc()).limit(1)) or ""


def _count(tallies: dict[tuple[int, str], list[int]]) -> None:
    insert: Any = INSERTS[db.engine.dialect.name]
    rows = [
        {"reading_id": reading_id, "language": language, "chunks": count, "terms": terms}
        for (reading_id, language), (count, terms) in sorted(tallies.items())
    ]
    adding = insert(Tally).values(rows)
    db.session.execute(
        adding.on_conflict_do_update(
            index_elements=["reading_id", "language"],
            set_={
                "chunks": Tally.chunks + adding.excluded.chunks,
                "terms": Tally.terms + adding.excluded.terms,
            },
        )
    )
