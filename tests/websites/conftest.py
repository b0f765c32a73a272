"""A website to read, and what becomes of it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from tests.queues import Queue
from tests.websites.crawls import Crawls
from tests.websites.site import Site
from webapp.websites import keeping


@pytest.fixture
def allow(app: Flask) -> Iterator[Callable[..., None]]:
    """Return what changes the settings of the app until the test ends."""
    before = app.extensions["settings"]

    def change(**settings: Any) -> None:
        app.extensions["settings"] = replace(app.extensions["settings"], **settings)

    yield change
    app.extensions["settings"] = before


@pytest.fixture
def site(allow: Callable[..., None]) -> Iterator[Site]:
    """Return an empty website that may be read although it is on this machine, and fast."""
    keeping._rules.clear()  # of another test's website, which may have had the same number and port
    with Site() as made:
        allow(website_private_hosts=(made.host,), website_delay_ms=0)
        yield made


@pytest.fixture
def crawls(queue: Queue, site: Site) -> Crawls:
    """Return what reads the website."""
    return Crawls(queue, site)
