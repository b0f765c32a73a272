"""Where the files of a test lie."""

import pytest

from tests.documents.uploads import with_settings


@pytest.fixture(params=["folder", "database"])
def place(request, app, monkeypatch, tmp_path):
    """Keep files in each place that needs no server of its own."""
    url = "database:" if request.param == "database" else f"file://{tmp_path}/files"
    with_settings(app, monkeypatch, storage_url=url)
