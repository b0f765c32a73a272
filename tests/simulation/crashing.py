"""How a process of the small world dies."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from webapp.extensions import db


class Crash(BaseException):
    """The process is gone at this very point; nobody in it can catch that."""


@contextmanager
def crash_at_commit(where: str) -> Iterator[None]:
    """Let the process die just before or just after its next commit."""
    session = db.session()

    def crash(_session: Any) -> None:
        if not _session.in_nested_transaction():
            raise Crash

    event.listen(session, where, crash)
    try:
        yield
    finally:
        event.remove(session, where, crash)
