"""Plain text: paragraphs, and the lines at which they stand."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from extraction.composing import Block, Composer, parts_of
from extraction.encodings import opened
from extraction.limits import Hints, Limits
from extraction.pieces import Begin, End, Piece, Refused

#: A paragraph longer than this is cut at line ends; one line longer than this, inside it.
LONGEST = 4_000


def read(file: BinaryIO, limits: Limits, hints: Hints) -> Iterator[Begin | Piece | End]:
    """Yield sections of whole paragraphs; their marks say from which line to which."""
    lines = opened(file, hints.encoding)
    yield Begin("txt", about={"encoding": lines.encoding})
    composer = Composer("section", limits, hints)
    yield from composer.pieces(paragraphs(lines))
    if not composer.number:
        raise Refused("nothing_to_read")
    yield End()


def paragraphs(lines: Iterable[str]) -> Iterator[Block]:
    """Yield what stands between blank lines."""
    held: list[str] = []
    length = 0
    number = 0
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip()
        if len(line) > LONGEST:
            yield from _block(held, number - 1)
            held, length = [], 0
            for part in parts_of(line, LONGEST):
                yield Block(part, at=str(number))
            continue
        if not line or length + len(line) > LONGEST:
            yield from _block(held, number - 1)
            held, length = [], 0
        if line:
            held.append(line)
            length += len(line) + 1
    yield from _block(held, number)


def _block(held: list[str], last: int) -> Iterator[Block]:
    if held:
        first = last - len(held) + 1
        yield Block("\n".join(held), at=str(last) if first == last else f"{first}-{last}")
