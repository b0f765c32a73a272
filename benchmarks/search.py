"""Searching 100,000 passages, with highlights, on both databases; against what each does by itself.

The passages are real sentences (XQuAD in English, Spanish and German), shuffled, about 790
characters of one language each. A query is three to eight words of one sentence. The peers search
the same text in the same run: SQLite's FTS5 with its own tokenizer and snippet(), PostgreSQL's
ts_rank over a GIN index with ts_headline(). SEARCH_PASSAGES sets another number of passages.
"""

import hashlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.stage import DATABASES, ROOT, percentile, stage, verdict, xquad

PASSAGES = int(os.environ.get("SEARCH_PASSAGES", "100000"))
A_READING, LENGTH, QUERIES = 1_000, 790, 200
LANGUAGES = ("en", "es", "de")
GOAL_MS, OVERLAP = 60.0, 0.9
PEER_TABLES = {
    "sqlite": (
        "CREATE VIRTUAL TABLE peer USING fts5(text)",
        "INSERT INTO peer (rowid, text) SELECT id, text FROM knowledge_chunks",
    ),
    "postgres": (
        "CREATE TABLE peer AS SELECT id, text, to_tsvector('simple', text) AS words FROM knowledge_chunks",
        "CREATE INDEX ON peer USING gin (words)",
        "ANALYZE",
    ),
}
PEER_QUERIES = {
    "sqlite": """SELECT rowid, snippet(peer, 0, '<b>', '</b>', '…', 30) FROM peer
        WHERE peer MATCH :words ORDER BY rank LIMIT 10""",
    "postgres": """SELECT id, ts_headline('simple', text, to_tsquery('simple', :words)) FROM (
        SELECT id, text FROM peer WHERE words @@ to_tsquery('simple', :words)
        ORDER BY ts_rank(words, to_tsquery('simple', :words), 1) DESC LIMIT 10) AS found""",
}


def main() -> None:
    """Measure each database in a process of its own, then compare what they found."""
    xquad.folder()
    if len(sys.argv) > 1:
        measure(sys.argv[1], Path(sys.argv[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{database}.json" for database in DATABASES]
        for database, file in zip(DATABASES, files, strict=True):
            command = [sys.executable, "-m", "benchmarks.search", database, str(file)]
            subprocess.run(command, cwd=ROOT, check=True)
        ours, theirs = (json.loads(file.read_text()) for file in files)
    shares = [
        len(set(one) & set(other)) / max(len(one), len(other), 1)
        for one, other in zip(ours, theirs, strict=True)
    ]
    print(verdict("top 10 that both databases find", sum(shares) / len(shares), OVERLAP))


def measure(database: str, file: Path) -> None:
    """Print p50 and p95 of ours and the peer, and write down what was found."""
    rng = random.Random(1)
    texts = {language: xquad.sentences(language) for language in LANGUAGES}
    queries = [a_query(rng, texts[rng.choice(LANGUAGES)]) for _ in range(QUERIES)]
    with stage(database):
        from webapp import create_app
        from webapp.extensions import db
        from webapp.knowledge.highlighting import marked
        from webapp.knowledge.searching import search

        with create_app().app_context():
            db.create_all()
            began = time.perf_counter()
            fill(rng, texts)
            if database == "postgres":
                vacuum()
            print(
                f"{database}: {PASSAGES / (time.perf_counter() - began):.0f} passages a second in"
            )
            found: list[list[str]] = []

            def ours(query: str) -> None:
                hits = search(query).hits
                assert all(marked(hit.chunk.text, hit.spans) for hit in hits)
                found.append([hit.chunk.sha256 for hit in hits])
                db.session.rollback()

            measured = timed(ours, queries)
            file.write_text(json.dumps(found[-len(queries) :]))
            peer = timed(peer_of(database), queries)
    for name, times in (("ours", measured), ("peer", peer)):
        p50, p95 = percentile(times, 0.5), percentile(times, 0.95)
        print(f"{database}, {name}: p50 {p50:.1f} ms, p95 {p95:.1f} ms")
    p95 = percentile(measured, 0.95)
    print(verdict(f"{database}, p95 of {PASSAGES:,}", p95, GOAL_MS, unit=" ms", at_most=True))


def fill(rng: random.Random, texts: dict[str, list[str]]) -> None:
    """Store readings of a thousand passages each, and index them a hundred at a time."""
    from webapp.extensions import db
    from webapp.knowledge import index
    from webapp.knowledge.models import Chunk, Reading, Source, SourceKind, SourceState

    for number in range(0, PASSAGES, A_READING):
        source = Source(kind=SourceKind.DOCUMENT, name=f"{number}.txt", state=SourceState.READY)
        reading = Reading(source=source, live=True, whole=True)
        db.session.add(reading)
        db.session.flush()
        sentences = texts[LANGUAGES[number // A_READING % len(LANGUAGES)]]
        for start in range(0, min(A_READING, PASSAGES - number), 100):
            chunks = []
            for ordinal in range(start + 1, start + 101):
                text = a_passage(rng, sentences)
                sha256 = hashlib.sha256(text.encode()).hexdigest()
                chunks.append(
                    Chunk(source_id=source.id, reading_id=reading.id, ordinal=ordinal, text=text,
                          part_from=1, part_to=1, start=0, end=len(text), sha256=sha256)
                )  # fmt: skip
            db.session.add_all(chunks)
            db.session.flush()
            index.add(chunks)
        db.session.commit()
        db.session.expunge_all()


def vacuum() -> None:
    """Do at once what autovacuum does within minutes of so many new rows."""
    from sqlalchemy import text

    from webapp.extensions import db

    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def a_passage(rng: random.Random, sentences: list[str]) -> str:
    """Return some sentences, about as long as a passage is."""
    text = ""
    while len(text) < LENGTH - 60:
        text += rng.choice(sentences)[: LENGTH - 60] + " "
    return text[: LENGTH + 60].strip()


def a_query(rng: random.Random, sentences: list[str]) -> str:
    """Return three to eight words that stand in one sentence."""
    words: list[str] = []
    while len(words) < len(("as", "few", "words")):
        words = re.findall(r"\w+", rng.choice(sentences))
    return " ".join(rng.sample(words, min(len(words), rng.randint(3, 8))))


def timed(run: Callable[[str], Any], queries: list[str]) -> list[float]:
    """Return how long each took, in milliseconds, the second time."""
    times = []
    for query in [*queries[:20], *queries]:
        began = time.perf_counter()
        run(query)
        times.append((time.perf_counter() - began) * 1_000)
    return times[20:]


def peer_of(database: str) -> Callable[[str], Any]:
    """Return the database's own search over the same passages."""
    from sqlalchemy import text

    from webapp.extensions import db

    for line in PEER_TABLES[database]:
        db.session.execute(text(line))
    db.session.commit()
    joined = {"sqlite": " OR ", "postgres": " | "}[database]

    def run(query: str) -> None:
        words = joined.join(f'"{word}"' if database == "sqlite" else word for word in query.split())
        db.session.execute(text(PEER_QUERIES[database]), {"words": words}).all()
        db.session.rollback()

    return run


if __name__ == "__main__":
    main()
