"""Who may open the pages of reports, and what changes something there."""

from typing import Any

from tests.contracts.world import send

VIEWERS = "reports.index reports.show reports.csv"
OPERATORS = "reports.ask reports.of_customer"
ADMINS = ""
#: Of each route that changes something, how it is asked for one change: (client, world) -> answer.
WAYS: dict[str, Any] = {
    "reports.ask": lambda client, world: send(client, "/reports", period="7d"),
    "reports.of_customer": lambda client, world: send(
        client, f"/reports/customers/{world.held.customer_id}"
    ),
}
