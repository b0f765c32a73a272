"""What the archive of a workbook says before a library reads it: how large it is, errors, title."""

import html
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import BinaryIO, NamedTuple

from extraction import office, xml
from extraction.archives import Archive
from extraction.cells import place
from extraction.limits import Limits
from extraction.pieces import Refused

#: Cells of the rectangle from a sheet's first to its last one, up to which it is read as a whole.
#: Each costs about 32 bytes, be it empty or not.
RECTANGLE = 8_000_000
#: A sheet whose XML is no longer is looked at cell by cell; of a longer one only samples are.
LOOKED_AT = 4 * 1024 * 1024
PROPERTIES = 1024 * 1024

CELL = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
ERROR = re.compile(
    rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]{1,3}\d{1,7})"[^>]*>'
    rb"(?:<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>))?<(?:\w+:)?v>([^<]{1,20})<"
)
#: The names of core properties (ECMA-376 part 2, 11.1), and ours.
ABOUT = {
    "title": "title",
    "creator": "author",
    "subject": "subject",
    "description": "description",
    "language": "language",
    "modified": "date",
}


class Workbook(NamedTuple):
    """What was found out: ``errors`` are the error cells, by sheet and by place ("B7")."""

    sparse: bool = False
    errors: Mapping[str, Mapping[str, str]] = MappingProxyType({})
    about: Mapping[str, str] = MappingProxyType({})


def examined(file: BinaryIO, limits: Limits) -> Workbook:
    """Unpack everything once, counting. Raises Refused, "bomb" among others."""
    archive = Archive(file)
    sparse = False
    errors: dict[str, dict[str, str]] = {}
    for name in archive.entries:
        part = Sheet() if _is_sheet(name) else None
        for block in archive.blocks(name):
            if part:
                part.take(block)
        if part:
            sparse = sparse or part.rectangle() > min(RECTANGLE, limits.cells)
            errors |= {name: found} if (found := part.errors()) else {}
    return Workbook(sparse, _by_sheet(archive, errors) if errors else {}, _about(archive))


def _is_sheet(name: str) -> bool:
    return name.lower().endswith(".xml") and "sheets/" in name.lower() and "_rels" not in name


class Sheet:
    """The XML of one sheet as it goes by."""

    def __init__(self) -> None:
        self.size = 0
        self.kept: list[bytes] | None = []
        self.box: tuple[int, int, int, int] | None = None

    def take(self, block: bytes) -> None:
        self.size += len(block)
        if self.kept is not None:
            self.kept.append(block)
            if self.size > LOOKED_AT:
                for one in self.kept:
                    self._sample(one)
                self.kept = None
        else:
            self._sample(block)

    def rectangle(self) -> int:
        """Return how many cells there are from the first used row and column to the last."""
        if self.kept is not None:
            for letters, row in set(CELL.findall(b"".join(self.kept))):
                self._include(letters, row)
        if self.box is None:
            return 0
        left, top, right, bottom = self.box
        return (right - left + 1) * (bottom - top + 1)

    def errors(self) -> dict[str, str]:
        """Return the error cells, as far as the sheet is short enough to look for them."""
        content = b"".join(self.kept or ())
        if b't="e"' not in content:
            return {}
        return {at.decode(): html.unescape(what.decode()) for at, what in ERROR.findall(content)}

    def _sample(self, block: bytes) -> None:
        for found in (CELL.search(block), CELL.search(block, max(0, len(block) - 4096))):
            if found:
                self._include(*found.groups())

    def _include(self, letters: bytes, row: bytes) -> None:
        x, y = place(letters.decode()), int(row)
        left, top, right, bottom = self.box or (x, y, x, y)
        self.box = min(left, x), min(top, y), max(right, x), max(bottom, y)


def _by_sheet(archive: Archive, errors: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Return what is known by part by the name of the sheet instead."""
    main = office.main_part(archive)
    if main is None:
        return {}
    targets = {key: link.target.lower() for key, link in office.links(archive, main[1]).items()}
    small = {name.lower(): found for name, found in errors.items()}
    named: dict[str, dict[str, str]] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            found = small.get(targets.get(attributes.get("id", ""), ""))
            if found:
                named[attributes.get("name", "")] = found

    if main[1].lower().endswith(".xml"):
        xml.each_start(archive.get(main[1], office.SMALL), start)
    return named


def _about(archive: Archive) -> dict[str, str]:
    """Return the title and so on; what cannot be understood there is no reason to refuse a file."""
    core = next(
        (one.target for one in office.links(archive, "").values() if one.kind == "core-properties"),
        "docProps/core.xml",
    )
    if core not in archive:
        return {}
    about: dict[str, str] = {}
    texts: list[str] = []

    def begin(_: str, __: object) -> None:
        texts.clear()

    def end(name: str) -> None:
        text = "".join(texts).strip()
        if text and xml.local(name) in ABOUT:
            about.setdefault(ABOUT[xml.local(name)], text[:1000])
        texts.clear()

    made = xml.parser()
    made.StartElementHandler = begin
    made.EndElementHandler = end
    made.CharacterDataHandler = texts.append
    try:
        xml.feed(made, [archive.get(core, PROPERTIES)])
    except Refused:
        return about
    return about
