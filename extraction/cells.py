"""The value of a cell as people see it, as far as a value tells that."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: A sheet's format goes so far ("XFD").
COLUMNS = 16_384


def column(number: int) -> str:
    """Return the letters of a column, counted from 0."""
    letters = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        letters = LETTERS[letter] + letters
    return letters


def place(letters: str) -> int:
    """Return the number of a column, counted from 0."""
    number = 0
    for letter in letters:
        number = number * 26 + LETTERS.index(letter) + 1
    return number - 1


def texts(values: list[Any]) -> list[str]:
    """Return the cells of a row as texts; those that hold nothing are ""."""
    return [value if type(value) is str else FORMS.get(type(value), str)(value) for value in values]


def _float(value: float) -> str:
    # A sheet calculates with 15 digits, and shows no more; what is whole has no point.
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return f"{value:.15g}"


def _datetime(value: datetime) -> str:
    if not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    return value.isoformat(" ", "seconds" if value.second else "minutes")


def _time(value: time) -> str:
    return value.isoformat("seconds" if value.second else "minutes")


def _duration(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    minutes, seconds = divmod(seconds, 60)
    return f"{sign}{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")


def _truth(value: object) -> str:
    return "TRUE" if value else "FALSE"


def _nothing(_: object) -> str:
    return ""


FORMS: dict[type, Callable[[Any], str]] = {
    float: _float,
    bool: _truth,
    datetime: _datetime,
    date: date.isoformat,
    time: _time,
    timedelta: _duration,
    type(None): _nothing,
}
