"""How the engine is set up for SQLite and for PostgreSQL."""

from contextvars import ContextVar
from typing import Any

from sqlalchemy import Connection, Engine, event
from werkzeug.routing import IntegerConverter, Map

# A page that only reads must not wait for the one writer that SQLite allows.
reading: ContextVar[bool] = ContextVar("reading", default=False)

#: The largest number that a row can have: PostgreSQL's INTEGER.
LARGEST_ID = 2**31 - 1

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
        "max_overflow": 2,
        "pool_pre_ping": True,
        "pool_recycle": 280,
        "connect_args": {"connect_timeout": 5},
    }


def prepare(engine: Engine) -> None:
    """Give SQLite a write-ahead log and transactions that take the write lock at their start.

    A transaction that reads first and writes later would be refused at once, without waiting, when
    another one wrote in between; hence BEGIN IMMEDIATE for everything that may write.
    """
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for setting in SQLITE_SETTINGS:
        connection.execute(setting)


def _on_begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN" if reading.get() else "BEGIN IMMEDIATE")
