"""What tables of every kind have in common: how a row is written, and which one names the columns."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from extraction.composing import Block

BETWEEN = " | "
#: Among so many rows at the top the one that names the columns is looked for.
TOP = 20
NUMBER = re.compile(r"[-+]?[\d.,'’\s]*\d[\d.,\s]*\s?[%€$£]?|\d{4}-\d\d-\d\d.*|TRUE|FALSE")


class Row(NamedTuple):
    """The cells of a row as people see them, none at the end empty, and where it is."""

    cells: Sequence[str]
    at: str = ""


def written(cells: Sequence[str]) -> str:
    """Return a row as one line."""
    line = BETWEEN.join(cells)
    # str.splitlines knows the same line ends; what is printable has none of them.
    return line if line.isprintable() else " ".join(line.split())


def blocks(rows: Iterable[Row]) -> Iterator[Block]:
    """Yield the rows of one table, with its header told apart where it has one."""
    left = iter(rows)
    top = list(islice(left, TOP))
    header = header_of([row.cells for row in top])
    for number, row in enumerate(chain(top, left)):
        kind = "table" if number == header else "row"
        yield Block(written(row.cells), kind, 0, row.at, number == 0)


def header_of(top: Sequence[Sequence[str]]) -> int | None:
    """Return which of the first rows names the columns; None when none seems to.

    It is the first that fills most columns, with words that differ from each other and are no
    numbers, and is followed by another row.
    """
    width = max((_filled(cells) for cells in top), default=0)
    for number, cells in enumerate(top[: TOP // 2]):
        if _filled(cells) >= max(2, width * 0.6):
            follows = number + 1 < len(top)
            return number if follows and _names(cells) else None
    return None


def _filled(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if cell)


def _names(cells: Sequence[str]) -> bool:
    words = [cell for cell in cells if cell]
    return (
        len(set(words)) >= len(words) * 0.8
        and all(len(word) <= 100 for word in words)
        and not any(NUMBER.fullmatch(word) for word in words if len(word) < 40)
    )
