"""What is counted here."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import event

from webapp.extensions import db


@pytest.fixture
def statements(app) -> Callable[[], AbstractContextManager[list[str]]]:
    """Return what collects the statements that are run meanwhile."""

    @contextmanager
    def collecting() -> Iterator[list[str]]:
        asked: list[str] = []

        def note(_connection, _cursor, statement, *_more) -> None:
            if not statement.startswith("BEGIN"):
                asked.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            yield asked
        finally:
            event.remove(db.engine, "before_cursor_execute", note)

    return collecting
