"""What health keeps: how the house was, in sentences that may quote a job's."""

from collections.abc import Sequence

from sqlalchemy import delete

from webapp.extensions import db
from webapp.forgetting import Keeps, Kept, Steps
from webapp.health.models import Alert, Checked, Tick, Watch


def remove_alerts(ids: Sequence[int], _size: int) -> Steps:
    """Remove alerts that are over."""
    db.session.execute(
        delete(Alert)
        .where(Alert.id.in_(ids), Alert.closed_at.is_not(None))
        .execution_options(synchronize_session=False)
    )
    yield len(ids)


OLD = (
    Kept(
        name="alerts",
        title="Alerts that are over",
        unit="alerts",
        goes="What was not well, from when to when.",
        stays="Alerts that are not over.",
        days=400,
        least=7,
        key=Alert.id,
        by=Alert.id,
        at=Alert.closed_at,
        holds=Alert.closed_at.is_not(None),
        free=Alert.closed_at.is_not(None),
        remove=remove_alerts,
    ),
)
KEEPS = Keeps(
    old=OLD,
    sentences={Alert: "text", Checked: "lines", Watch: "mail_problem lamps"},
    free={
        Alert: "rule",
        Checked: "day",
        Tick: "span line",
        Watch: "mails found",
    },
)
