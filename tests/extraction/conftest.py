from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pytest
from flask import Flask

from webapp.config import Config

ENVIRONMENT = {
    "SECRET_KEY": "x" * 32,
    "DATABASE_URL": "sqlite:////nowhere/bellhop.sqlite",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "PUBLIC_URL": "http://desk.example",
}


class Settings(Protocol):
    """Changes the settings of this test."""

    def __call__(self, **changes: Any) -> None: ...


@pytest.fixture
def settings() -> Iterator[Settings]:
    """Give the settings to what asks for them, without an app around them; changes them when called."""
    app = Flask(__name__)
    app.extensions["settings"] = Config.from_env(ENVIRONMENT)

    def change(**changes: Any) -> None:
        app.extensions["settings"] = replace(app.extensions["settings"], **changes)

    with app.app_context():
        yield change


@pytest.fixture
def stored(tmp_path: Path) -> Any:
    """Return a writer of a file, which returns its path."""

    def store(content: bytes) -> Path:
        path = tmp_path / "stored"
        path.write_bytes(content)
        return path

    return store
