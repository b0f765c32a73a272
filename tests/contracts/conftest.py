"""What the contracts are held against."""

import pytest
from flask import Flask

from tests.contracts import world as making


@pytest.fixture
def world(app: Flask) -> making.World:
    """Return one of everything."""
    return making.make(app)
