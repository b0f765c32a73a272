"""Whether each passage stands where it says: asked of the parts, without the code that cut them."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from webapp.knowledge.models import PartUnit

PLACES = {
    "cells": re.compile(r"[A-Z]+(\d+)(?::[A-Z]+(\d+))?"),
    "lines": re.compile(r"(\d+)(?:-(\d+))?"),
    "paragraphs": re.compile(r"paragraph (\d+)(?:-(\d+))?"),
}


def untrue(parts: Sequence[Any], chunks: Sequence[Any]) -> list[str]:
    """Return a line for each thing that is not as a passage says; parts in order, from 1 on."""
    book = Book(parts)
    found = []
    for number, chunk in enumerate(chunks):
        for name, right in (
            ("text", book.stands_there(chunk)),
            ("page", book.is_on_its_pages(chunk)),
            ("range", book.is_in_its_cells(chunk)),
            ("headings", book.is_under_its_headings(chunk)),
            ("lines", book.is_in_its_lines(chunk)),
        ):
            if not right:
                found.append(f"{name} of passage {number}: {chunk.place} {chunk.text[:80]!r}")
    return found


class Book:
    """The parts of a reading, and what stands in which row, line and paragraph."""

    def __init__(self, parts: Sequence[Any]) -> None:
        self.parts = {part.ordinal: part for part in parts}
        #: Of each sheet (or ""), kind of place and number the words there.
        self.there: dict[tuple[str, str, int], set[str]] = defaultdict(set)
        #: Each heading: part, start, level, words.
        self.headings: list[tuple[int, int, int, str]] = []
        for part in parts:
            for start, end, kind, level, at in part.marks:
                words = part.text[start:end]
                if kind == "heading":
                    name = " ".join(words.split())[:200]
                    self.headings.append((part.ordinal, start, level, name))
                for place, pattern in PLACES.items():
                    if match := pattern.fullmatch(at):
                        for number in range(int(match[1]), int(match[2] or match[1]) + 1):
                            self.there[self._label(part), place, number] |= set(words.split())

    def _label(self, part: Any) -> str:
        return part.label if part.unit == PartUnit.SHEET else ""

    def stands_there(self, chunk: Any) -> bool:
        """What follows the repeated header is the text between start and end, to the letter."""
        first, last = self.parts[chunk.part_from], self.parts[chunk.part_to]
        text = chunk.text[chunk.prefix :]
        if first is last:
            return bool(text == first.text[chunk.start : chunk.end])
        there = first.text[chunk.start :] + "\n" + last.text[: chunk.end]
        return bool(last.ordinal == first.ordinal + 1 and text.split() == there.split())

    def is_on_its_pages(self, chunk: Any) -> bool:
        first, last = self.parts[chunk.part_from], self.parts[chunk.part_to]
        place = chunk.place
        if first.unit == PartUnit.PAGE:
            told = [str(place["page"]), str(place.get("page_to", place["page"]))]
            return told == [first.label or str(first.ordinal), last.label or str(last.ordinal)]
        if first.unit == PartUnit.SLIDE:
            return str(place["slide"]) == (first.label or str(first.ordinal))
        if first.unit == PartUnit.SHEET:
            return bool(place["sheet"] == first.label)
        return not {"page", "slide", "sheet"} & set(place)

    def is_in_its_cells(self, chunk: Any) -> bool:
        """The rows of the range, and of the header's, hold all its words."""
        if "range" not in chunk.place:
            return True
        label, there = self._label(self.parts[chunk.part_from]), set()
        for name in {"range", "header"} & set(chunk.place):
            match = PLACES["cells"].fullmatch(chunk.place[name])
            assert match
            for number in range(int(match[1]), int(match[2] or match[1]) + 1):
                there |= self.there[label, "cells", number]
        return self._hold(there, chunk)

    def is_in_its_lines(self, chunk: Any) -> bool:
        """The lines or paragraphs of the place, and its header, hold all its words."""
        for place in {"lines", "paragraphs"} & set(chunk.place):
            first, last = chunk.place[place]
            there = set(chunk.text[: chunk.prefix].split())
            for number in range(first, last + 1):
                there |= self.there["", place, number]
            if not self._hold(there, chunk):
                return False
        return True

    def _hold(self, there: set[str], chunk: Any) -> bool:
        """Say whether all words of a passage are there, or begin or end one that was too long."""
        there |= {word for name in chunk.place.get("headings", []) for word in name.split()}
        missing = set(chunk.text.split()) - there
        return all(any(word in one for one in there) for word in missing)

    def is_under_its_headings(self, chunk: Any) -> bool:
        """Above its end, and within its sheet or slide, the last headings are those that it names."""
        part = self.parts[chunk.part_from]
        alone = part.unit in {PartUnit.SHEET, PartUnit.SLIDE}
        above: list[tuple[int, str]] = []
        for ordinal, start, level, name in self.headings:
            if ordinal > part.ordinal or (ordinal == part.ordinal and start >= chunk.end):
                break
            other = self.parts[ordinal]
            if alone and (other.label, other.unit) != (part.label, part.unit):
                continue
            above = [one for one in above if one[0] < level] + [(level, name)]
        return [name for _, name in above] == chunk.place.get("headings", [])
