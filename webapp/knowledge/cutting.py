"""A text is cut into passages: along its headings and rows first, and then between sentences.

Pure: it knows neither the database nor who asks. The same parts give the same passages wherever
the work was interrupted, since all that one part has to know of those before it is a ``Carry``.

What holds for every passage:

- It is the text from ``start`` in its first part to ``end`` in its last one, except that a passage
  of a table which does not begin with the header row repeats it in front: so
  ``text[prefix:]`` is what stands at its place, and ``text[:prefix]`` is the row at
  ``place["header"]``.
- It never crosses a heading, a table, a sheet or a slide; it crosses from one page to the next
  only to finish a sentence, and then that sentence's end also begins the passage after it.
- A row is whole, unless it is longer than a passage may be; so is a sentence, and a word.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, Self

from webapp.knowledge import placing, sentences
from webapp.knowledge.models import PartUnit
from webapp.knowledge.placing import Mark, Text
from webapp.knowledge.sentences import Size

#: Grows with each change of this module, or of the reader of files, that makes other passages of the same text.
VERSION = 1
#: A header row is repeated when it leaves at least this share of a passage to the rows.
HEADER_SHARE = 0.5
#: Headings lead what follows them when they leave at least as much of a passage to that.
HEADING_SHARE = 0.5
#: A heading's words are kept in the place of all that stands under it: so far.
HEADING_LENGTH = 200


class Passage(NamedTuple):
    """A piece of text and where it stands; the fields are those of a ``Chunk``."""

    text: str
    prefix: int
    part_from: int
    part_to: int
    start: int
    end: int
    place: dict[str, Any]


@dataclass(slots=True)
class Carry:
    """What a part has to know of those before it; as JSON it is stored with the reading."""

    #: The headings under which the text stands, outermost first: level and words.
    path: list[list[Any]] = field(default_factory=list)
    #: The header row of the table that may go on in the next part: its words and its place.
    header: list[str] | None = None
    #: Of which sheet that is.
    label: str = ""

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """Return what was stored."""
        return cls(stored.get("path", []), stored.get("header"), stored.get("label", ""))

    def stored(self) -> dict[str, Any]:
        """Return what is to be stored."""
        return asdict(self)

    def under(self, level: int, words: str) -> None:
        """Go on below a heading."""
        self.path = [one for one in self.path if one[0] < level] + [[level, words[:HEADING_LENGTH]]]


KINDS = {"heading": "heading", "table": "table", "row": "table"}


class Block(NamedTuple):
    """A stretch of a part that is all of one kind: "heading", "table" or "text"."""

    kind: str
    marks: list[Mark]
    start: int
    end: int


def cut(part: Text, following: Text | None, carry: Carry, size: Size) -> Iterator[Passage]:
    """Go through the passages that begin in a part; then ``carry`` is what the next one needs.

    ``following`` is the part after it, into which its last sentence may run.
    """
    marks = [Mark(*mark) for mark in part.marks]
    _enter(part, carry)
    page = _Page(part, marks, carry, size)
    blocks = list(_blocks(part.text, marks))
    for number, block in enumerate(blocks):
        if block.kind == "heading":
            yield from page.heading(block)
        elif block.kind == "table":
            yield from page.table(block, goes_on=number == 0)
        else:
            yield from page.running(block, following if block is blocks[-1] else None)
    yield from page.only_headings()
    if not blocks or blocks[-1].kind != "table":
        carry.header = None


def _enter(part: Text, carry: Carry) -> None:
    """Forget what does not reach into this part."""
    same_sheet = part.unit == PartUnit.SHEET and part.label == carry.label
    if part.unit in {PartUnit.SHEET, PartUnit.SLIDE} and not same_sheet:
        carry.path, carry.header = [], None
    carry.label = part.label if part.unit == PartUnit.SHEET else ""


def _segments(text: str, marks: Sequence[Mark]) -> Iterator[tuple[str, Mark | None, int, int]]:
    """Go through a part's marks and what lies between them: kind, mark, start and end."""
    reached = 0
    for mark in marks:
        if text[reached : mark.start].strip():
            yield "text", None, reached, mark.start
        yield KINDS.get(mark.kind, "text"), mark, mark.start, mark.end
        reached = mark.end
    if text[reached:].strip():
        yield "text", None, reached, len(text)


