"""What health keeps: how the house was, in sentences that may quote a job's."""

from webapp.forgetting import Keeps
from webapp.health.models import Alert, Checked, Tally, Tick, Watch

KEEPS = Keeps(
    sentences={Alert: "text", Checked: "lines", Watch: "mail_problem lamps"},
    free={
        Alert: "rule",
        Checked: "day",
        Tally: "numbers",
        Tick: "span line",
        Watch: "mails found",
    },
)
