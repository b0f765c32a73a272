"""The index: which passages have a term. One interface over two databases.

SQLite has full-text search of its own, PostgreSQL postings of ours; both are given the terms of
``analysing`` and rank by the same formula, BM25 as SQLite's ``bm25()`` has it.
"""

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select

from webapp.extensions import db, insertion
from webapp.knowledge import analysing, index_on_postgresql, index_on_sqlite
from webapp.knowledge.index_tables import Tally
from webapp.knowledge.models import Chunk, Reading
from webapp.knowledge.sought import Sought
from webapp.knowledge.stop_words import STOP_WORDS
from webapp.looking import a_look

#: Headings that lead a passage stand within so many characters of it.
BEGINNING = 600


class Statistics(NamedTuple):
    """What the index holds: passages, their mean length in terms, and their languages."""

    passages: int
    length: float
    languages: tuple[str, ...]


class Entry(NamedTuple):
    """What the index is told of a passage."""

    language: str
    terms: list[str]


def add(chunks: Sequence[Chunk]) -> None:
    """Index passages that have their ids, in the transaction of the caller.

    Sets ``length`` and ``language`` of each.
    """
    by_reading: dict[int, list[Chunk]] = {}
    for chunk in chunks:
        by_reading.setdefault(chunk.reading_id, []).append(chunk)
    written: list[tuple[int, int, Entry]] = []
    for reading_id, some in by_reading.items():
        entries = analysed(reading_id, [(chunk.text, chunk.place) for chunk in some])
        for chunk, entry in zip(some, entries, strict=True):
            chunk.language, chunk.length = entry.language, len(entry.terms)
            written.append((reading_id, chunk.id, entry))
    db.session.flush()
    write_all(written)


def analysed(
    reading_id: int, passages: Sequence[tuple[str, Mapping[str, Any] | None]]
) -> list[Entry]:
    """Take texts apart for ``write``, each given with its ``place``; that is nearly all the work.

    Begins no transaction, so nobody waits for it. The language is that of the text, where it can
    be told, else what the reading says of itself, or most of its passages are in. The words of the
    headings above a passage count as its own.
    """
    if not passages:
        return []
    return taken_apart(passages, _prior(reading_id, [text for text, _place in passages]))


def taken_apart(
    passages: Sequence[tuple[str, Mapping[str, Any] | None]], prior: str
) -> list[Entry]:
    """Do the same for texts of which it is known what language they are most likely in ("": it is not)."""
    entries = []
    for text, place in passages:
        language = analysing.language_of(text, prior)
        terms = analysing.terms(text, language)
        entries.append(Entry(language, _of_headings(text, place or {}, language) + terms))
    return entries


def write(reading_id: int, chunk_ids: Sequence[int], entries: Sequence[Entry]) -> None:
    """Index passages of a reading, in the transaction of the caller."""
    write_all([(reading_id, *one) for one in zip(chunk_ids, entries, strict=True)])


def write_all(passages: Sequence[tuple[int, int, Entry]]) -> None:
    """Index passages of any readings, each with its reading's id and its own, in the caller's transaction."""
    if not passages:
        return
    tallies: dict[tuple[int, str], list[int]] = {}
    for reading_id, _chunk_id, entry in passages:
        tally = tallies.setdefault((reading_id, entry.language), [0, 0])
        tally[0] += 1
        tally[1] += len(entry.terms)
    _database().write(
        db.session.connection(),
        [(chunk_id, reading_id, entry.terms) for reading_id, chunk_id, entry in passages],
    )
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
    found: dict[str, int] = _database().beginning(db.session.connection(), start, most)
    return found


def candidates(sought: Sought, limit: int) -> list[tuple[int, float]]:
    """Return the best passages by BM25, at most so many: id and score, the best first."""
    found: list[tuple[int, float]] = _database().candidates(db.session.connection(), sought, limit)
    return found


def _database() -> ModuleType:
    name = db.engine.dialect.name
    return index_on_postgresql if name == "postgresql" else index_on_sqlite


def _of_headings(text: str, place: Mapping[str, Any], language: str) -> list[str]:
    """Return the terms of the headings above a passage that it does not begin with itself."""
    within = " ".join(text[:BEGINNING].split())
    above = [words for words in place.get("headings", ()) if words not in within]
    return analysing.terms("\n".join(above), language) if above else []


def likely(about: Mapping[str, Any], texts: Sequence[str]) -> str:
    """Return the language that a text says it is in, else what its first passages look like, else ""."""
    said = str(about.get("language") or "").replace("_", "-").partition("-")[0].lower()
    if said in STOP_WORDS:
        return said
    return analysing.language_of("\n".join(text[:500] for text in texts[:20]))


def _prior(reading_id: int, texts: Sequence[str]) -> str:
    with a_look() as look:
        about = look.execute(select(Reading.about).where(Reading.id == reading_id)).scalar_one()
    if found := likely(about or {}, texts):
        return found
    before = select(Tally.language).where(Tally.reading_id == reading_id, Tally.language != "")
    with a_look() as look:
        most = look.execute(before.order_by(Tally.chunks.desc()).limit(1)).scalar()
    return most or ""


def _count(tallies: dict[tuple[int, str], list[int]]) -> None:
    rows = [
        {"reading_id": reading_id, "language": language, "chunks": count, "terms": terms}
        for (reading_id, language), (count, terms) in sorted(tallies.items())
    ]
    adding = insertion(Tally).values(rows)
    db.session.execute(
        adding.on_conflict_do_update(
            index_elements=["reading_id", "language"],
            set_={
                "chunks": Tally.chunks + adding.excluded.chunks,
                "terms": Tally.terms + adding.excluded.terms,
            },
        )
    )
