"""What one test looked at is nothing to the next, though its campaign has the same number."""

import pytest

from webapp.campaigns.live_views import fragments


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    fragments.kept.clear()
