"""The index on PostgreSQL: lists of the passages that have a term, and BM25 in SQL."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, text

from webapp.knowledge.sought import K1, B, Sought

#: Passages in one row; what an entry of an index may hold (2.7 kB) would do for 300.
BLOCK = 200
#: See ``Posting.passages``.
MOST_TIMES, MOST_LENGTH = 2**8 - 1, 2**16 - 1


def write(connection: Connection, entries: Sequence[tuple[int, int, list[str]]]) -> None:
    """Index passages: id, reading, terms."""
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        line = "COPY knowledge_postings (reading_id, term, size, passages) FROM STDIN"
        with cursor.copy(line) as copy:
            for start in range(0, len(entries), BLOCK):
                for row in _rows(entries[start : start + BLOCK]):
                    copy.write_row(row)


def _rows(entries: Sequence[tuple[int, int, list[str]]]) -> Iterator[tuple[Any, ...]]:
    postings: dict[tuple[int, str], list[str]] = {}
    for chunk_id, reading_id, terms in entries:
        rest = (chunk_id << 24) + min(len(terms), MOST_LENGTH)
        for term, times in Counter(terms).items():
            packed = str(rest + (min(times, MOST_TIMES) << 16))
            postings.setdefault((reading_id, term), []).append(packed)
    for (reading_id, term), passages in postings.items():
        yield reading_id, term, len(passages), "{" + ",".join(passages) + "}"


def erase(connection: Connection, reading_ids: Sequence[int]) -> None:
    """Take the passages of these readings out."""
    connection.execute(
        text("DELETE FROM knowledge_postings WHERE reading_id = ANY(:readings)"),
        {"readings": list(reading_ids)},
    )


def frequencies(connection: Connection, terms: Sequence[str]) -> dict[str, int]:
    """Return in how many passages each term stands."""
    rows = connection.execute(
        text(
            "SELECT term, sum(size) FROM knowledge_postings WHERE term = ANY(:terms) GROUP BY term"
        ),
        {"terms": list(terms)},
    )
    return {row[0]: int(row[1]) for row in rows}


def beginning(connection: Connection, start: str, most: int) -> dict[str, int]:
    """Return terms that begin so."""
    rows = connection.execute(
        text(
            "SELECT term, sum(size) FROM knowledge_postings "
            "WHERE term >= :first AND term < :last GROUP BY term ORDER BY term LIMIT :most"
        ),
        {"first": start, "last": start + "\U0010ffff", "most": most},
    )
    return {row[0]: int(row[1]) for row in rows}


# The rare words choose the passages, the others help to rank them; the first are then weighed word
# by word, for a word may have several terms and still is one.
CANDIDATES = """
WITH readable AS MATERIALIZED (
    SELECT r.id FROM knowledge_readings r JOIN knowledge_sources s ON s.id = r.source_id
    WHERE r.live AND s.state <> 'removing'{where}
), asked AS MATERIALIZED (
    SELECT * FROM unnest(CAST(:terms AS text[]), CAST(:numbers AS int[]), CAST(:worths AS float8[]),
        CAST(:rares AS bool[])) AS a(term, word, worth, rare)
), found AS MATERIALIZED (
    SELECT word, worth, q >> 24 AS chunk, (q >> 16) & 255 AS times, q & 65535 AS length FROM (
        SELECT a.word, a.worth, unnest(p.passages) AS q
        FROM asked a JOIN knowledge_postings p ON p.term = a.term
        WHERE a.rare AND p.reading_id IN (SELECT id FROM readable)
    ) f
), chosen AS MATERIALIZED (
    SELECT DISTINCT chunk FROM found{needed}
), helping AS MATERIALIZED (
    SELECT word, worth, q >> 24 AS chunk, (q >> 16) & 255 AS times, q & 65535 AS length FROM (
        SELECT a.word, a.worth, unnest(p.passages) AS q
        FROM asked a JOIN knowledge_postings p ON p.term = a.term
        WHERE NOT a.rare AND p.reading_id IN (SELECT id FROM readable)
    ) h WHERE q >> 24 IN (SELECT chunk FROM chosen)
), every AS (
    SELECT word, worth, chunk, times, length FROM found{joined}
    UNION ALL SELECT word, worth, chunk, times, length FROM helping
), best AS MATERIALIZED (
    SELECT chunk FROM every GROUP BY chunk
    ORDER BY sum(worth * times * :over / (times + :fixed + :rising * length)) DESC, chunk
    LIMIT :limit
), words AS (
    SELECT chunk, word, max(worth) AS worth, sum(times) AS times, max(length) AS length
    FROM every JOIN best USING (chunk) GROUP BY chunk, word
)
SELECT chunk, sum(worth * times * :over / (times + :fixed + :rising * length)) AS score
FROM words GROUP BY chunk ORDER BY score DESC, chunk
"""
NEEDED = """chunk IN (
    SELECT q >> 24 FROM knowledge_postings, unnest(passages) AS q WHERE term = ANY(:needed{number}))"""


def candidates(connection: Connection, sought: Sought, limit: int) -> list[tuple[int, float]]:
    """Return the best passages, by BM25: id and score, the best first."""
    asked = [
        (term, number, word.worth, word.rare or word.needed)
        for number, word in enumerate(sought.words)
        for term in word.terms
    ]
    values: dict[str, Any] = {
        "terms": [one[0] for one in asked],
        "numbers": [one[1] for one in asked],
        "worths": [one[2] for one in asked],
        "rares": [one[3] for one in asked],
        "over": K1 + 1,
        "fixed": K1 * (1 - B),
        "rising": K1 * B / sought.length,
        "limit": limit,
    }
    where = ""
    if sought.kind is not None:
        where += " AND s.kind = :kind"
        values["kind"] = sought.kind
    if sought.source_ids is not None:
        where += " AND s.id = ANY(:sources)"
        values["sources"] = list(sought.source_ids)
    needed = [list(word.terms) for word in sought.words if word.needed]
    clauses = [NEEDED.format(number=number) for number in range(len(needed))]
    values |= {f"needed{number}": terms for number, terms in enumerate(needed)}
    every = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    joined = " JOIN chosen USING (chunk)" if clauses else ""
    query = CANDIDATES.format(where=where, needed=every, joined=joined)
    rows = connection.execute(text(query), values)
    return [(row[0], row[1]) for row in rows]
