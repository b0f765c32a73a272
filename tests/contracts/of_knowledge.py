"""Who may open the pages of what is known, and what changes something there."""

from typing import Any

VIEWERS = "knowledge.index knowledge.text knowledge.passages knowledge.passage"
OPERATORS = ""
ADMINS = ""
#: Of each route that changes something, how it is asked for one change: (client, world) -> answer.
WAYS: dict[str, Any] = {}
