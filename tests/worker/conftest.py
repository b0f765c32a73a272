"""The whole product with a worker whose jobs do what the test asks."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.stack import Stack, release

if TYPE_CHECKING:
    from tests.services import Kind, NewDatabase


@pytest.fixture(scope="module")
def _stack(
    kind: "Kind", new_database: "NewDatabase", tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    here = Stack(
        folder,
        new_database(kind, release),
        app="tests.worker.app",
        DAWDLE=str(folder / "dawdle"),
    )
    try:
        here.open()
        yield here
    finally:
        here.close()


@pytest.fixture
def stack(_stack: Stack) -> Stack:
    """Return the product with all its parts running, whatever the test before has broken."""
    _stack.whole()
    return _stack


@pytest.fixture
def go(tmp_path: Path) -> Iterator[Path]:
    """Return a file that is not there: what waits for it goes on when it is touched."""
    file = tmp_path / "go"
    yield file
    file.touch()
