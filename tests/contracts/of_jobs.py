"""Who may open the pages of jobs, and what changes something there."""

from typing import Any

VIEWERS = "jobs.children jobs.log"
OPERATORS = ""
ADMINS = ""
#: Of each route that changes something, how it is asked for one change: (client, world) -> answer.
WAYS: dict[str, Any] = {}
