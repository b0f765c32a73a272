"""A thousand small worlds in which everything goes wrong, and no promise of sending is broken.

A failure names its seed: run that one alone with ``SEED=<n> pytest tests/simulation``.
"""

import os
import secrets
import sqlite3
import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest
import time_machine

from devtools.valkey import Valkey
from tests.simulation.ending import end
from tests.simulation.promises import WINDOW
from tests.simulation.world import BEGIN, World
from webapp import create_app
from webapp.config import Config
from webapp.extensions import db
from webapp.jobs import queue as publishing

SEEDS = 1_000
AT_ONCE = 100
STEPS = 20


class Stage(NamedTuple):
    """The database of the worlds, seen by the product and from outside."""

    look: sqlite3.Connection


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, valkey: Valkey) -> Iterator[Stage]:
    """Set up an app with a database of its own, to which Redis is away: rows are all there is.

    Its settings name the Redis of all tests: the line to it is one for the whole process.
    """
    path = tmp_path_factory.mktemp("simulation") / "world.db"
    settings = {
        "SECRET_KEY": secrets.token_hex(32),
        "DATABASE_URL": f"sqlite:///{path}",
        "REDIS_URL": valkey.url,
        "LOG_LEVEL": "ERROR",
        "RATE_WINDOW_SECONDS": str(WINDOW),
    }
    app = create_app(Config.from_env(settings))
    with app.app_context():
        db.create_all()
        look = sqlite3.connect(path, isolation_level=None)
        publishing._away.until = time.monotonic() + 3600
        yield Stage(look)
        publishing._away.until = 0.0
        look.close()
        db.session.remove()
        db.engine.dispose()


TABLES = (
    "rate_slots", "attempts", "messages", "batches", "channel_states", "suppressions", "audit"
)  # fmt: skip
#: From outside, in one go: a thousand worlds come and go.
EMPTY = "BEGIN IMMEDIATE;" + "".join(f"DELETE FROM {name};" for name in TABLES) + "COMMIT;"


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_no_promise_is_broken(first, stage):
    alone = os.environ.get("SEED")
    with time_machine.travel(BEGIN, tick=False) as clock:
        for seed in [int(alone)] if alone else range(first, first + AT_ONCE):
            db.session.remove()
            stage.look.executescript(EMPTY)
            try:
                world = World(seed, clock, stage.look)
                for _ in range(STEPS):
                    world.step()
                end(world)
            except Exception as problem:
                problem.add_note(f"in the world of seed {seed}")
                raise
