"""The figures of a report in words: for the page, for print, and as CSV."""

from collections.abc import Iterator
from typing import Any

from webapp.reports.figures import COUNT, SECONDS
from webapp.services.money import number_for, words_for

HEADER = ["Part", "What", "Unit", "In this time", "In the time before"]


def said(unit: str, value: float | None) -> str:
    """Return a figure as people write it."""
    if value is None:
        return "—"
    if unit == COUNT:
        return f"{int(value):,}"
    if unit == SECONDS:
        return f"{value:,.1f} s"
    return words_for(int(value), unit) if value else "0"


def change(line: dict[str, Any]) -> str:
    """Return by how much a figure went up or down; empty where that says nothing."""
    now, before = line["now"], line["before"]
    if now is None or not before:
        return "" if not now or line["unit"] == SECONDS else "new"
    share = round(100 * (now - before) / before)
    return "as before" if share == 0 else f"{share:+,} %".replace("-", "−")


def rows(sections: list[dict[str, Any]]) -> Iterator[list[Any]]:
    """Give the rows of the CSV file: numbers as numbers, for a spreadsheet to reckon with."""
    yield HEADER
    for section in sections:
        for line in section["lines"]:
            unit = line["unit"]
            values = (_plain(unit, line[which]) for which in ("now", "before"))
            yield [section["title"], line["label"], "" if unit == COUNT else unit, *values]


def _plain(unit: str, value: float | None) -> str | float:
    if value is None:
        return ""
    return value if unit in {COUNT, SECONDS} else number_for(int(value), unit)
