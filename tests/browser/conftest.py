"""A whole product as real processes, and browsers in front of it."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.house import House
from tests.browser.watching import Watch
from tests.stack import Stack, release
from webapp.accounts.models import Role

if TYPE_CHECKING:
    from tests.services import NewDatabase

NewContext = Callable[..., BrowserContext]
Opens = Callable[..., Page]
PATIENCE_MS = 30_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def house(new_database: "NewDatabase", tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Return the running product on SQLite, shared by the tests of this folder."""
    stack = Stack(tmp_path_factory.mktemp("house"), new_database("sqlite", release))
    try:
        stack.open()
        stack.whole()
        yield House(stack)
    finally:
        stack.close()


@pytest.fixture
def opens(browser: Browser, browser_context_args: dict[str, Any], house: House) -> Iterator[Opens]:
    """Return a maker of browsers, each signed in as somebody of a role, or as nobody.

    ``opens(role, at=..., **settings of the context)``. Whatever their pages do, no error may stand
    in a console and nobody else may be asked.
    """
    made: list[BrowserContext] = []
    watch = Watch(house.url, house.sandbox.url)

    def make(
        role: Role | None = None, at: str | None = None, *, watched: bool = True, **settings: Any
    ) -> Page:
        context = browser.new_context(**{**browser_context_args, "base_url": house.url, **settings})
        made.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.set_default_navigation_timeout(PATIENCE_MS)
        if watched:
            watch.over(context)
        if role is not None:
            context.add_cookies(house.cookie(role))
        page = context.new_page()
        if at is not None:
            page.goto(at)
        return page

    yield make
    for context in made:
        context.close()
    assert watch.problems == []
