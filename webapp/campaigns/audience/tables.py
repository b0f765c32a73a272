"""Rows of a file of cells. A quotation mark that is never closed costs its own row and no other."""

import csv
from collections.abc import Iterator
from typing import NamedTuple

from webapp.campaigns.audience.lines import LINE_LENGTH, Layout, Rest, lines
from webapp.campaigns.audience.problems import Refused

#: A quotation mark that swallows more lines than a postal address has was never meant as one.
LINES_OF_A_ROW = 30
CELL_LENGTH = 5_000
MOST_CELLS = 500
SHOWN = 500  # characters of what is too long
UNCLOSED = (
    "A quotation mark in this row is never closed. Close it or take it out. "
    "The rows after it were read all the same."
)
TOO_LONG = f"A row may have {LINE_LENGTH:,} characters and {MOST_CELLS} cells, and a cell {CELL_LENGTH:,} characters."


class Row(NamedTuple):
    """A row of the file: its cells, the text it was read from, and why it cannot be used."""

    cells: list[str]
    text: str
    refused: Refused | None = None


def rows(parts: Iterator[bytes], layout: Layout) -> Iterator[Row]:
    """Go through the rows, from a byte on at which one begins. Empty lines are rows without cells."""
    feed = _Feed(lines(parts, layout))
    while not feed.ended:
        for cells in csv.reader(feed, delimiter=layout.delimiter):
            taken = feed.take()
            if _plain(taken) or _sound(taken, cells, layout.delimiter):
                yield _row(cells, taken, layout)
            else:  # what the quotation mark has swallowed is read again without it
                feed.give_back(taken[1:])
                yield _broken(taken[0], layout)
                break


class _Feed:
    """Hands lines to the reader of rows, remembers which, and takes some back."""

    def __init__(self, source: Iterator[str]) -> None:
        self.source = source
        self.waiting: list[str] = []
        self.taken: list[str] = []
        self.length = 0
        self.ended = False

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= LINES_OF_A_ROW or self.length > LINE_LENGTH:
            raise StopIteration  # the reader gives what it has, and it is seen that this is not whole
        line = self.waiting.pop() if self.waiting else next(self.source, None)
        if line is None:
            self.ended = True
            raise StopIteration
        self.taken.append(line)
        self.length += len(line)
        return "\n" if isinstance(line, Rest) else line.replace("\0", "")

    def take(self) -> list[str]:
        """Return the lines of the row that was read."""
        taken, self.taken, self.length = self.taken, [], 0
        return taken

    def give_back(self, again: list[str]) -> None:
        """Let these lines be read again."""
        self.waiting.extend(reversed(again))
        self.ended = self.ended and not again


def _plain(taken: list[str]) -> bool:
    return len(taken) == 1 and (isinstance(taken[0], Rest) or taken[0].count('"') % 2 == 0)


def _sound(taken: list[str], cells: list[str], delimiter: str) -> bool:
    """Say whether a row is one, and not several behind a mark that was never closed."""
    text = [line.replace("\0", "") for line in taken]
    try:
        return list(csv.reader(text, delimiter=delimiter, strict=True)) == [cells]
    except csv.Error:
        return False


def _row(cells: list[str], taken: list[str], layout: Layout) -> Row:
    text = "".join(taken)
    if not text.isascii():
        cells = [layout.mended(cell) for cell in cells]
    if not cells or _fits(cells, text):
        return Row(cells, text)
    return Row([cell[:SHOWN] for cell in cells[:50]], text, Refused("long", TOO_LONG))


def _fits(cells: list[str], text: str) -> bool:
    if len(text) <= CELL_LENGTH and len(cells) <= MOST_CELLS:
        return True
    short = len(text) <= LINE_LENGTH and len(cells) <= MOST_CELLS
    return short and all(len(cell) <= CELL_LENGTH for cell in cells)


def _broken(line: str, layout: Layout) -> Row:
    bare = layout.mended(line.replace("\0", "").rstrip("\r\n"))
    cells = [cell[:SHOWN] for cell in bare.split(layout.delimiter)[:50]]
    if len(line) > LINE_LENGTH:
        return Row(cells, line, Refused("long", TOO_LONG))
    return Row(cells, line, Refused("quote", UNCLOSED))
