"""Who may open the pages of charts, and what changes something there."""

from typing import Any

VIEWERS = "charts.index"
OPERATORS = ""
ADMINS = ""
#: Of each route that changes something, how it is asked for one change: (client, world) -> answer.
WAYS: dict[str, Any] = {}
