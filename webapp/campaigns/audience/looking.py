"""How a file is written: its encoding, the sign between its cells, its first rows."""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from charset_normalizer import from_bytes

from webapp.campaigns.audience.lines import Layout
from webapp.campaigns.audience.tables import rows

HEAD = 256 * 1024  # bytes of the beginning that are looked at closely
FEW = 12
ODD = 64 * 1024  # bytes around what is not ASCII, from which an old encoding is guessed
SAMPLE_ROWS = 20
SAMPLE_CELL = 200
DELIMITERS = ",;\t|"
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: One byte for a character: any of them can be counted, and read on from any byte.
OLD = ("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "mac_roman")
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16 (Unicode text)",
    "utf-16-be": "UTF-16, big-endian",
    "cp1252": "Western European (Windows-1252)",
    "cp1250": "Central European (Windows-1250)",
    "cp1251": "Cyrillic (Windows-1251)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1257": "Baltic (Windows-1257)",
    "mac_roman": "Western European (Macintosh)",
}
SAVE_AS_CSV = "Open it there, save it as “CSV UTF-8”, and upload that file."
#: What binary files begin with, and what to say of them.
BINARY = (
    (b"PK\x03\x04", "This is an Excel file or another packed file, and not a CSV file.", SAVE_AS_CSV),
    (b"\xd0\xcf\x11\xe0", "This is an old Excel file, and not a CSV file.", SAVE_AS_CSV),
    (b"%PDF", "This is a PDF file, and not a CSV file.", "Ask for the list as a CSV file."),
    (b"\x89PNG", "This is a picture, and not a CSV file.", "Choose the list itself."),
    (b"\xff\xd8\xff", "This is a picture, and not a CSV file.", "Choose the list itself."),
    (b"GIF8", "This is a picture, and not a CSV file.", "Choose the list itself."),
    (b"\x1f\x8b", "This file is packed.", "Unpack it, and upload the CSV file that is in it."),
    (b"Rar!", "This file is packed.", "Unpack it, and upload the CSV file that is in it."),
    (b"7z\xbc\xaf", "This file is packed.", "Unpack it, and upload the CSV file that is in it."),
)  # fmt: skip


class NotATable(Exception):
    """Nothing can be read from the file; the text says why, ``advice`` what to do."""

    def __init__(self, sentence: str, advice: str) -> None:
        super().__init__(sentence)
        self.advice = advice


@dataclass(slots=True)
class Look:
    """What was seen of a file."""

    layout: Layout
    #: Bytes of the mark at its beginning.
    mark: int
    lines: int
    sample: list[list[str]]


@dataclass(slots=True)
class _Seen:
    """What one way through the whole file tells."""

    head: bytearray = field(default_factory=bytearray)
    odd: bytearray = field(default_factory=bytearray)
    size: int = 0
    breaks: int = 0
    returns: int = 0
    utf8: bool = True


def look(
    parts: Iterator[bytes], *, encoding: str | None = None, delimiter: str | None = None
) -> Look:
    """Go once through a file and say how it is written, unless a person has said it.

    Raises NotATable for what is no text, or has no row.
    """
    seen = _through(parts)
    head = bytes(seen.head)
    _refuse_binary(head)
    mark, marked = next(((m, e) for m, e in MARKS if head.startswith(m)), (b"", None))
    encoding = encoding or marked or _encoding(seen)
    if marked != encoding:
        mark = b""
    body = head[len(mark) :]
    wide = 2 if encoding.startswith("utf-16") else 1
    text = body[: len(body) // wide * wide].decode(encoding, "replace")
    _refuse_noise(text)
    layout = Layout(encoding, delimiter or _delimiter(text))
    sample = _sample(body, layout)
    if not sample:
        raise NotATable("There is no row in this file.", "Choose the list itself.")
    lines = (seen.breaks or seen.returns) + 1
    return Look(layout, len(mark), lines, sample)


def _through(parts: Iterator[bytes]) -> _Seen:
    seen, decoder = _Seen(), codecs.getincrementaldecoder("utf-8")()
    for part in parts:
        seen.size += len(part)
        seen.breaks += part.count(b"\n")
        seen.returns += part.count(b"\r")
        if len(seen.head) < HEAD:
            seen.head += part[: HEAD - len(seen.head)]
        if len(seen.odd) < ODD and not part.isascii():
            seen.odd += _odd(part)[: ODD - len(seen.odd)]
        seen.utf8 = seen.utf8 and _decodes(decoder, part)
    seen.utf8 = seen.utf8 and _decodes(decoder, b"", final=True)
    return seen


def _decodes(decoder: codecs.IncrementalDecoder, part: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(part, final)
    except UnicodeDecodeError:
        return False
    return True


def _odd(part: bytes) -> bytes:
    """Return the lines that are not ASCII, of which there may be few."""
    return b"\n".join(islice((line for line in part.split(b"\n") if not line.isascii()), 500))


def _refuse_binary(head: bytes) -> None:
    if not head.strip(b" \t\r\n\0"):
        raise NotATable("This file is empty.", "Choose the file with the list.")
    for begin, sentence, advice in BINARY:
        if head.startswith(begin):
            raise NotATable(sentence, advice)


def _refuse_noise(text: str) -> None:
    begin = text[:20_000]
    noise = sum(sign < " " and sign not in "\t\r\n\0\x0b\x0c" for sign in begin)
    if noise > len(begin) / 50 or begin.count("\0") > len(begin) / 10:
        raise NotATable("This is not a text file, so there are no rows in it.", SAVE_AS_CSV)


def _encoding(seen: _Seen) -> str:
    """Guess the encoding of a file without a mark."""
    head = bytes(seen.head)
    even, odd = head[0:4096:2].count(0), head[1:4096:2].count(0)
    pairs = min(len(head), 4096) / 2
    if odd > pairs * 0.2 and even < pairs * 0.1:
        return "utf-16-le"
    if even > pairs * 0.2 and odd < pairs * 0.1:
        return "utf-16-be"
    if seen.utf8:
        return "utf-8"
    return _old_encoding(bytes(seen.odd))


def _old_encoding(raw: bytes) -> str:
    """Guess among those of one byte for a character; a few bytes prove nothing against the commonest."""
    best = from_bytes(raw, cp_isolation=list(OLD)).best()
    if best is None or sum(byte > 127 for byte in raw) < FEW:
        return "cp1252"
    same = str(best) == raw.decode("cp1252", "replace")
    return "cp1252" if same or best.encoding not in OLD else best.encoding


def _delimiter(text: str) -> str:
    """Return the sign that parts the first lines most evenly."""
    first = [line[:5000] for line in text.splitlines()[:50] if line.strip()][:SAMPLE_ROWS]

    def evenness(sign: str) -> tuple[float, int]:
        counts = [len(cells) for cells in csv.reader(first, delimiter=sign)]
        wide = max(counts, key=counts.count, default=1)
        same = counts.count(wide) / len(counts) if counts else 0.0
        return (same if wide > 1 else 0.0, wide)

    return max(DELIMITERS, key=evenness)


def _sample(body: bytes, layout: Layout) -> list[list[str]]:
    """Return the first rows that are not empty; their cells are cut to what a page shows."""
    found = (row.cells for row in rows(iter([body]), layout) if any(map(str.strip, row.cells)))
    return [[cell[:SAMPLE_CELL] for cell in cells] for cells in islice(found, SAMPLE_ROWS + 1)]
