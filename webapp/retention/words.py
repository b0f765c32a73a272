"""What a person is looked for by in texts, in all the ways in which people and programs write it."""

import html
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

import phonenumbers
from sqlalchemy import ColumnElement, LargeBinary, SQLColumnExpression, false, func, or_

from webapp.extensions import db
from webapp.forgetting import MASK, Column, Person, text_of

#: What people put between the digits of a number.
GAPS = (" ", "-", "(", ")", ".", "/", "\u00a0")
_GAP = r"[\s().\-/\u00a0]*"
_SPACE = r"(?:\s|\+|%20)+"
#: Before a word: no letter, unless it belongs to a line's end as programs write it.
_BEFORE = r"(?:(?<!\w)|(?<=\\[nrt]))"


class Words:
    """The names, numbers and addresses of a person, to be found and to be masked."""

    def __init__(self, person: Person, *, by_name: bool) -> None:
        self.numbers = [_national(phone) for phone in sorted(person.phones)]
        self.emails = sorted(person.emails)
        self.names = sorted(person.names, key=len, reverse=True) if by_name else []
        contacts = [*map(_phone_pattern, sorted(person.phones)), *map(_email_pattern, self.emails)]
        names = [_name_pattern(way) for name in self.names for way in _ways(name)]
        # Nothing to look for finds nothing.
        self._contacts = _either(contacts)
        self._all = _either([*contacts, *names])

    def stand_in(self, column: Column, *, by_name: bool) -> ColumnElement[bool]:
        """Say in SQL that a column may hold one of them: some more rows, and never fewer."""
        text = text_of(column)
        found = [
            text.icontains(way, autoescape=True) for email in self.emails for way in _ats(email)
        ]
        if self.numbers:
            close: SQLColumnExpression[str] = text
            for gap in GAPS:
                close = func.replace(close, _as_stored(gap, column), "")
            found += [close.contains(number, autoescape=True) for number in self.numbers]
        if by_name:
            found += [
                text.icontains(_as_stored(way, column), autoescape=True)
                for name in self.names
                for way in _fragments(name)
            ]
        return or_(false(), *found)

    def stand_inside(self, text: str, *, by_name: bool) -> bool:
        """Say whether a text has one of them."""
        return (self._all if by_name else self._contacts).search(text) is not None

    def masked(self, value: Any, *, by_name: bool) -> Any:
        """Return a text, JSON or bytes without them. Bytes that have one are emptied."""
        if isinstance(value, bytes):
            return (
                b""
                if self.stand_inside(value.decode("utf-8", "replace"), by_name=by_name)
                else value
            )
        if isinstance(value, dict):
            return {
                self.masked(name, by_name=by_name): self.masked(one, by_name=by_name)
                for name, one in value.items()
            }
        if isinstance(value, list):
            return [self.masked(one, by_name=by_name) for one in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return MASK if self.stand_inside(str(value), by_name=False) else value
        if isinstance(value, str):
            return (self._all if by_name else self._contacts).sub(MASK, value)
        return value


def _either(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(patterns) or r"(?!)", re.IGNORECASE)


def _national(phone: str) -> str:
    return phonenumbers.national_significant_number(phonenumbers.parse(phone))


def _phone_pattern(phone: str) -> str:
    """Match +91 98123-45678, 0091…, 91 (0) 98…, 098123 45678 and 9812345678."""
    country = str(phonenumbers.parse(phone).country_code)
    digits = _GAP.join(_national(phone))
    prefix = rf"(?:(?:\+|00|%2B)?{_GAP}{_GAP.join(country)}{_GAP}(?:\(0\){_GAP})?|0{_GAP})?"
    return rf"(?<!\d){prefix}{digits}(?!\d)"


def _email_pattern(email: str) -> str:
    local, _, domain = email.rpartition("@")
    before = r"(?:(?<![\w.+-])|(?<=\\[nrt]))"
    return rf"{before}{re.escape(local)}(?:@|%40){re.escape(domain)}(?![\w-])"


def _name_pattern(name: str) -> str:
    words = _SPACE.join(re.escape(word) for word in name.split())
    return rf"{_BEFORE}{words}(?!\w)"


def _ats(email: str) -> tuple[str, str]:
    return email, email.replace("@", "%40")


def _ways(text: str) -> set[str]:
    """Return a text as it is, as in JSON, as in HTML, and as in an address."""
    quoted = " ".join(quote(word) for word in text.split())
    return {text, json.dumps(text)[1:-1], html.escape(text), quoted}


def _fragments(name: str) -> set[str]:
    """Return by what a database finds a name: its longest word, in each way, and in each case.

    SQLite knows the two cases of no letters but ASCII's.
    """
    word = max(name.split(), key=len)
    cases: Iterator[str] = iter((word, word.lower(), word.upper(), word.title()))
    return {way for case in cases for way in _ways(case)}


def _as_stored(text: str, column: Column) -> str:
    """Return what is looked for as PostgreSQL shows it in bytes: other signs than ASCII's as numbers."""
    if isinstance(column.type, LargeBinary) and db.engine.dialect.name == "postgresql":
        signs = text.replace("\\", "\\\\").encode()
        return "".join(chr(one) if one < 128 else f"\\{one:03o}" for one in signs)
    return text
