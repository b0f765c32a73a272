"""Where a passage stands, in the words by which people look it up: page, sheet, cells, lines."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from webapp.knowledge.models import PartUnit

#: "A2", "A2:F30".
CELLS = re.compile(r"([A-Z]{1,3})(\d+)(?::([A-Z]{1,3})(\d+))?")
#: "10", "10-24".
LINES = re.compile(r"(\d+)(?:-(\d+))?")
#: "paragraph 7".
PARAGRAPH = re.compile(r"paragraph (\d+)(?:-(\d+))?")


class Mark(NamedTuple):
    """What stands where in the text of a part; the same as ``extraction.pieces.Mark``."""

    start: int
    end: int
    kind: str
    level: int = 0
    at: str = ""


class Text(NamedTuple):
    """A part, as far as cutting is concerned."""

    ordinal: int
    unit: PartUnit
    label: str
    text: str
    marks: Sequence[Sequence[Any]]


def place(
    part: Text, following: Text | None, marks: Sequence[Mark], start: int, end: int
) -> dict[str, Any]:
    """Say where a passage stands that touches these marks of a part, and runs on into another."""
    found: dict[str, Any] = {}
    if part.unit == PartUnit.PAGE:
        found["page"] = number(part)
        if following:
            found["page_to"] = number(following)
    elif part.unit == PartUnit.SLIDE:
        found["slide"] = number(part)
    elif part.unit == PartUnit.SHEET:
        found["sheet"] = part.label
    told = [mark for mark in marks if mark.at]
    if told:
        found |= _within(part.text, told, start, end)
    return found


def number(part: Text) -> int | str:
    """Return the number of a page or slide, or how it is called if that is no number."""
    if not part.label:
        return part.ordinal
    return int(part.label) if part.label.isascii() and part.label.isdigit() else part.label


def _within(text: str, marks: Sequence[Mark], start: int, end: int) -> dict[str, Any]:
    first = marks[0].at
    if CELLS.fullmatch(first):
        return {"range": cells([mark.at for mark in marks])}
    if LINES.fullmatch(first):
        spans = list(_lines(text, marks, start, end))
        return _span("lines", spans)
    spans = [_numbers(match) for mark in marks if (match := PARAGRAPH.fullmatch(mark.at))]
    # What stands in a cell is in no paragraph that is counted: then no number is the whole truth.
    return _span("paragraphs", spans) if len(spans) == len(marks) else {}


def _span(name: str, spans: Sequence[tuple[int, int]]) -> dict[str, Any]:
    if not spans:
        return {}
    return {name: [min(first for first, _ in spans), max(last for _, last in spans)]}


def _numbers(match: re.Match[str]) -> tuple[int, int]:
    return int(match[1]), int(match[2] or match[1])


def _lines(text: str, marks: Sequence[Mark], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Go through the lines of each mark that lie between ``start`` and ``end``.

    To the line, where the text has kept the lines as the file has them; else all of the mark's.
    """
    for mark in marks:
        match = LINES.fullmatch(mark.at)
        if match is None:
            continue
        first, last = _numbers(match)
        if text.count("\n", mark.start, mark.end) == last - first:
            last -= text.count("\n", min(end, mark.end), mark.end)
            first += text.count("\n", mark.start, max(start, mark.start))
        yield first, last


def cells(ranges: Sequence[str]) -> str:
    """Return the range that holds some: "A2:C2" and "A3:F3" lie in "A2:F3"."""
    found = [match.groups() for one in ranges if (match := CELLS.fullmatch(one))]
    columns = [column for left, _, right, _ in found for column in (left, right or left)]
    rows = [int(row) for _, top, _, bottom in found for row in (top, bottom or top)]
    by_width = sorted(set(columns), key=lambda column: (len(column), column))
    first, last = f"{by_width[0]}{min(rows)}", f"{by_width[-1]}{max(rows)}"
    return first if first == last else f"{first}:{last}"
