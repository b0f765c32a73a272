"""How often the database is asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from webapp.database import Glance


class Asked:
    """Counts the statements that the database is sent, also those that go straight to the driver."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def forget(self) -> None:
        self.statements.clear()

    def hear(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            self.statements.append(statement)

    @property
    def number(self) -> int:
        return len(self.statements)


@contextmanager
def listening(engine: Engine) -> Iterator[Asked]:
    """Give what hears every statement meanwhile; the driver itself has no hook, so glances pass by here."""
    asked, straight = Asked(), Glance.ask

    def glance(self: Glance, *what: Any) -> Any:
        asked.statements.append("a glance")
        return straight(self, *what)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Glance, "ask", glance)
        event.listen(engine, "before_cursor_execute", asked.hear)
        yield asked
        event.remove(engine, "before_cursor_execute", asked.hear)
