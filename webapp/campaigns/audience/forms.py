"""What is typed about the recipients of a campaign."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    FileField,
    Form,
    SelectField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import DataRequired, Optional

from webapp.campaigns.audience import splitting
from webapp.campaigns.audience.countries import countries
from webapp.campaigns.audience.guessing import headings
from webapp.campaigns.audience.looking import DELIMITERS, ENCODINGS
from webapp.campaigns.audience.naming import names_of
from webapp.campaigns.audience.people import Columns
from webapp.campaigns.models import Source
from webapp.customers.contacts import one_line
from webapp.extensions import settings
from webapp.fields import SelectChoice
from webapp.messages.channels import Channel
from webapp.messages.suppressing import BY

PARTS = ("phone", "email", "name", "zone")
NO_COLUMN = "Choose the column with the telephone numbers, or the one with the e-mail addresses."
TWICE = "This column is chosen above already."
SIGNS = {",": "Comma ,", ";": "Semicolon ;", "\t": "Tab", "|": "Line |"}


def choices(pairs: Iterable[tuple[str, str]]) -> list[Any]:
    """Return what a list to choose from holds, of values and words."""
    return [SelectChoice(value, words) for value, words in pairs]


def country_choices() -> list[Any]:
    """Return the countries to choose from."""
    return choices(countries().items())


class FileForm(Form):
    """A file to upload."""

    file = FileField("List as a CSV file")


class PastedForm(Form):
    """Numbers and addresses, pasted."""

    text = TextAreaField(
        "Numbers and addresses", [DataRequired("Paste at least one number or address.")]
    )
    region = SelectField("Country of numbers without +", choices=country_choices)

    def validate_text(self, field: Any) -> None:
        """Raise ValidationError for nothing, and for what should be a file."""
        if len(field.data) > splitting.LENGTH:
            raise ValidationError("This is too long. Upload it as a file.")
        count = len(splitting.entries(field.data))
        if count == 0:
            raise ValidationError("Paste at least one number or address.")
        if count > splitting.MOST:
            raise ValidationError(
                f"These are {count:,}, and at most {splitting.MOST:,} can be pasted. Upload them as a file."
            )


class CustomersForm(Form):
    """Which customers."""

    reach = SelectField(
        "Who can be reached",
        default="",
        choices=choices(
            [("", "By number or address"), ("phone", "By number"), ("email", "By address")]
        ),
    )
    wants = SelectField(
        "Who wants offers",
        default="",
        choices=choices(
            [("", "Whether or not"), *((one.value, f"By {BY[one]}") for one in Channel)]
        ),
    )
    tag = SelectField("Tag", default="", validate_choice=False)
    booked_from = DateField("Booked from", [Optional()])
    booked_until = DateField("Booked until", [Optional()])

    def validate_booked_until(self, field: Any) -> None:
        """Raise ValidationError when the days are in the wrong order."""
        if field.data and self.booked_from.data and field.data < self.booked_from.data:
            raise ValidationError("This day is before the first one.")

    def validate_booked_from(self, field: Any) -> None:
        """Raise ValidationError for days that no clock can show in every time zone."""
        for one in (field, self.booked_until):
            if one.data and not date(1900, 1, 1) <= one.data <= date(2900, 1, 1):
                raise ValidationError("Choose a day of this century.")

    def asked(self, zone: str) -> dict[str, Any]:
        """Return the filter as it is kept."""
        days = {name: self[name].data for name in ("booked_from", "booked_until")}
        chosen = {
            "reach": self.reach.data,
            "wants": self.wants.data,
            "tag": one_line(self.tag.data).lower(),
            **{name: day.isoformat() for name, day in days.items() if day},
        }
        asked = {name: value for name, value in chosen.items() if value}
        return {**asked, "zone": zone} if days["booked_from"] or days["booked_until"] else asked


class ColumnsForm(Form):
    """Which column of a file is what."""

    phone = SelectField("Telephone number", default="")
    email = SelectField("E-mail address", default="")
    name = SelectField("Name", default="")
    zone = SelectField("Time zone", default="")
    region = SelectField("Country of numbers without +", choices=country_choices)
    header = BooleanField("The first row is the heading")

    def validate_phone(self, field: Any) -> None:
        """Raise ValidationError when there is no way to reach anybody."""
        if not field.data and not self.email.data:
            raise ValidationError(NO_COLUMN)

    def validate_email(self, field: Any) -> None:
        """Raise ValidationError when it is the column of the numbers."""
        if field.data and field.data == self.phone.data:
            raise ValidationError(TWICE)

    def columns(self, rows: Sequence[Sequence[str]]) -> Columns:
        """Return what was chosen."""
        chosen = {part: int(self[part].data) for part in PARTS if self[part].data}
        header = bool(self.header.data)
        names = names_of(headings(rows, header=header))
        return Columns(tuple(names), **chosen, region=self.region.data, header=header)


class WrittenForm(Form):
    """How a file is written, when that was guessed wrongly."""

    encoding = SelectField("Letters", choices=choices(ENCODINGS.items()))
    delimiter = SelectField(
        "Sign between cells", choices=choices((one, SIGNS[one]) for one in DELIMITERS)
    )


def columns_form(source: Source, typed: Any = None) -> ColumnsForm:
    """Return the form of a source's columns, as they were guessed or as they were chosen."""
    rows: list[list[str]] = source.sample or [[]]
    mapping = source.mapping or {}
    known: dict[str, Any] = {part: _text(mapping.get(part)) for part in PARTS}
    known |= {"region": mapping.get("region") or settings().phone_region}
    form = ColumnsForm(typed, data={**known, "header": mapping.get("header", True)})
    pairs = [("", "None"), *_columns(rows, header=bool(form.header.data))]
    for field in (form.phone, form.email, form.name, form.zone):
        field.choices = choices(pairs)
    return form


def _text(column: int | None) -> str:
    return "" if column is None else str(column)


def _columns(rows: Sequence[Sequence[str]], *, header: bool) -> Iterator[tuple[str, str]]:
    """Go through the columns with their heading, or else with what stands in them first."""
    for column, heading in enumerate(headings(rows, header=header)):
        cells = (row[column].strip() for row in rows if column < len(row))
        told = heading.strip() if header else next(filter(None, cells), "")
        yield str(column), f"{column + 1}: {told[:60]}" if told else f"Column {column + 1}"
