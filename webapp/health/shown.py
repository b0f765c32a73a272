"""The open alerts, which a page tells of and the line across its top too: asked once for each request."""

from collections.abc import Sequence

from flask import g

from webapp.health import alerts
from webapp.health.models import Alert


def standing() -> Sequence[Alert]:
    """Return the alerts that are open, oldest first."""
    if "standing_alerts" not in g:
        g.standing_alerts = alerts.standing()
    found: Sequence[Alert] = g.standing_alerts
    return found
