"""A row of cells, read as somebody who can be reached."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import available_timezones

from webapp.campaigns.audience.numbers import Number, read_number
from webapp.campaigns.audience.problems import Refused
from webapp.customers.contacts import NotAContact, one_line, parse_email

NAME_LENGTH, DETAIL_LENGTH = 200, 300
NOBODY = "Neither a telephone number nor an address stands in this row."


class Person(NamedTuple):
    """Somebody who can be reached, by one channel at least."""

    key: str
    name: str
    phone: str | None
    email: str | None
    #: What the row says, and what the number tells.
    zone: str | None
    zone_of_number: str | None
    country: str | None
    values: dict[str, str]
    #: What could not be used of the row, for whoever wonders.
    detail: str | None


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is what, by its number, and the placeholder's name of each."""

    names: tuple[str, ...]
    phone: int | None = None
    email: int | None = None
    name: int | None = None
    zone: int | None = None
    region: str | None = None
    header: bool = True

    @classmethod
    def of(cls, mapping: dict[str, Any]) -> "Columns":
        """Return what a source's mapping says."""
        return cls(**{**mapping, "names": tuple(mapping["names"])})

    def stored(self) -> dict[str, Any]:
        """Return what is kept with the source."""
        parts = ("phone", "email", "name", "zone", "region", "header")
        return {"names": list(self.names), **{part: getattr(self, part) for part in parts}}


def person(cells: list[str], columns: Columns) -> Person:
    """Return who the row is about. Raises Refused when they cannot be reached by any channel.

    A row with a good number and a wrong address, or the reverse, is kept for what is good.
    """
    cells = [cell.strip() for cell in cells]
    _check_count(cells, columns)
    number, no_number = _number(_cell(cells, columns.phone), columns.region)
    email, no_email = _email(_cell(cells, columns.email))
    if number is None and email is None:
        raise no_number or no_email or Refused("nobody", NOBODY)
    zone, no_zone = _zone(_cell(cells, columns.zone))
    lost = " ".join(str(reason) for reason in (no_number, no_email, no_zone) if reason)
    name = _line(_cell(cells, columns.name))[:NAME_LENGTH]
    values = {place: cell for place, cell in zip(columns.names, cells, strict=False) if cell}
    phone = number.e164 if number else None
    for place, value in (("name", name), ("phone", phone), ("email", email)):
        if value:
            values.setdefault(place, value)
    return Person(
        phone or email or "",
        name,
        phone,
        email,
        zone,
        number.zone if number else None,
        number.country if number else None,
        values,
        lost[:DETAIL_LENGTH] or None,
    )


def _check_count(cells: list[str], columns: Columns) -> None:
    wide = len(columns.names)
    if len(cells) > wide and any(cells[wide:]):
        raise Refused(
            "cells",
            f"This row has {len(cells)} cells, the heading has {wide}. Perhaps a text holds the "
            "sign that separates cells: then it must stand in quotation marks.",
        )


def _cell(cells: list[str], column: int | None) -> str:
    return cells[column] if column is not None and column < len(cells) else ""


def _number(typed: str, region: str | None) -> tuple[Number | None, Refused | None]:
    if not typed:
        return None, None
    try:
        return read_number(typed, region), None
    except Refused as problem:
        return None, problem


def _email(typed: str) -> tuple[str | None, Refused | None]:
    if not typed:
        return None, None
    try:
        return parse_email(re.sub(r"^mailto:", "", typed)), None
    except NotAContact as problem:
        return None, Refused("email_wrong", str(problem))


def _zone(typed: str) -> tuple[str | None, Refused | None]:
    if not typed:
        return None, None
    zone = known_zone(typed)
    return zone, None if zone else Refused("zone", f"“{typed[:40]}” is not a time zone.")


def known_zone(typed: str) -> str | None:
    """Return the time zone of that name, however its letters are written."""
    return _zones().get(typed.strip().lower().replace(" ", "_"))


@cache
def _zones() -> dict[str, str]:
    return {zone.lower(): zone for zone in available_timezones() if len(zone) <= 64}


def _line(text: str) -> str:
    return " ".join(text.split()) if text.isprintable() else one_line(text)
