"""In which encoding a text was written.

The order matters. What says so itself comes first: a byte order mark, the escape sequences of
ISO 2022, NUL bytes in every second place. Then UTF-8, which no other text looks like by chance.
Only the rest is guessed, and a person may overrule the guess.
"""

import codecs
import re
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper
from typing import BinaryIO

from extraction.pieces import Refused

BLOCK = 1 << 20
#: So much is looked at to guess.
SAMPLE = 1 << 18

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ESCAPES = (
    (re.compile(rb"\x1b\$\)C"), "iso2022_kr"),
    (re.compile(rb"\x1b(\$[@B]|\(J|\$\(D)"), "iso2022_jp_ext"),
    (re.compile(rb"~\{[\x21-\x7e]{2,}?~\}"), "hz"),
)
FOREIGN = re.compile(rb"[\x80-\xff]+")
LETTER = re.compile(rb"[A-Za-z\x80-\xff]")
#: Encodings of languages that are written in Latin letters, as charset-normalizer calls them.
LATIN = frozenset(
    """ascii latin_1 iso8859_1 iso8859_2 iso8859_3 iso8859_4 iso8859_9 iso8859_10 iso8859_13
    iso8859_14 iso8859_15 iso8859_16 cp1250 cp1252 cp1254 cp1257 cp1258 cp437 cp775 cp850 cp852
    cp857 cp858 cp860 cp861 cp863 cp865 mac_roman mac_latin2 mac_iceland mac_turkish
    hp_roman8""".split()  # noqa: SIM905 - a list this long reads better so
)
#: Codecs of Python that are no way to write a text, or cost more than the text is long.
NO_TEXT = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}
#: Of the sequences that are no ASCII so many may be broken, and it is still taken for UTF-8.
BROKEN = 0.05


def named(name: str) -> str:
    """Return Python's name of an encoding. Raises Refused("encoding")."""
    try:
        found = codecs.lookup(name.strip())
    except (LookupError, ValueError):
        raise Refused("encoding", name=name[:60]) from None
    if found.name in NO_TEXT or not getattr(found, "_is_text_encoding", True):
        raise Refused("encoding", name=name[:60])
    return found.name


def guess(file: BinaryIO, hint: str | None = None) -> str:
    """Return the encoding of a file that is read from its beginning, and left there."""
    if hint:
        return named(hint)
    file.seek(0)
    sample = file.read(SAMPLE)
    try:
        return _says_so(sample) or _utf8(file) or _guessed(sample)
    finally:
        file.seek(0)


def opened(file: BinaryIO, hint: str | None = None) -> TextIOWrapper:
    """Return the file as text, line ends as they are; its ``encoding`` is what was found.

    What the encoding does not know becomes U+FFFD.
    """
    name = guess(file, hint)
    return TextIOWrapper(file, encoding=name, errors="replace", newline="")


def decoded(content: bytes, hint: str | None = None) -> tuple[str, str]:
    """Return bytes as text, and the name of the encoding."""
    name = guess(BytesIO(content), hint)
    return content.decode(name, "replace"), name


def _says_so(sample: bytes) -> str | None:
    for mark, name in MARKS:
        if sample.startswith(mark):
            return name
    if b"\0" in sample:
        return _wide(sample)
    if sample.isascii():
        return next((name for escape, name in ESCAPES if _speaks(escape, name, sample)), None)
    return None


def _speaks(escape: re.Pattern[bytes], name: str, sample: bytes) -> bool:
    if not escape.search(sample):
        return False
    try:
        codecs.getincrementaldecoder(name)().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _wide(sample: bytes) -> str | None:
    """Tell UTF-16 and UTF-32 without a mark by where their NUL bytes stand."""
    size = len(sample) // 4 * 4
    empty = [sample[place:size:4].count(0) / (size / 4 or 1) for place in range(4)]
    for name, silent, loud in (
        ("utf-32-le", (2, 3), (0,)),
        ("utf-32-be", (0, 1), (3,)),
        ("utf-16-le", (1, 3), (0, 2)),
        ("utf-16-be", (0, 2), (1, 3)),
    ):
        quiet, spoken = min(empty[at] for at in silent), max(empty[at] for at in loud)
        enough = 0.95 if "32" in name else 0.02
        if quiet >= enough and spoken <= quiet / 20 and _decodes(sample[:size], name):
            return name
    return None


def _decodes(sample: bytes, name: str) -> bool:
    try:
        codecs.getincrementaldecoder(name)().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _utf8(file: BinaryIO) -> str | None:
    """Return "utf-8" when the whole file is, or is but for a few broken places."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    broken = good = 0
    for block in _blocks(file):
        if block.isascii() and not decoder.getstate()[0]:
            continue
        text = decoder.decode(block)
        lost = text.count("\ufffd")
        broken += lost
        good += len(text) - len(text.encode("ascii", "ignore")) - lost
        if broken > 1_000 and broken > good:
            return None
    return "utf-8" if broken <= BROKEN * good else None


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block


def _guessed(sample: bytes) -> str:
    import charset_normalizer

    part = _around_foreign(sample)
    found = charset_normalizer.from_bytes(part).best()
    if found is None or (found.encoding not in LATIN and _sparse(part)):
        return "cp1252"
    # What Windows adds to these lies where they have control characters, which nobody types.
    wider = {"latin_1": "cp1252", "iso8859_1": "cp1252", "gb2312": "gb18030", "shift_jis": "cp932"}
    return wider.get(found.encoding, found.encoding)


def _sparse(sample: bytes) -> bool:
    """Tell whether single foreign letters stand among many others: an accent here and there.

    In other scripts they come in runs, or two bytes make a letter. What is guessed of a short text
    is often one of those all the same.
    """
    runs = FOREIGN.findall(sample)
    foreign = sum(len(run) for run in runs)
    return foreign <= 1.5 * len(runs) and foreign < 0.25 * len(LETTER.findall(sample))


def _around_foreign(sample: bytes) -> bytes:
    """Return less of a long sample: from the first byte on that is no ASCII."""
    first = next((at for at, byte in enumerate(sample) if byte > 127), 0)
    begin = max(0, sample.rfind(b"\n", 0, first))
    return sample[begin : begin + (SAMPLE // 4)]
