"""While a long document is cut and indexed, others write: the lock is held only to store."""

import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from tests.knowledge.pieces import a_document, some_pages
from webapp.extensions import db
from webapp.knowledge import readings
from webapp.knowledge.looking import remembering

#: Asks again and again, without waiting, whether it may write; then says how often it was let.
ASKS = """
import sqlite3, sys, time
from pathlib import Path
connection = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
over = Path(sys.argv[2])
asked = let = 0
print("asking", flush=True)
while not over.exists() and asked < 100_000:
    asked += 1
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
        let += 1
    except sqlite3.OperationalError:
        pass
    time.sleep(0.001)
print(asked, let)
"""


def test_others_may_write_most_of_the_time_while_a_long_document_is_cut(
    app: Flask, tmp_path: Path
) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("of PostgreSQL's writers none waits for another's rows")
    reading = readings.begin(a_document())
    readings.add_parts(reading, some_pages(400), whole=True)
    over = tmp_path / "over"

    def commit() -> bool:
        db.session.commit()
        return False

    with remembering():
        db.session.commit()
        assert db.engine.url.database is not None
        line = [sys.executable, "-c", ASKS, db.engine.url.database, str(over)]
        with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == "asking\n"
            assert readings.cut(reading, until=commit)
            over.touch()
            asked, let = map(int, other.stdout.read().split())
    assert let > asked / 2, f"let {let} times of {asked}"
