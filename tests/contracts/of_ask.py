"""Who may open the pages of questions, and what changes something there."""

import dataclasses
from typing import Any

from tests.contracts.world import World, send

VIEWERS = "ask.index ask.question"
OPERATORS = "ask.ask"
ADMINS = ""


def ask(client: Any, world: World) -> Any:
    """Ask where a model is configured; nobody calls it before the job runs."""
    settings = world.app.extensions["settings"]
    world.app.extensions["settings"] = dataclasses.replace(
        settings, model_url="http://127.0.0.1:1/v1", model_name="a-model"
    )
    try:
        return send(client, "/knowledge/ask", q="When do you open?")
    finally:
        world.app.extensions["settings"] = settings


#: Of each route that changes something, how it is asked for one change: (client, world) -> answer.
WAYS: dict[str, Any] = {"ask.ask": ask}
