"""Who may open the pages of retention, and what changes something there."""

from typing import Any

from tests.contracts.world import World, send
from webapp.customers.models import Customer
from webapp.extensions import db

VIEWERS = ""
OPERATORS = ""
ADMINS = """
    retention.index retention.edit retention.change retention.ask_clean retention.clean
    retention.ask_erase retention.erase
"""


def erase(client: Any, _world: World) -> Any:
    """Erase somebody of whom nothing is unfinished."""
    customer = Customer(name="Nobody Else", phone="+919812345677", zone="UTC")
    db.session.add(customer)
    db.session.commit()
    path = f"/retention/customers/{customer.id}/erase"
    return send(client, path, name="nobody else", reason="Asked for it")


#: Of each route that changes something, how it is asked for one change: (client, world) -> answer.
WAYS: dict[str, Any] = {
    "retention.change": lambda c, w: send(c, "/retention/kinds/jobs", days="60"),
    "retention.clean": lambda c, w: send(c, "/retention/clean"),
    "retention.erase": erase,
}
