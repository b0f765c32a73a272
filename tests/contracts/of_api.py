"""Who may open the pages of tokens, which routes are for programs, and what changes something there."""

from typing import Any

PUBLIC = ""
VIEWERS = ""
OPERATORS = ""
ADMINS = ""
#: What only a token opens.
PROGRAMS = ""
#: Of each route that changes something, how it is asked for one change: (client, world) -> answer.
WAYS: dict[str, Any] = {}
