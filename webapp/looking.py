"""Looking at rows without a transaction that would last, since on SQLite any of the session keeps writers out."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from webapp.database import reading
from webapp.extensions import db


@contextmanager
def a_look() -> Iterator[Connection | Session]:
    """Give what a SELECT can be run on: the session in its transaction if there is one, else beside it."""
    session = db.session()
    if session.in_transaction():
        yield session
        return
    token = reading.set(True)
    try:
        with db.engine.connect() as connection:
            yield connection
    finally:
        reading.reset(token)
