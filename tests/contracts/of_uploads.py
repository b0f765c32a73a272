"""Who may open the pages of uploading documents, and what changes something there."""

import io
from typing import Any

from tests.contracts.world import send

VIEWERS = ""
OPERATORS = "uploads.new uploads.upload uploads.replace uploads.put_in_place"
ADMINS = ""
#: Of each route that changes something, how it is asked for one change: (client, world) -> answer.
WAYS: dict[str, Any] = {
    "uploads.upload": lambda client, world: send(
        client, "/documents", file=(io.BytesIO(b"We open at nine."), "Hours.txt")
    ),
    "uploads.put_in_place": lambda client, world: send(
        client,
        f"/documents/{world.knowledge.documents['ready'].id}/replace",
        file=(io.BytesIO(b"We open at ten."), "Hours.txt"),
    ),
}
