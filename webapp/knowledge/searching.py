"""Looking for passages: the words of a question, the best passages first, and what matched in each."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp.extensions import db
from webapp.knowledge import analysing, highlighting, index, reading_through
from webapp.knowledge.analysing import Question, Word
from webapp.knowledge.index import Statistics
from webapp.knowledge.models import Chunk, SourceKind
from webapp.knowledge.sought import Sought, SoughtWord, worth

#: So many are always asked for, so that the order does not depend on which page of it is looked at.
RANKED = 100
#: Passages in which a phrase is looked for, the best first, before it is given up.
READ_FOR_PHRASES = 1_000
#: Words of a question by which passages are looked for; of more, the rarest.
MOST_WORDS = 32
#: Passages are looked for by the rarest words, which together have at most this share of all
#: passages; the other words help to rank them.
RARE = 0.05
#: Below so many passages nothing is gained by that.
FEW = 2_000
#: A word that is not finished may become one of so many.
ENDINGS = 50
#: In German and its like, Schmalspurbahn is kin to Schmalspur and to Bahn, from so many letters on,
#: and to what begins with the same letters; kin are worth this share of the word itself.
SHORT, ALIKE, KIN = 4, 5, 0.65


class Hit(NamedTuple):
    """A passage that was found."""

    chunk: Chunk
    score: float
    #: The words of its text that match, as (start, end) in characters; in order, none overlaps.
    spans: list[tuple[int, int]]


class Found(NamedTuple):
    """Some of what was found, the best first."""

    hits: list[Hit]
    #: There are worse ones.
    more: bool


def search(
    query: str,
    *,
    source_ids: Sequence[int] | None = None,
    kind: SourceKind | None = None,
    limit: int = 10,
    offset: int = 0,
    prefix: bool = False,
) -> Found:
    """Return passages that have words of the query, the best first. Any text is a query.

    Only of what can be found now: readings that are live, of sources that are not being removed.
    Words in quotation marks must stand side by side, as they are typed. ``prefix``: the last word
    may be unfinished, for a search that answers while one types.
    """
    statistics = index.statistics()
    limit, offset = max(limit, 0), max(offset, 0)
    if not statistics.passages or not limit:
        return Found([], more=False)
    asked = analysing.question(query, statistics.languages, prefix=prefix)
    also: set[str] = set()
    if not asked.words:
        chunks = reading_through.passages(
            asked, source_ids=source_ids, kind=kind, limit=limit + 1, offset=offset
        )
        ranked = [(chunk, 0.0) for chunk in chunks]
    else:
        words = _sought(asked, statistics)
        if not words or any(word.needed and not word.terms for word in words):
            return Found([], more=False)
        also = {term for word in words for term in word.terms}
        sought = Sought(tuple(words), statistics.length, source_ids, kind)
        ranked = _ranked(asked, sought, limit=limit + 1, offset=offset)
    hits = [
        Hit(chunk, score, highlighting.spans(chunk.text, chunk.language, asked, also))
        for chunk, score in ranked[:limit]
    ]
    return Found(hits, more=len(ranked) > limit)


def _sought(asked: Question, statistics: Statistics) -> list[SoughtWord]:
    """Return the words that the index has, with what each is worth, the rarest first."""
    every = [term for word in asked.words for term in word.terms]
    known = index.frequencies(every + [part for word in asked.words for part in _parts(word)])
    found: list[tuple[int, tuple[str, ...], bool, float]] = []
    for word in asked.words:
        having = {term: known[term] for term in word.terms if term in known}
        if word.beginning:
            having |= _unfinished(word.terms[-1])
        if having or word.needed:
            found.append((sum(having.values()), tuple(having), word.needed, 1.0))
        if kin := _kin(word, known):
            found.append((sum(kin.values()), tuple(kin), False, KIN))
    found.sort(key=lambda one: one[0])
    words: list[SoughtWord] = []
    candidates = 0
    for count, terms, needed, share in found[:MOST_WORDS]:
        candidates += count
        rare = not words or statistics.passages < FEW or candidates <= RARE * statistics.passages
        words.append(SoughtWord(terms, share * worth(statistics.passages, count), rare, needed))
    return words


def _unfinished(start: str) -> dict[str, int]:
    """Return what a word may become; or, half through an ending, the stem that is typed already."""
    stems = [start[:-cut] for cut in (1, 2, 3) if len(start) - cut >= SHORT]
    return index.beginning(start, ENDINGS) or index.frequencies(stems)


def _parts(word: Word) -> list[str]:
    """Return what a word made of several may begin or end with."""
    whole = word.compound
    cuts = range(SHORT, len(whole) - 1)
    return [whole[:cut] for cut in cuts] + [whole[-cut:] for cut in cuts] if whole else []


def _kin(word: Word, known: dict[str, int]) -> dict[str, int]:
    """Return the terms that share a part with a word of a language that puts words together."""
    if not word.compound:
        return {}
    kin = index.beginning(word.compound[:ALIKE], ENDINGS)
    kin |= {part: known[part] for part in _parts(word) if part in known}
    return {term: count for term, count in kin.items() if term not in word.terms}


def _ranked(
    asked: Question, sought: Sought, *, limit: int, offset: int
) -> list[tuple[Chunk, float]]:
    """Return the passages from ``offset`` on, and their scores."""
    if asked.phrases:
        found = _with_phrases(asked, index.candidates(sought, READ_FOR_PHRASES), offset + limit)
    else:
        found = index.candidates(sought, max(RANKED, offset + limit))
    taken = found[offset : offset + limit]
    chunks = _chunks([chunk_id for chunk_id, _score in taken])
    return [(chunks[chunk_id], score) for chunk_id, score in taken]


def _with_phrases(
    asked: Question, found: list[tuple[int, float]], enough: int
) -> list[tuple[int, float]]:
    """Return those in whose text every phrase stands, read in turn until there are enough."""
    kept: list[tuple[int, float]] = []
    for start in range(0, len(found), RANKED):
        some = found[start : start + RANKED]
        chunks = _chunks([chunk_id for chunk_id, _score in some])
        kept += [one for one in some if highlighting.has_phrases(chunks[one[0]].text, asked)]
        if len(kept) >= max(enough, RANKED):
            break
    return kept


def _chunks(ids: Sequence[int]) -> dict[int, Chunk]:
    rows = db.session.scalars(
        select(Chunk)
        .where(Chunk.id.in_(ids))
        .options(joinedload(Chunk.reading), joinedload(Chunk.source))
    )
    return {chunk.id: chunk for chunk in rows}
