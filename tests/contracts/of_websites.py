"""Who may open the pages of websites, and what changes something there."""

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.contracts.world import World, send

VIEWERS = "websites.show websites.pages"
OPERATORS = """
    websites.new websites.create websites.edit websites.update websites.read_again websites.remove
"""
ADMINS = ""
SETTINGS = {
    "name": "Another name", "where": "host", "max_pages": "20", "max_depth": "2",
    "max_minutes": "5", "every_days": "7",
}  # fmt: skip


def create(client: FlaskClient, _world: World) -> TestResponse:
    return send(client, "/websites", url="another.example", **SETTINGS)


def update(client: FlaskClient, world: World) -> TestResponse:
    return send(client, f"{of(world)}/edit", **SETTINGS)


def read_again(client: FlaskClient, world: World) -> TestResponse:
    return send(client, f"{of(world)}/read-again")


def remove(client: FlaskClient, world: World) -> TestResponse:
    return send(client, f"{of(world)}/remove")


def of(world: World) -> str:
    return f"/websites/{world.knowledge.website.id}"


#: Of each route that changes something, how it is asked for one change: (client, world) -> answer.
WAYS: dict[str, Any] = {
    "websites.create": create,
    "websites.update": update,
    "websites.read_again": read_again,
    "websites.remove": remove,
}
