"""What is typed about a website that is to be read."""

import re
from typing import Any, NamedTuple

from wtforms import (
    Form,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from webapp.customers.contacts import one_line
from webapp.extensions import settings
from webapp.fields import ReadField, SelectChoice
from webapp.websites.addresses import (
    PORTS,
    Allowed,
    Refused,
    check_addresses,
    check_name,
    number,
    parsed,
)
from webapp.websites.models import Website
from webapp.websites.scoping import tidy

MOST_PAGES, MOST_DEPTH, MOST_MINUTES = 10_000, 20, 24 * 60
EVERY = [
    SelectChoice("", "Never by itself"),
    SelectChoice("1", "Every day"),
    SelectChoice("7", "Every week"),
    SelectChoice("30", "Every month"),
]
WHERE = [
    SelectChoice("host", "All pages of this website"),
    SelectChoice("below", "Only pages below this address"),
]
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


class Typed(NamedTuple):
    """An address as somebody typed it."""

    url: str
    #: Nobody said http or https.
    any_scheme: bool


def read_address(text: str) -> Typed:
    """Return the address that was typed; without a scheme, https. Raises Refused with a sentence.

    Nobody is asked yet where a name leads: that is seen when the connection is opened.
    """
    any_scheme = not _SCHEME.match(text)
    allowed = Allowed(settings().website_private_hosts)
    url = parsed(f"https://{text}" if any_scheme else text, allowed)
    port = url.port or PORTS[url.scheme]
    check_name(url.host, port, allowed)
    if address := number(url.host):
        check_addresses(url.host, port, [address], allowed)
    tidied = tidy(str(url))
    if tidied is None:
        raise Refused("This is not the address of a website. Write it such as hotel.example.")
    return Typed(tidied, any_scheme)


def number_field(label: str, lowest: int, highest: int) -> Any:
    """Return a field for a whole number between two bounds."""
    sentence = f"A whole number from {lowest} to {highest:,}."
    return IntegerField(
        label, [InputRequired(sentence), NumberRange(lowest, highest, message=sentence)]
    )


class SettingsForm(Form):
    """How a website is read."""

    name = StringField(
        "Name", [Length(max=300, message="At most 300 characters.")], filters=[one_line]
    )
    where = RadioField("What is read", choices=WHERE, default="host")
    max_pages = number_field("How many pages at most", 1, MOST_PAGES)
    max_depth = number_field("How many links away from the first page at most", 0, MOST_DEPTH)
    max_minutes = number_field("How many minutes at most", 1, MOST_MINUTES)
    every_days = SelectField("Read it again", choices=EVERY, default="")

    @classmethod
    def of(cls, website: Website) -> "SettingsForm":
        """Return the form filled with a website."""
        return cls(
            data={
                "name": website.source.name,
                "where": "host" if website.whole_host else "below",
                "max_pages": website.max_pages,
                "max_depth": website.max_depth,
                "max_minutes": website.max_seconds // 60,
                "every_days": str(website.every_days or ""),
            }
        )

    def values(self) -> dict[str, Any]:
        """Return what is to be stored."""
        return {
            "max_pages": self.max_pages.data,
            "max_depth": self.max_depth.data,
            "max_seconds": self.max_minutes.data * 60,
            "every_days": int(self.every_days.data) if self.every_days.data else None,
        }


class NewForm(SettingsForm):
    """A website that is to be read."""

    url = ReadField(
        "Address of the website",
        [DataRequired("The address is needed, such as hotel.example.")],
        filters=[one_line],
    )

    def validate_url(self, field: Any) -> None:
        """Make an address out of what was typed."""
        try:
            field.parsed = read_address(field.data)
        except Refused as problem:
            raise ValidationError(str(problem)) from None


def usual() -> dict[str, Any]:
    """Return what a new form is filled with."""
    pages = min(settings().website_pages, MOST_PAGES)
    return {
        "where": "host",
        "max_pages": pages,
        "max_depth": 5,
        "max_minutes": 60,
        "every_days": "",
    }
