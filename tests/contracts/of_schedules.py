"""Who may open the pages of schedules, and what changes something there."""

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.contracts.world import World, send
from webapp.extensions import db
from webapp.schedules import changing, finding
from webapp.schedules.finding import Entry
from webapp.schedules.models import IfMissed
from webapp.schedules.whens import parse

VIEWERS = "schedules.index schedules.show"
OPERATORS = "schedules.run"
ADMINS = """
    schedules.pause_form schedules.pause schedules.resume schedules.edit schedules.update
    schedules.reset
"""
NAME = "old-sessions"


def the_schedule() -> Entry:
    found = finding.entry(NAME)
    assert found is not None
    return found


def resume(client: FlaskClient, _world: World) -> TestResponse:
    changing.pause(the_schedule(), "The house is closed.")
    db.session.commit()
    return send(client, f"/schedules/{NAME}/resume")


def reset(client: FlaskClient, _world: World) -> TestResponse:
    changing.change(the_schedule(), parse("0 4 * * *"), None, IfMissed.LEAVE_OUT)
    db.session.commit()
    return send(client, f"/schedules/{NAME}/default")


#: Of each route that changes something, how it is asked for one change: (client, world) -> answer.
WAYS: dict[str, Any] = {
    "schedules.run": lambda client, world: send(client, f"/schedules/{NAME}/run"),
    "schedules.pause": lambda client, world: send(
        client, f"/schedules/{NAME}/pause", reason="The house is closed."
    ),
    "schedules.update": lambda client, world: send(
        client, f"/schedules/{NAME}/edit", shape="daily", at="04:30", zone="", if_missed="run_once"
    ),
    "schedules.resume": resume,
    "schedules.reset": reset,
}