def _blocks(text: str, marks: Sequence[Mark]) -> Iterator[Block]:
    """Go through what a part consists of; each heading is a block, and so is each table."""
    block: Block | None = None
    for kind, mark, start, end in _segments(text, marks):
        found = [mark] if mark else []
        begins = kind == "heading" or (mark is not None and mark.kind == "table")
        if block and block.kind == kind and not begins:
            block.marks.extend(found)
            block = block._replace(end=end)
            continue
        if block:
            yield block
        block = Block(kind, found, start, end)
    if block:
        yield block


@dataclass(slots=True)
class _Page:
    """A part that is being cut."""

    part: Text
    marks: list[Mark]
    carry: Carry
    size: Size
    #: Headings that nothing has followed yet: each deeper than the one before.
    headings: list[Mark] = field(default_factory=list)

    def heading(self, block: Block) -> Iterator[Passage]:
        mark = block.marks[0]
        long = mark.end - self.begins(block) > self.size.characters * HEADING_SHARE
        if long or (self.headings and mark.level <= self.headings[-1].level):
            yield from self.only_headings()
        self.carry.under(mark.level, " ".join(self.part.text[mark.start : mark.end].split()))
        if mark.end - mark.start > self.size.characters * HEADING_SHARE:
            yield from self.running(block, None)
        else:
            self.headings.append(mark)

    def only_headings(self) -> Iterator[Passage]:
        """Give headings under which nothing stands, so that they are found too."""
        if self.headings:
            yield self.passage(self.headings[0].start, self.headings[-1].end)
            self.headings = []

    def begins(self, block: Block) -> int:
        """Return where a block begins with the headings that lead it."""
        return self.headings[0].start if self.headings else block.start

    def led(self, block: Block) -> int:
        """Return the same, and let the headings lead nothing else."""
        start, self.headings = self.begins(block), []
        return start

    def running(self, block: Block, following: Text | None) -> Iterator[Passage]:
        start = self.led(block)
        text = self.part.text[start : block.end]
        spans = sentences.split(text, self.size, head=block.start - start)
        for number, (begin, end) in enumerate(spans, 1):
            last = number == len(spans)
            yield self.passage(start + begin, start + end, following=following if last else None)

    def table(self, block: Block, *, goes_on: bool) -> Iterator[Passage]:
        start, rows = self.led(block), block.marks
        prefix = self._header(rows[0], goes_on=goes_on)
        if rows[0].kind == "table":
            room, lead = self.size.characters, ""
        else:
            room, lead = self.size.characters - len(prefix), prefix
        first, last = start, start
        for row in rows:
            if last > first and row.end - first > room:
                yield from self._rows(first, last, room, lead)
                room, lead, first = self.size.characters - len(prefix), prefix, row.start
            last = row.end
        yield from self._rows(first, last, room, lead)

    def _header(self, first: Mark, *, goes_on: bool) -> str:
        """Return what is put before the rows of a table, and remember it for the next part."""
        if first.kind == "table":
            words = self.part.text[first.start : first.end]
            short = len(words) < self.size.characters * HEADER_SHARE
            self.carry.header = [words, first.at] if short else None
        elif not goes_on:
            self.carry.header = None
        return f"{self.carry.header[0]}\n" if self.carry.header else ""

    def _rows(self, start: int, end: int, room: int, lead: str) -> Iterator[Passage]:
        """Give some rows as one passage, or in pieces when it is a single one that is too long."""
        if end - start <= room:
            yield self.passage(start, end, lead)
            return
        for begin, stop in sentences.split(self.part.text[start:end], Size(room, 0)):
            yield self.passage(start + begin, start + stop, lead)

    def passage(
        self, start: int, end: int, lead: str = "", *, following: Text | None = None
    ) -> Passage:
        part, rest = self.part, 0
        text = lead + part.text[start:end]
        if following and (rest := sentences.rest(part, following)):
            text = f"{text}\n{following.text[:rest].strip()}"
        first = bisect_right(self.marks, start, key=lambda mark: mark.end)
        last = bisect_left(self.marks, end, key=lambda mark: mark.start)
        place = placing.place(part, following if rest else None, self.marks[first:last], start, end)
        if lead and self.carry.header and self.carry.header[1]:
            place["header"] = self.carry.header[1]
        if self.carry.path:
            place["headings"] = [words for _, words in self.carry.path]
        to, stop = (following.ordinal, rest) if following and rest else (part.ordinal, end)
        return Passage(text, len(lead), part.ordinal, to, start, stop, place)
