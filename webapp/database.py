"""How the engine is set up for SQLite and for PostgreSQL."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple, cast

from sqlalchemy import ClauseElement, Connection, Dialect, Engine, Select, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.sql.compiler import SQLCompiler
from werkzeug.routing import IntegerConverter, Map

# A page that only reads must not wait for the one writer that SQLite allows.
reading: ContextVar[bool] = ContextVar("reading", default=False)

#: The largest number that a row can have: PostgreSQL's INTEGER.
LARGEST_ID = 2**31 - 1

IDLE_SECONDS = 5.0
SQLITE_SETTINGS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA busy_timeout=30000",
    "PRAGMA foreign_keys=ON",
)


class RowId(IntegerConverter):
    """A row's number in an address; what cannot be one is no address of ours, and not a fault."""

    def __init__(self, url_map: Map, **limits: Any) -> None:
        super().__init__(url_map, **{"max": LARGEST_ID, **limits})


def engine_options(url: str, *, threads: int) -> dict[str, Any]:
    """Return the engine's settings: one connection a busy thread, none kept that has died."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 30}}
    return {
        "pool_size": threads,
        # Now and then a thread needs a second one for a moment; with one more than there are threads,
        # there is always one that gets on.
        "max_overflow": 1,
        "pool_recycle": 280,
        "connect_args": {"connect_timeout": 5},
    }


def prepare(engine: Engine) -> None:
    """Give SQLite a write-ahead log and transactions that take the write lock at their start.

    A transaction that reads first and writes later would be refused at once, without waiting, when
    another one wrote in between; hence BEGIN IMMEDIATE for everything that may write.
    """
    if engine.dialect.name != "sqlite":
        event.listen(engine, "checkin", _on_checkin)
        event.listen(engine, "checkout", _on_checkout)
        return
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for setting in SQLITE_SETTINGS:
        connection.execute(setting)


def _on_checkin(_connection: Any, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()


def _on_checkout(connection: Any, record: Any, _fairy: Any) -> None:
    """Ask a connection that was idle whether it still lives; asking each time would cost a third of a job."""
    if time.monotonic() - record.info.get("idle_since", time.monotonic()) < IDLE_SECONDS:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except Exception as problem:
        raise DisconnectionError from problem  # the pool takes another one


def _on_begin(connection: Connection) -> None:
    if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        return
    connection.exec_driver_sql("BEGIN" if reading.get() else "BEGIN IMMEDIATE")


class Ready(NamedTuple):
    """A statement in one database's words: its values by name or in order, and those that are fixed."""

    text: str
    order: Sequence[str] | None
    processors: dict[str, Any]
    fixed: dict[str, Any]


class Glance:
    """A statement of a row or some, compiled once and run straight on the driver, by itself.

    For what is asked hundreds of times a second: a tenth of what the same costs through a session.
    A call gives values as the driver does, so ask it for numbers and texts only; ``read`` and
    ``rows`` make of them what their columns hold.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self.statement = statement
        self.ready: dict[str, Ready] = {}
        self.readers: dict[str, list[Any]] = {}

    def __call__(self, where: Engine | Connection, **values: Any) -> tuple[Any, ...] | None:
        """Return the first row for these values, or None."""
        found = self.ask(where, values)
        return found[0] if found else None

    def ask(self, where: Engine | Connection, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows as the driver gives them.

        On an engine it is a transaction by itself; on a connection, part of that one's.
        """
        ready = self._compiled(where.dialect)
        bound = ready.fixed | {
            name: _bind(ready.processors[name], value) for name, value in values.items()
        }
        handed = [bound[name] for name in ready.order] if ready.order else bound
        if isinstance(where, Connection):
            return _all(where.connection.driver_connection, ready.text, handed)
        connection = where.raw_connection()
        try:
            with _no_transaction(connection.driver_connection, where.dialect.name):
                return _all(connection.driver_connection, ready.text, handed)
        finally:
            connection.close()

    def read(self, where: Engine | Connection, **values: Any) -> tuple[Any, ...] | None:
        """Return the first row of a SELECT for these values, with times, enums and the like."""
        return next(self.rows(where, **values), None)

    def rows(self, where: Engine | Connection, **values: Any) -> Iterator[tuple[Any, ...]]:
        """Return every row of a SELECT for these values, read in the same way."""
        found, readers = self.ask(where, values), self._readers(where.dialect)
        for row in found:
            pairs = zip(row, readers, strict=True)
            yield tuple(value if reader is None else reader(value) for value, reader in pairs)

    def _readers(self, dialect: Dialect) -> list[Any]:
        if dialect.name not in self.readers:
            types = [column.type for column in cast("Select[Any]", self.statement).selected_columns]
            self.readers[dialect.name] = [
                kind.dialect_impl(dialect).result_processor(dialect, None) for kind in types
            ]
        return self.readers[dialect.name]

    def _compiled(self, dialect: Dialect) -> "Ready":
        if dialect.name not in self.ready:
            literal = {"render_postcompile": True}
            made = cast(
                "SQLCompiler", self.statement.compile(dialect=dialect, compile_kwargs=literal)
            )
            processors = {
                name: bind.type.dialect_impl(dialect).bind_processor(dialect)
                for name, bind in made.binds.items()
            }
            fixed = {name: _bind(processors[name], value) for name, value in made.params.items()}
            self.ready[dialect.name] = Ready(str(made), made.positiontup, processors, fixed)
        return self.ready[dialect.name]


def _all(driver: Any, text: str, handed: Any) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = driver.execute(text, handed).fetchall()
    return rows


def _bind(processor: Any, value: Any) -> Any:
    return value if processor is None or value is None else processor(value)


@contextmanager
def _no_transaction(driver: Any, dialect: str) -> Iterator[None]:
    if dialect == "sqlite":  # begins none by itself: see _on_connect
        yield
        return
    driver.autocommit = True
    try:
        yield
    finally:
        driver.autocommit = False
