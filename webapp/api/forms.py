"""What is typed to make a token."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import (
    DateField,
    Form,
    SelectMultipleField,
    StringField,
    ValidationError,
    widgets,
)
from wtforms.validators import DataRequired, Length, Optional

from webapp.accounts.forms import one_line
from webapp.accounts.scopes import MEANINGS, Scope
from webapp.clock import now
from webapp.fields import SelectChoice

LONGEST = timedelta(days=3650)


class Ticks(SelectMultipleField):
    """Some of several, each with a box to tick."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()


class Day(DateField):
    """A day, with a sentence of ours for what is none."""

    def process_formdata(self, valuelist: Any) -> None:
        """Read what was typed. Raises ValueError."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Write the day such as 2027-03-31.") from None


class TokenForm(Form):
    """A new token."""

    name = StringField(
        "Name of the program",
        [DataRequired("A name is needed."), Length(max=100, message="At most 100 characters.")],
        filters=[one_line],
    )
    scopes = Ticks(
        "What it may do",
        choices=[SelectChoice(scope.value, MEANINGS[scope].text) for scope in Scope],
    )
    last_day = Day("Last day", [Optional()])

    def validate_scopes(self, field: Any) -> None:
        """Raise ValidationError when nothing is ticked; a flag for browsers would want every box ticked."""
        if not field.data:
            raise ValidationError("Tick at least one thing.")

    def validate_last_day(self, field: Any) -> None:
        """Raise ValidationError for a day that is over, or beyond what anybody means."""
        today = now().date()
        if field.data and field.data < today:
            raise ValidationError("This day is over.")
        if field.data and field.data > today + LONGEST:
            raise ValidationError("Choose a day in the next ten years, or none.")

    def wanted(self) -> list[Scope]:
        """Return what was ticked."""
        return [Scope(name) for name in self.scopes.data or []]

    def end(self, zone: ZoneInfo) -> datetime | None:
        """Return the moment at which the last day is over, by the clock of the house."""
        if self.last_day.data is None:
            return None
        midnight = datetime.combine(self.last_day.data + timedelta(days=1), time(), zone)
        return midnight.astimezone(UTC)
