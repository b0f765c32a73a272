"""Fixtures for the real services: Valkey, PostgreSQL, fresh databases, Chromium.

Every process of pytest-xdist has servers of its own, so no test sees another's rows or queues.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, Protocol
from uuid import uuid4

import psycopg
import pytest

from devtools import browser
from devtools.postgres import Postgres
from devtools.valkey import Valkey

Kind = Literal["sqlite", "postgres"]
Prepare = Callable[[str], None]


class NewDatabase(Protocol):
    """Makes a database and returns its URL.

    `prepare(url)` fills the first of its kind; the others are copies of that one.
    """

    def __call__(self, kind: Kind, prepare: Prepare | None = None) -> str: ...


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """Return a running server; `kill()`, `stop()` and `start()` keep its `url`."""
    server = Valkey(tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(valkey: Valkey) -> str:
    """Return the address of an empty Valkey, whatever the test before left or broke."""
    if not valkey.ready():
        valkey.start()
    valkey.command("FLUSHALL")
    return valkey.url


@pytest.fixture(scope="session")
def postgres() -> Iterator["PostgresServer"]:
    """Return a real PostgreSQL: that of TEST_DATABASE_URL, else one of our own for this session."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        server = PostgresServer(given)
        yield server
        server.drop_all()
        return
    own = Postgres()
    own.start()
    yield PostgresServer(own.url())
    own.stop()


@pytest.fixture(scope="session")
def new_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> NewDatabase:
    """Return a maker of fresh databases: `new_database("sqlite" | "postgres", prepare)`."""
    folder = tmp_path_factory.mktemp("databases")
    prepared: dict[tuple[Kind, Prepare], str] = {}

    def make(kind: Kind, prepare: Prepare | None = None) -> str:
        # PostgreSQL is started only when a test asks for it.
        fresh = (
            request.getfixturevalue("postgres").create
            if kind == "postgres"
            else SqliteFolder(folder).create
        )
        if prepare is None:
            return str(fresh())
        if (kind, prepare) not in prepared:
            url = str(fresh())
            prepare(url)
            prepared[kind, prepare] = url
        return str(fresh(prepared[kind, prepare]))

    return make


class SqliteFolder:
    """A folder of SQLite files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self, template: str | None = None) -> str:
        """Return the URL of a new file, a copy of `template` when given."""
        path = self.folder / f"{uuid4().hex}.db"
        if template is not None:
            original = template.removeprefix("sqlite:///")
            for suffix in ("", "-wal"):  # what was committed may still lie in the write-ahead log
                if Path(original + suffix).exists():
                    shutil.copy(original + suffix, f"{path}{suffix}")
        return f"sqlite:///{path}"


class PostgresServer:
    """A server on which databases are made."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.made: list[str] = []

    def create(self, template: str | None = None) -> str:
        """Return the URL of a new database, a copy of `template` when given; ends its sessions."""
        name = f"test_{uuid4().hex}"
        with psycopg.connect(_for_psycopg(self.url), autocommit=True) as connection:
            source = (
                "template0" if template is None else template.rpartition("/")[2].partition("?")[0]
            )
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                (source,),
            )
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"'.encode())
        self.made.append(name)
        address, _, options = self.url.partition("?")
        return f"{address.rpartition('/')[0]}/{name}{'?' + options if options else ''}"

    def drop_all(self) -> None:
        """Drop every database made here, on a server that outlives the tests."""
        with psycopg.connect(_for_psycopg(self.url), autocommit=True) as connection:
            for name in self.made:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


def _for_psycopg(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


@pytest.fixture(scope="session")
def chaos_seed() -> int:
    """Return the seed of this run's accidents: always the same unless CHAOS_SEED is set."""
    return int(os.environ.get("CHAOS_SEED", "1"))


@pytest.fixture(scope="session")
def find_chromium() -> str | None:
    """Return the path of a Chromium on this system; None means Playwright's own."""
    return browser.find_chromium()


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], find_chromium: str | None
) -> dict[str, Any]:
    """Tell pytest-playwright which browser to start, and how."""
    own = {"executable_path": find_chromium} if find_chromium else {}
    arguments = browser.launch_arguments()
    sandbox = "--no-sandbox" not in arguments
    return {
        **browser_type_launch_args,
        **own,
        "args": arguments,
        "chromium_sandbox": sandbox,
        "timeout": 60_000,
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Give every page the same size, no animation and no service worker."""
    size = {"width": 1366, "height": 900}
    return {
        **browser_context_args,
        "viewport": size,
        "reduced_motion": "reduce",
        "service_workers": "block",
    }
