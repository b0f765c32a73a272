"""What is typed about a schedule."""

from datetime import time
from typing import Any

from wtforms import (
    Form,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, NumberRange, StopValidation

from webapp.customers.contacts import one_line
from webapp.customers.forms import KnownZone
from webapp.fields import SelectChoice
from webapp.schedules import meant, whens
from webapp.schedules.finding import Entry
from webapp.schedules.models import IfMissed
from webapp.schedules.words import IF_MISSED, filled, ordinal

SHAPES = {
    "hourly": "Each hour",
    "daily": "Each day",
    "weekly": "Each week",
    "monthly": "Each month",
    "every": "Again and again",
    "cron": "By cron text",
}
DAYS_OF_MONTH = [
    *(SelectChoice(str(day), f"On the {ordinal(str(day))}") for day in range(1, 32)),
    SelectChoice("L", "On the last day"),
]
SELDOM = "This never rests: let it run at least each hour, such as every 5 minutes. To stop it, pause it."
#: Which fields each shape reads; the others may hold anything.
READS = {
    "hourly": ("minute",),
    "daily": ("at",),
    "weekly": ("weekday", "at"),
    "monthly": ("day", "at"),
    "every": ("count", "unit"),
    "cron": ("cron",),
}


class OnlyFor:
    """Skip a field that belongs to another shape than the chosen one."""

    def __call__(self, form: Any, field: Any) -> None:
        """End the checks of the field, and forget what its reading complained of."""
        if field.short_name not in READS.get(form.shape.data, ()):
            field.errors = []
            raise StopValidation


def _number(label: str, lowest: int, highest: int) -> Any:
    sentence = f"A whole number from {lowest} to {highest:,}."
    checks = [OnlyFor(), InputRequired(sentence), NumberRange(lowest, highest, message=sentence)]
    return IntegerField(label, checks)


class ScheduleForm(Form):
    """When something runs, in the terms of people; cron text for those who want it."""

    shape = RadioField("How often", choices=[SelectChoice(*shape) for shape in SHAPES.items()])
    minute = _number("Minutes past the hour", 0, 59)
    weekday = SelectField(
        "Day of the week",
        [OnlyFor()],
        choices=[SelectChoice(str(day % 7), meant.DAYS[day % 7]) for day in range(1, 8)],
    )
    day = SelectField("Day of the month", [OnlyFor()], choices=DAYS_OF_MONTH)
    at = TimeField("At", [OnlyFor(), InputRequired("A time of day, such as 02:00.")])
    count = _number("Every so many", 1, 9_999)
    unit = SelectField(
        "Of",
        [OnlyFor()],
        choices=[SelectChoice(unit, f"{unit}s") for unit in whens.UNITS],
    )
    cron = StringField("Cron text", [OnlyFor()], filters=[one_line])
    zone = StringField("Time zone", [], filters=[one_line])
    if_missed = RadioField(
        "When a run was missed",
        choices=[SelectChoice(choice.value, words) for choice, words in IF_MISSED.items()],
    )

    @classmethod
    def of(cls, entry: Entry) -> "ScheduleForm":
        """Return the form filled with a schedule as it stands."""
        usual = {
            "minute": 0,
            "weekday": "1",
            "day": "1",
            "at": "02:00",
            "count": 5,
            "unit": "minute",
        }
        said = {**usual, **filled(entry.when), "cron": str(entry.when)}
        if said["shape"] == "every":
            said["cron"] = ""
        said |= {"zone": entry.row.zone or "", "if_missed": entry.if_missed.value}
        return cls(_Typed({name: [str(value)] for name, value in said.items()}))

    def validate_zone(self, field: Any) -> None:
        """Take the clock of the house where none is named."""
        if field.data:
            KnownZone()(self, field)

    def reads(self, *, always: bool = False) -> whens.When | None:
        """Return when it runs, or None with the reason at the field that says it.

        ``always`` is of what never rests: that is asked for at least once an hour.
        """
        field = self[READS[self.shape.data][0]]
        try:
            when = whens.parse(self._text())
        except meant.NotATime as problem:
            field.errors = [*field.errors, str(problem)]
            return None
        if always and whens.rests(when):
            field.errors = [*field.errors, SELDOM]
            return None
        return when

    def _text(self) -> str:
        if self.shape.data == "cron":
            return self.cron.data or ""
        if self.shape.data == "hourly":
            return f"{self.minute.data} * * * *"
        if self.shape.data == "every":
            return f"every {self.count.data} {self.unit.data}s"
        at = self.at.data or time()
        clock = f"{at.minute} {at.hour}"
        return {
            "daily": f"{clock} * * *",
            "weekly": f"{clock} * * {self.weekday.data}",
            "monthly": f"{clock} {self.day.data} * *",
        }[self.shape.data]

    def policy(self) -> IfMissed:
        """Return what becomes of a missed run."""
        return IfMissed(self.if_missed.data)


class _Typed(dict[str, list[str]]):
    """Values as a browser would send them: so that each field reads them in its own way."""

    def getlist(self, name: str) -> list[str]:
        """Return the values of a field."""
        return self.get(name, [])


class PauseForm(Form):
    """Why a schedule is paused."""

    reason = TextAreaField(
        "Why", [Length(max=300, message="At most 300 characters.")], filters=[one_line]
    )
