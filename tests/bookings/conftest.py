"""What the tests of the bookings may ask for besides."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from webapp.extensions import db as database

Statements = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def statements(app: Flask) -> Statements:
    """Return a listener: within it, every statement that the database is sent."""

    @contextmanager
    def listen() -> Iterator[list[str]]:
        heard: list[str] = []

        def hear(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if not statement.startswith("BEGIN"):
                heard.append(statement)

        engine = database.engine
        event.listen(engine, "before_cursor_execute", hear)
        try:
            yield heard
        finally:
            event.remove(engine, "before_cursor_execute", hear)

    return listen
