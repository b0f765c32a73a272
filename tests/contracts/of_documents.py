"""Who may open the page of a document, and what changes something there."""

from typing import Any

from tests.contracts.world import World, send

VIEWERS = "documents.show documents.file"
OPERATORS = """
    documents.name documents.rename documents.read_again documents.choose_encoding
    documents.read_many_again documents.remove
"""
ADMINS = ""


def of(page: str, **typed: Any) -> Any:
    """Send a form of a document that is ready."""

    def ask(client: Any, world: World) -> Any:
        return send(client, f"/documents/{world.knowledge.documents['ready'].id}{page}", **typed)

    return ask


#: Of each route that changes something, how it is asked for one change: (client, world) -> answer.
WAYS: dict[str, Any] = {
    "documents.rename": of("/name", name="Another name"),
    "documents.read_again": of("/read-again"),
    "documents.choose_encoding": of("/encoding", encoding="cp1252"),
    "documents.read_many_again": lambda c, w: send(c, "/documents/read-again/failed"),
    "documents.remove": of("/remove"),
}
