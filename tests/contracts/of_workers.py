"""Who may open the pages of workers, and what changes something there."""

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.contracts.world import World, send
from webapp.extensions import db
from webapp.jobs import pausing
from webapp.jobs.kinds import Queue

VIEWERS = "workers.index"
OPERATORS = ""
ADMINS = """
    workers.pause_form workers.pause workers.resume
    workers.rest workers.work workers.restart_form workers.restart
"""


def resume(client: FlaskClient, _world: World) -> TestResponse:
    pausing.pause(Queue.DEFAULT, "We look at it.")
    db.session.commit()
    return send(client, "/workers/queues/default/resume")


def of_worker(wish: str, **typed: str) -> Any:
    """Ask something of the worker that lives."""
    return lambda client, world: send(client, f"/workers/{wish}/{world.worker}", **typed)


#: Of each route that changes something, how it is asked for one change: (client, world) -> answer.
WAYS: dict[str, Any] = {
    "workers.pause": lambda c, w: send(c, "/workers/queues/default/pause", reason="We look."),
    "workers.resume": resume,
    "workers.rest": of_worker("rest"),
    "workers.work": of_worker("work"),
    "workers.restart": of_worker("restart", reason="It is slow."),
}
