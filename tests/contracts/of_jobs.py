"""Who may open the pages of jobs, and what changes something there."""

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.contracts.world import World, send

VIEWERS = "failures.index filters.index filters.save filters.show filters.remove"
OPERATORS = "exports.jobs"
ADMINS = ""


def remove(client: FlaskClient, world: World) -> TestResponse:
    """Delete a filter of whoever asks: nobody sees another one's."""
    saved = send(client, "/jobs/filters?kind=jobs.nothing", name="To be deleted")
    assert saved.status_code == 303
    page = client.get("/jobs/filters").text
    number = page.rsplit("/delete", 1)[0].rsplit("/", 1)[1]
    return send(client, f"/jobs/filters/{number}/delete")


#: Of each route that changes something, how it is asked for one change: (client, world) -> answer.
WAYS: dict[str, Any] = {
    "filters.save": lambda c, _w: send(c, "/jobs/filters?show=failed", name="What failed"),
    "filters.remove": remove,
    "exports.jobs": lambda c, _w: send(c, "/exports/jobs?show=failed"),
}
