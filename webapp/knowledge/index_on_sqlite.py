"""The index on SQLite: its full-text search (FTS5), which is given terms instead of text."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from webapp.knowledge.sought import Sought, weight

#: How many of the first are weighed again.
AGAIN = 100
TERMS = "SELECT term, doc FROM knowledge_index_terms WHERE "

# The index is asked first and gives the best first, so only those are looked up that are taken.
CANDIDATES = """
SELECT i.rowid, -i.rank, i.terms FROM knowledge_index i
CROSS JOIN knowledge_chunks c ON c.id = i.rowid
CROSS JOIN knowledge_readings r ON r.id = c.reading_id
CROSS JOIN knowledge_sources s ON s.id = r.source_id
WHERE i.knowledge_index MATCH :match AND r.live AND s.state <> 'removing'{where}
ORDER BY i.rank LIMIT :limit
"""


def write(connection: Connection, entries: Sequence[tuple[int, int, list[str]]]) -> None:
    """Index passages: id, reading, terms."""
    connection.exec_driver_sql(
        "INSERT INTO knowledge_index (rowid, terms) VALUES (?, ?)",
        [(chunk_id, " ".join(terms)) for chunk_id, _reading_id, terms in entries],
    )


def erase(connection: Connection, reading_ids: Sequence[int]) -> None:
    """Take the passages of these readings out."""
    connection.exec_driver_sql(
        "DELETE FROM knowledge_index WHERE rowid IN "
        "(SELECT id FROM knowledge_chunks WHERE reading_id = ?)",
        [(reading_id,) for reading_id in reading_ids],
    )


def frequencies(connection: Connection, terms: Sequence[str]) -> dict[str, int]:
    """Return in how many passages each term stands."""
    found: dict[str, int] = {}
    for term in terms:  # the list of terms is searched by one at a time
        row = connection.exec_driver_sql(f"{TERMS} term = ?", (term,)).first()
        if row:
            found[term] = row[1]
    return found


def beginning(connection: Connection, start: str, most: int) -> dict[str, int]:
    """Return terms that begin so."""
    rows = connection.exec_driver_sql(
        f"{TERMS} term >= ? AND term < ? LIMIT ?", (start, start + "\U0010ffff", most)
    )
    return {row[0]: row[1] for row in rows}


def candidates(connection: Connection, sought: Sought, limit: int) -> list[tuple[int, float]]:
    """Return the best passages, by BM25: id and score, the best first.

    FTS5 weighs each term by itself; where a word has several, the first are weighed again by word.
    """
    values: dict[str, Any] = {"match": _match(sought), "limit": limit}
    where = ""
    if sought.kind is not None:
        where += " AND s.kind = :kind"
        values["kind"] = sought.kind
    if sought.source_ids is not None:
        where += " AND s.id IN (SELECT value FROM json_each(:sources))"
        values["sources"] = f"[{','.join(map(str, sought.source_ids))}]"
    rows = connection.execute(text(CANDIDATES.format(where=where)), values)
    found = [(row[0], row[1], row[2]) for row in rows]
    first = [(chunk_id, _score(terms.split(" "), sought)) for chunk_id, _, terms in found[:AGAIN]]
    first.sort(key=lambda one: (-one[1], one[0]))
    return first + [(chunk_id, score) for chunk_id, score, _terms in found[AGAIN:]]


def _score(terms: list[str], sought: Sought) -> float:
    times = Counter(terms)
    length = len(terms)
    return sum(
        word.worth * weight(sum(map(times.__getitem__, word.terms)), length, sought.length)
        for word in sought.words
    )


def _match(sought: Sought) -> str:
    """Return the question in FTS5's words.

    One of the rare words must be there; the others only add to the score. A word that stands there
    twice would count twice, so each does.
    """
    rare = [word for word in sought.words if word.rare]
    others = [word for word in sought.words if not word.rare]
    clauses = [_any(word.terms) for word in sought.words if word.needed]
    if not others and not clauses:
        return _any([term for word in rare for term in word.terms])
    twice = [term for word in others for term in word.terms] * 2
    every = _any([term for word in rare for term in word.terms] + twice)
    if not clauses:
        clauses = [_any([term for word in rare for term in word.terms])]
    return " AND ".join([*clauses, every])


def _any(terms: Sequence[str]) -> str:
    return "(" + " OR ".join(f'"{term}"' for term in terms) + ")"
