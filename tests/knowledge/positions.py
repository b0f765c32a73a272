"""Whether each passage stands where it says: asked of the parts, without the code that cut them."""

import re
from collections.abc import Sequence
from typing import Any

from webapp.knowledge.models import PartUnit

CELLS = re.compile(r"([A-Z]+)(\d+)(?::([A-Z]+)(\d+))?")


def words(text: str) -> set[str]:
    return set(text.split())


def untrue(parts: Sequence[Any], chunks: Sequence[Any]) -> list[str]:
    """Return a line for each thing that is not as a passage says; parts in order, from 1 on."""
    by_ordinal = {part.ordinal: part for part in parts}
    found = []
    for number, chunk in enumerate(chunks):
        first, last = by_ordinal[chunk.part_from], by_ordinal[chunk.part_to]
        for name, right in (
            ("text", _stands_there(first, last, chunk)),
            ("page", _on_its_pages(first, last, chunk)),
            ("range", _in_its_cells(parts, chunk)),
            ("headings", _under_its_headings(parts, first, chunk)),
            ("lines", _in_its_lines(parts, chunk)),
        ):
            if not right:
                found.append(f"{name} of passage {number}: {chunk.place} {chunk.text[:80]!r}")
    return found


def _stands_there(first: Any, last: Any, chunk: Any) -> bool:
    """What follows the repeated header is the text between start and end, to the letter."""
    text = chunk.text[chunk.prefix :]
    if first is last:
        return bool(text == first.text[chunk.start : chunk.end])
    there = first.text[chunk.start :] + "\n" + last.text[: chunk.end]
    return bool(last.ordinal == first.ordinal + 1 and text.split() == there.split())


def _on_its_pages(first: Any, last: Any, chunk: Any) -> bool:
    place = chunk.place
    if first.unit == PartUnit.PAGE:
        pages = {str(place["page"]), str(place.get("page_to", place["page"]))}
        return pages == {first.label or str(first.ordinal), last.label or str(last.ordinal)}
    if first.unit == PartUnit.SLIDE:
        return str(place["slide"]) == (first.label or str(first.ordinal))
    if first.unit == PartUnit.SHEET:
        return bool(place["sheet"] == first.label)
    return not {"page", "slide", "sheet"} & set(place)


def _in_its_cells(parts: Sequence[Any], chunk: Any) -> bool:
    """The cells of the range, and of the header's, hold all its words."""
    if "range" not in chunk.place:
        return True
    sheet = [part for part in parts if part.label == chunk.place.get("sheet", part.label)]
    there = set()
    for part in sheet:
        for start, end, kind, _level, at in part.marks:
            if kind == "heading" or any(
                _inside(at, chunk.place[name])
                for name in ("range", "header")
                if name in chunk.place
            ):
                there |= words(part.text[start:end])
    return words(chunk.text) <= there or len(chunk.text.split()) == 1


def _inside(at: str, area: str) -> bool:
    one, whole = CELLS.fullmatch(at), CELLS.fullmatch(area)
    if one is None or whole is None:
        return False
    return int(whole[2]) <= int(one[2]) and int(one[4] or one[2]) <= int(whole[4] or whole[2])


def _under_its_headings(parts: Sequence[Any], first: Any, chunk: Any) -> bool:
    """Between its first word and the heading that it names last there is no other heading."""
    path = chunk.place.get("headings", [])
    above: list[tuple[int, str]] = []
    for part in parts:
        if part.ordinal > first.ordinal:
            break
        if part.unit in {PartUnit.SHEET, PartUnit.SLIDE}:
            above = []
        for start, end, kind, level, _at in part.marks:
            inside = part is first and start >= chunk.end
            if kind == "heading" and not inside:
                name = " ".join(part.text[start:end].split())[:200]
                above = [one for one in above if one[0] < level] + [(level, name)]
    return bool([name for _, name in above] == path)


def _in_its_lines(parts: Sequence[Any], chunk: Any) -> bool:
    """The marks whose lines or paragraphs touch those of the place hold all its words."""
    for name, pattern in (
        ("lines", r"(\d+)(?:-(\d+))?"),
        ("paragraphs", r"paragraph (\d+)(?:-(\d+))?"),
    ):
        if name not in chunk.place:
            continue
        first, last = chunk.place[name]
        there: set[str] = set()
        for part in parts:
            for start, end, kind, _level, at in part.marks:
                match = re.fullmatch(pattern, at)
                touches = match and int(match[1]) <= last and int(match[2] or match[1]) >= first
                if kind == "heading" or kind == "table" or touches:
                    there |= words(part.text[start:end])
        if not all(any(word in one for one in there) for word in words(chunk.text)):
            return False
    return True
