"""Who may open the pages of health, and what changes something there."""

from typing import Any

from tests.contracts.world import World, send
from webapp.clock import now
from webapp.extensions import db
from webapp.health.models import Alert

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


def an_alert() -> int:
    """Return the number of an alert that is open."""
    alert = Alert(
        rule="waiting", text="1,234 jobs wait. More than 1,000 are too many.", opened_at=now()
    )
    db.session.add(alert)
    db.session.commit()
    return alert.id
