"""For which days a report is asked."""

from typing import Any

from wtforms import (
    Form,
    IntegerField,
    RadioField,
    ValidationError,
)

from webapp.fields import SelectChoice
from webapp.reports.periods import LONGEST, MONTH

DAYS = "days"


class ReportForm(Form):
    """A span of days up to this moment, or the month that is over."""

    period = RadioField(
        "About which days",
        choices=[
            SelectChoice("7d", "The last 7 days"),
            SelectChoice("30d", "The last 30 days"),
            SelectChoice(MONTH, "The last calendar month"),
            SelectChoice(DAYS, "Another number of days"),
        ],
        default="30d",
    )
    days = IntegerField("How many days")

    def validate_days(self, field: Any) -> None:
        """Ask for a number only where it is read."""
        if self.period.data != DAYS:
            field.errors = []
            return
        field.errors = []
        if field.data is None or not 1 <= field.data <= LONGEST:
            raise ValidationError(f"A whole number of days from 1 to {LONGEST}.")

    def wanted(self) -> str:
        """Return the period."""
        return f"{self.days.data}d" if self.period.data == DAYS else str(self.period.data)
