"""Puts what a reader finds, block by block, together to pieces of a handy size."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from extraction.cleaning import clean
from extraction.limits import Hints, Limits
from extraction.pieces import Mark, Piece, Refused

TABLE = ("table", "row")


class Block(NamedTuple):
    """A paragraph, heading, list item or row, and where it is."""

    text: str
    kind: str = "text"
    level: int = 0
    at: str = ""
    #: The first of its table or list, although the block before it is of the same kind.
    first: bool = False


class Composer:
    """Makes pieces of blocks, and counts them, their characters and rows for the whole file.

    A piece ends where the next block would make it longer than ``size`` characters or ``rows``
    rows, or at a heading when it is half full; a heading never ends one. The header of a table
    stands where it is in the file, once; whoever cuts the pieces says it again where it is needed.
    """

    def __init__(
        self, unit: str, limits: Limits, hints: Hints, *, size: int = 8_000, rows: int = 500
    ) -> None:
        self.unit = unit
        self.limits = limits
        self.start = hints.start
        self.size = size
        self.rows = rows
        self.number = 0
        self.characters = 0
        self.rows_read = 0

    def pieces(self, blocks: Iterable[Block], label: str = "") -> Iterator[Piece]:
        """Yield the pieces of one sheet or text; raises Refused when the file is too long."""
        held: list[Block] = []
        length = rows = 0
        for block in _whole(blocks, self.size):
            if held and self._full(held, length, rows, block):
                kept = _trailing_headings(held)
                yield from self._piece(held, label)
                held = kept
                length, rows = sum(len(one.text) for one in held), 0
            rows += block.kind in TABLE
            held.append(block)
            length += len(block.text) + 1
        yield from self._piece(held, label)

    def _full(self, held: list[Block], length: int, rows: int, block: Block) -> bool:
        if block.kind == "heading":
            return length >= self.size // 2 and held[-1].kind != "heading"
        return length + len(block.text) > self.size or rows >= self.rows

    def _piece(self, held: list[Block], label: str) -> Iterator[Piece]:
        if not held:
            return
        self.number += 1
        piece = composed(held, self.number, self.unit, label)
        self.characters += len(piece.text)
        self.rows_read += sum(1 for block in held if block.kind in TABLE)
        if self.characters > self.limits.characters:
            raise Refused("too_long", limit=self.limits.characters)
        if self.rows_read > self.limits.rows:
            raise Refused("too_many_rows", limit=self.limits.rows)
        if self.number > self.start:
            yield piece


def composed(held: list[Block], number: int, unit: str, label: str) -> Piece:
    """Return one piece: rows and list items on lines of their own, the rest parted by blank lines."""
    parts: list[str] = []
    marks: list[Mark] = []
    position = 0
    before: Block | None = None
    for block in held:
        if before is not None:
            between = "\n" if _joined(before, block) else "\n\n"
            parts.append(between)
            position += len(between)
        end = position + len(block.text)
        parts.append(block.text)
        marks.append(Mark(position, end, block.kind, block.level, block.at))
        position = end
        before = block
    return Piece(number, unit, label[:200], "".join(parts), marks)


def _joined(before: Block, block: Block) -> bool:
    if block.first:
        return False
    if block.kind == "row":
        return before.kind in TABLE
    return block.kind == "list" == before.kind


def _trailing_headings(held: list[Block]) -> list[Block]:
    """Take the headings off the end, unless nothing else is there."""
    at = len(held)
    while at and held[at - 1].kind == "heading":
        at -= 1
    if not at:
        return []
    kept = held[at:]
    del held[at:]
    return kept


def _whole(blocks: Iterable[Block], size: int) -> Iterator[Block]:
    """Yield clean blocks that hold something, those longer than ``size`` in parts."""
    for block in blocks:
        text = block.text if block.text.isprintable() else clean(block.text)
        if block.kind in TABLE and "\n" in text:
            text = " ".join(text.split("\n"))
        if not text.strip():
            continue
        if block.kind == "heading":
            text = " ".join(text.split())
        if len(text) <= size:
            yield block if text is block.text else block._replace(text=text)
            continue
        again = "row" if block.kind == "table" else block.kind
        for number, part in enumerate(parts_of(text, size)):
            yield block._replace(text=part, kind=again if number else block.kind)


def parts_of(text: str, size: int) -> Iterator[str]:
    """Cut a text at line ends, else after sentences, else at spaces, else anywhere."""
    position = 0
    while len(text) - position > size:
        part = text[position : position + size]
        cut = max(part.rfind("\n"), part.rfind(". "), part.rfind("。"), part.rfind("! ")) + 1
        if cut < size // 2:
            cut = part.rfind(" ", size // 2) + 1 or size
        if part[:cut].strip():
            yield part[:cut].strip()
        position += cut
    if text[position:].strip():
        yield text[position:].strip()
