"""A real sandbox process on free ports, and a real app that listens for its webhooks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.sandbox_process import App, Sandbox


@pytest.fixture(scope="session")
def _session() -> Iterator[Sandbox]:
    app = App()
    app.start()
    sandbox = Sandbox(app)
    yield sandbox
    sandbox.stop()
    app.stop()


@pytest.fixture
def sandbox(_session: Sandbox) -> Sandbox:
    _session.reset()
    return _session


@pytest.fixture
def app(sandbox: Sandbox) -> App:
    sandbox.app.calls.clear()
    sandbox.app.status = 200
    sandbox.app.reply = lambda call: b""
    return sandbox.app
