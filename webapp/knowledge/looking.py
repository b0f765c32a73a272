"""Rows that are looked at long after their transaction has ended."""

from collections.abc import Iterator
from contextlib import contextmanager

from webapp.extensions import db


@contextmanager
def remembering() -> Iterator[None]:
    """Let rows keep after a commit what they hold: to look at one begins no transaction then.

    For long work that says itself what has changed in them (``readings``).
    """
    session = db.session()
    session.expire_on_commit = False
    try:
        yield
    finally:
        session.expire_on_commit = True
