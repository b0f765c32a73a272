"""What is typed about a service."""

import re
from typing import Any

from wtforms import (
    BooleanField,
    Form,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from webapp.customers.contacts import one_line
from webapp.customers.forms import KnownZone
from webapp.fields import ReadField
from webapp.services import hours
from webapp.services.models import Service
from webapp.services.money import CURRENCIES, NotAnAmount, number_for, parse_amount

#: Stored as they are typed; the price and the hours are written in another way than they are kept.
STORED = (
    "name",
    "slug",
    "description",
    "minutes",
    "currency",
    "capacity",
    "zone",
    "lead_minutes",
    "days_ahead",
    "reminder_hours",
    "published",
)
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def number_field(label: str, lowest: int, highest: int) -> Any:
    """Return a field for a whole number between two bounds."""
    sentence = f"A whole number from {lowest} to {highest:,}."
    return IntegerField(
        label, [InputRequired(sentence), NumberRange(lowest, highest, message=sentence)]
    )


class Openings:
    """Check the openings of one weekday; ``parsed`` holds them in minutes."""

    def __call__(self, _form: Form, field: Any) -> None:
        """Raise ValidationError when they cannot be read."""
        try:
            field.parsed = hours.parse(field.data or "")
        except hours.NotHours as problem:
            raise ValidationError(str(problem)) from None


class ServiceForm(Form):
    """A service as its owner describes it."""

    name = StringField(
        "Name",
        [DataRequired("A name is needed."), Length(max=100, message="At most 100 characters.")],
        filters=[one_line],
    )
    slug = StringField(
        "Address of its page",
        [Length(max=60, message="At most 60 characters.")],
        filters=[one_line],
    )
    description = TextAreaField(
        "Description", [Length(max=2000, message="At most 2,000 characters.")]
    )
    minutes = number_field("Length in minutes", 5, 24 * 60)
    price = ReadField("Price", filters=[one_line])
    currency = SelectField("Currency", choices=sorted(CURRENCIES))
    capacity = number_field("How many at the same time", 1, 1000)
    zone = StringField("Time zone", [KnownZone()], filters=[one_line])
    lead_minutes = number_field("Minutes before the start until which it can be booked", 0, 43_200)
    days_ahead = number_field("Days ahead that can be booked", 1, 365)
    reminder_hours = number_field(
        "Hours before the start at which the customer is reminded", 0, 336
    )
    published = BooleanField("Published: customers can book it")
    day_0, day_1, day_2, day_3, day_4, day_5, day_6 = (
        ReadField(day, [Openings()], filters=[one_line]) for day in hours.WEEKDAYS
    )

    @classmethod
    def of(cls, service: Service) -> "ServiceForm":
        """Return the form filled with a service."""
        written = {
            f"day_{day}": hours.written(service.openings(day)) for day in range(len(hours.WEEKDAYS))
        }
        stored = {name: getattr(service, name, None) for name in STORED}
        price = number_for(service.price, service.currency)
        return cls(data={**stored, "price": price, **written})

    def validate_slug(self, field: StringField) -> None:
        """Make an address out of the name when none is given."""
        field.data = field.data or slug_of(self.name.data or "")
        if not SLUG.fullmatch(field.data or ""):
            raise ValidationError("Only small letters, digits and single hyphens.")

    def validate_price(self, field: Any) -> None:
        try:
            amount = parse_amount(field.data or "0", self.currency.data)
        except NotAnAmount as problem:
            raise ValidationError(str(problem)) from None
        field.parsed = amount

    def values(self) -> dict[str, Any]:
        """Return what is to be stored."""
        days: list[Any] = [self[f"day_{day}"] for day in range(len(hours.WEEKDAYS))]
        return {
            **{name: self[name].data for name in STORED},
            "description": (self.description.data or "").strip(),
            "price": self.price.parsed,
            "hours": {str(day): field.parsed for day, field in enumerate(days) if field.parsed},
        }


def slug_of(name: str) -> str:
    """Return a name as it can stand in an address."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].rstrip("-")
