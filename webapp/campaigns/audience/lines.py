"""Lines of a text file, read in parts: of whatever encoding, and with the bytes each of them has."""

import codecs
import io
from collections.abc import Iterator
from typing import NamedTuple

#: Characters of a line that are held in memory; also the length of a row.
LINE_LENGTH = 60_000


class Layout(NamedTuple):
    """How a file is written."""

    encoding: str
    delimiter: str

    @property
    def errors(self) -> str:
        """What carries along the bytes that the encoding does not know, so that they can be counted again."""
        return "surrogatepass" if self.encoding.startswith("utf-16") else "surrogateescape"

    def size(self, text: str) -> int:
        """Return the bytes that a text of the file has in it."""
        return len(text.encode(self.encoding, self.errors))

    def mended(self, text: str) -> str:
        """Return the text with what was wrongly written in the file read as well as can be.

        A file that is UTF-8 but for a few rows has those from an older program.
        """
        if text.isascii():
            return text
        try:
            text.encode()
        except UnicodeEncodeError:
            raw = text.encode(self.encoding, self.errors)
            other = self.encoding if self.encoding.startswith("utf-16") else "cp1252"
            return raw.decode(other, "replace")
        return text


class Rest(str):
    """What follows in a line that is far too long; nothing is read from it."""

    __slots__ = ()


def lines(parts: Iterator[bytes], layout: Layout) -> Iterator[str]:
    """Go through the lines with their ends, from a byte on at which one begins."""
    rest, too_long = "", False
    for text in _texts(parts, layout):
        found = list(io.StringIO(rest + text, newline=""))
        whole = found and found[-1].endswith("\n")
        rest = "" if whole or not found else found.pop()
        for line in found:
            yield Rest(line) if too_long else line
            too_long = False
        while len(rest) > LINE_LENGTH:
            piece, rest = rest[: LINE_LENGTH + 1], rest[LINE_LENGTH + 1 :]
            yield Rest(piece) if too_long else piece
            too_long = True
    for line in io.StringIO(rest, newline=""):
        yield Rest(line) if too_long else line
        too_long = False


def _texts(parts: Iterator[bytes], layout: Layout) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(layout.encoding)(layout.errors)
    for part in parts:
        yield decoder.decode(part)
    try:
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError:  # half a character at the end of UTF-16
        return
