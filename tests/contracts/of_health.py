"""Who may open the pages of health, and what changes something there."""

from typing import Any

from tests.contracts.world import World, send

PUBLIC = "health.check"
PROGRAMS = "health.scrape"
VIEWERS = "health.index health.history health.daily"
OPERATORS = "health.tick"
ADMINS = "health.acknowledge"


def _acknowledge(client: Any, world: World) -> Any:
    return send(client, f"/status/alerts/{world.alert_id}/acknowledge", hours="4")


#: Of each route that changes something, how it is asked for one change: (client, world) -> answer.
WAYS: dict[str, Any] = {
    "health.acknowledge": _acknowledge,
    "health.tick": lambda c, w: send(c, "/checklist/backup_tried"),
}
