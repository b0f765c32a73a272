"""What health keeps: how the house was, in sentences that may quote a job's."""

from webapp.forgetting import Keeps, Kept
from webapp.health.models import Alert, Checked, Tick, Watch

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
