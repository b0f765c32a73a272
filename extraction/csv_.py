"""Tables as text: the delimiter by a vote over whole records, rows with the lines where they stand."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import BinaryIO

from extraction.cleaning import clean
from extraction.composing import Composer
from extraction.encodings import opened
from extraction.limits import Hints, Limits
from extraction.pieces import Begin, End, Piece, Refused
from extraction.rows import Row, blocks

FIELD = 1_000_000  # characters
#: In the order in which one is taken when several divide a file equally well: a comma is also
#: a decimal point, and text is full of it.
DELIMITERS = "\t;|,"
#: What the line "sep=;" may name, with which Excel says it.
DECLARED = tuple(DELIMITERS + ":^~#")
LOOKED_AT = 100  # records
#: A quotation mark that is not closed within this is no quotation mark.
QUOTED_LINES = 1_000
#: After so many of them in a file, none of its quotation marks is one.
STRAY = 20


def read(file: BinaryIO, limits: Limits, hints: Hints) -> Iterator[Begin | Piece | End]:
    """Yield stretches of rows; the marks hold the lines of each, as an editor counts them."""
    csv.field_size_limit(FIELD)
    lines = opened(file, hints.encoding)
    top = list(islice(lines, LOOKED_AT))
    delimiter, skipped = delimiter_of(top, hints.name)
    about = {"encoding": lines.encoding, "delimiter": delimiter}
    yield Begin("csv", about=about)
    feed = Feed(chain(top, lines))
    for _ in range(skipped):
        next(feed)
        feed.begin()
    composer = Composer("section", limits, hints, size=100_000)
    yield from composer.pieces(blocks(records(feed, delimiter)))
    if not composer.number:
        raise Refused("nothing_to_read")
    yield End()


class Unclosed(Exception):
    """A quotation mark that seems to have no second one."""


class Feed:
    """The lines of a file, some of which may be put back, and how many were taken."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = iter(lines)
        self.back: list[str] = []
        self.taken: list[str] = []
        self.length = 0
        self.ended = False
        #: Lines before those taken.
        self.before = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.back.pop() if self.back else next(self.lines, None)
        if line is None:
            self.ended = True
            raise StopIteration
        self.taken.append(line)
        self.length += len(line)
        if len(self.taken) > 1 and (len(self.taken) > QUOTED_LINES or self.length > FIELD):
            raise Unclosed
        return line

    def begin(self) -> None:
        """Note that a record ended with the line taken last."""
        self.before += len(self.taken)
        self.taken = []
        self.length = 0

    def put_back(self) -> str:
        """Put back all that was taken but the first line, and return that."""
        first = self.taken[0]
        self.back.extend(reversed(self.taken[1:]))
        self.taken = [first]
        self.ended = False
        return first

    def at(self) -> str:
        """Return the numbers of the lines taken."""
        first, last = self.before + 1, self.before + len(self.taken)
        return str(first) if first == last else f"{first}-{last}"


def records(feed: Feed, delimiter: str) -> Iterator[Row]:
    """Yield the rows that hold something. Raises Refused when a field is too long."""
    quoted = csv.reader(feed, delimiter=delimiter, skipinitialspace=delimiter != "\t")
    plain = csv.reader(feed, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    stray = 0
    while True:
        try:
            cells = next(quoted if stray < STRAY else plain)
            if feed.ended and len(feed.taken) > 1 and _odd(feed.taken):
                raise Unclosed
        except StopIteration:
            return
        except Unclosed:
            stray += 1
            cells = feed.put_back().rstrip("\r\n").split(delimiter)
        except csv.Error:
            raise Refused("too_long", limit=FIELD, line=feed.before + 1) from None
        while cells and not cells[-1].strip():
            cells.pop()
        if cells:
            yield Row([cell if cell.isprintable() else shown(cell) for cell in cells], feed.at())
        feed.begin()


def _odd(lines: list[str]) -> bool:
    return sum(line.count('"') for line in lines) % 2 == 1


def shown(cell: str) -> str:
    """Return a cell on one line."""
    return " ".join(clean(cell).split())


def delimiter_of(top: list[str], name: str) -> tuple[str, int]:
    """Return the delimiter, and how many lines at the top only say which it is.

    Each candidate reads the first records; the one with which most of them have the same number
    of fields, and more than one, wins.
    """
    if top and top[0].lower().startswith("sep=") and top[0][4:5] in DECLARED:
        return top[0][4], 1
    if name.lower().endswith((".tsv", ".tab")) and any("\t" in line for line in top):
        return "\t", 0
    # What follows a closing quotation mark is the delimiter, unless the writer was careless.
    for strict in (True, False):
        votes = {one: _agreement(top, one, strict=strict) for one in DELIMITERS}
        if best := max(votes.values()):
            return next(one for one in DELIMITERS if votes[one] >= best - 0.05), 0
    return ",", 0


def _agreement(top: list[str], delimiter: str, *, strict: bool) -> float:
    """Return which share of the records has the commonest number of fields, if that is over one."""
    widths: Counter[int] = Counter()
    reader = csv.reader(iter(top), delimiter=delimiter, strict=strict)
    try:
        widths.update(len(cells) for cells in reader if any(cells))
    except csv.Error:
        return 0.0
    if not widths:
        return 0.0
    width, often = widths.most_common(1)[0]
    return often / widths.total() if width > 1 else 0.0
