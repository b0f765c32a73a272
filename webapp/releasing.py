"""What a new version needs before it serves: its tables, and something to look at."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import flask_migrate
from flask import current_app
from sqlalchemy import Engine, text

from webapp.campaigns import prices
from webapp.extensions import db, settings
from webapp.message_templates import seeding as example_templates
from webapp.services import seeding

#: Called one after the other after every release, each in a transaction of its own. Each looks
#: first whether there is anything to do: a release is run again and again.
SEEDS: tuple[Callable[[], object], ...] = (
    seeding.seed,
    prices.seed,
    example_templates.seed,
)

LOCK = 0x42454C4C  # a number of ours among PostgreSQL's advisory locks


def release() -> None:
    """Bring the tables up to date and sow what is missing; two at once take turns."""
    folder = Path(current_app.root_path).parent / "migrations"
    with alone(db.engine):
        flask_migrate.upgrade(directory=str(folder))
        seed_demo()


def seed_demo() -> None:
    """Sow what a new house needs to be tried out; a real one begins empty."""
    real = [used for used, rehearsal in settings().carriers.values() if used and not rehearsal]
    if settings().sandbox_url is None or real:  # a real house may have a sandbox to rehearse in
        return
    for seed in SEEDS:
        seed()
        db.session.commit()


@contextmanager
def alone(engine: Engine) -> Iterator[None]:
    """Wait until no other process is inside, on any machine that uses this database."""
    with _locked_file(engine) if engine.dialect.name == "sqlite" else _locked_number(engine):
        yield


@contextmanager
def _locked_number(engine: Engine) -> Iterator[None]:
    # Held by a transaction, so that it also works behind a pooler and ends with its connection.
    with engine.connect() as connection:
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": LOCK})
        yield


@contextmanager
def _locked_file(engine: Engine) -> Iterator[None]:
    # A lock of SQLite's own would keep out the migrations too: they have another connection.
    with Path(f"{engine.url.database}.release-lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
