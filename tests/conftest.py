"""What every test may ask for: an app on each database, people, and a queue that runs when told."""

import contextvars
import secrets
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from devtools.valkey import Valkey
from tests.live import SandboxProcess, wait_for
from tests.queues import Queue
from webapp import create_app, fragments
from webapp.config import Config
from webapp.database import reading
from webapp.extensions import db as database
from webapp.extensions import limiter
from webapp.jobs import queue as publishing
from webapp.messages import senders

if TYPE_CHECKING:
    from tests.services import Kind, NewDatabase

pytest_plugins = ["tests.order", "tests.services", "tests.people", "tests.stack", "tests.buckets"]

PUBLIC_URL = "http://desk.example"

# The same examples in each run: what fails once fails always, and whoever mends it can see that.
hypothesis.settings.register_profile("steady", derandomize=True, database=None, deadline=None)
hypothesis.settings.load_profile("steady")


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """Return the running stand-in for the providers; its reports go nowhere here."""
    process = SandboxProcess(tmp_path_factory.mktemp("sandbox"), public_url=PUBLIC_URL)
    process.start()
    process.fault(provider="webhooks", fault="drop")
    yield process
    process.stop()


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> "Kind":
    """Return which database the test runs on: each runs on both."""
    found: Kind = request.param
    return found


@pytest.fixture(scope="session")
def settings_of_tests(
    kind: "Kind",
    valkey: Valkey,
    sandbox: SandboxProcess,
    new_database: "NewDatabase",
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, str]:
    """Return the environment of the app under test."""
    return {
        "SECRET_KEY": secrets.token_hex(32),
        "DATABASE_URL": new_database(kind),
        "REDIS_URL": valkey.url,
        "PUBLIC_URL": PUBLIC_URL,
        "LOG_LEVEL": "WARNING",
        "STORAGE_URL": f"file://{tmp_path_factory.mktemp('files')}",
        # The limit has tests of its own; elsewhere nobody must wait a minute for the next hundred.
        "BATCH_RATE": "0",
        "RATE_WINDOW_SECONDS": "1",
        **sandbox.settings,
    }


@pytest.fixture
def another_app() -> Iterator[Callable[[dict[str, str]], Flask]]:
    """Return a maker of further apps, with other settings; their connections end with the test."""
    made: list[Flask] = []

    def make(settings: dict[str, str]) -> Flask:
        made.append(create_app(Config.from_env(settings)))
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            database.engine.dispose()


@pytest.fixture(scope="session")
def _app(settings_of_tests: dict[str, str]) -> Iterator[Flask]:
    app = create_app(Config.from_env(settings_of_tests))
    app.test_client_class = Client
    with app.app_context():
        database.create_all()
    yield app
    senders.hang_up()
    with app.app_context():
        database.engine.dispose()


@pytest.fixture(autouse=True)
def _not_only_looking() -> Iterator[None]:
    """Let no test begin in the mode of a request that only looks, which another one may have left."""
    token = reading.set(False)
    yield
    reading.reset(token)


@pytest.fixture
def app(_app: Flask, redis_url: str, sandbox: SandboxProcess) -> Iterator[Flask]:
    """Return the app; its tables are empty, its queue is empty, its context is pushed."""
    assert redis_url
    token = reading.set(True)  # the test looks while the app writes
    with _app.app_context():
        forget_tries(_app)
        yield _app
        database.session.rollback()
        reading.reset(token)
        empty_tables()
        fragments.forget()  # the next test's rows have the same numbers
        sandbox.forget()


def forget_tries(app: Flask) -> None:
    """Let nobody have tried anything yet, also not in the memory that the limiter falls back on.

    A Valkey that was killed, or slow for once, leaves the one limiter of this process there; the
    limiter itself says by which store it counts, and comes back at a request, some seconds later.
    """

    def counts_in_valkey() -> bool:
        limiter.limiter.storage.reset()
        if limiter.limiter.storage is limiter.storage:
            return True
        app.test_client().get("/livez")
        return False

    wait_for(counts_in_valkey)


def empty_tables() -> None:
    """Empty every table, children first, by one message to the database: it is done after each test."""
    names = [table.name for table in reversed(database.metadata.sorted_tables)]
    script = "".join(f"DELETE FROM {name};" for name in names)
    connection = database.engine.raw_connection()
    try:
        driver: Any = connection.driver_connection
        if database.engine.dialect.name == "sqlite":
            driver.executescript(f"BEGIN IMMEDIATE;{script}COMMIT;")
        else:
            # Deleting a few rows is a tenth of the time that TRUNCATE takes.
            driver.execute(f"SET LOCAL session_replication_role = replica;{script}")
            driver.commit()
    finally:
        connection.close()
    database.session.remove()


class Client(FlaskClient):
    """A browser whose requests know nothing of the test's own session and context."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request, with the test's own transaction ended before."""
        database.session.commit()
        answer: TestResponse = contextvars.Context().run(super().open, *args, **kwargs)
        database.session.expire_all()
        return answer


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a browser in which nobody has signed in."""
    return app.test_client()


@pytest.fixture
def db(app: Flask) -> Any:
    """Return the database of the app."""
    assert app
    return database


@pytest.fixture
def queue(app: Flask, valkey: Valkey) -> Iterator[Queue]:
    """Return the queue: nothing runs until ``queue.run()``."""
    publishing._away.until = 0.0  # that the test before broke Redis is over
    lists = Queue(app, valkey.url)
    yield lists
    lists.redis.close()
