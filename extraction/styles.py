"""Which styles of a Word document are headings, and of what level; which language it is in."""

from collections.abc import Iterable

from extraction import xml
from extraction.archives import Archive
from extraction.office import Link
from extraction.pieces import Refused

LARGEST = 32 * 1024 * 1024  # bytes; styles of a megabyte are many
LONGEST = 50  # styles based on each other


class Style:
    """One paragraph style, as the document declares it."""

    __slots__ = ("based_on", "level", "name")

    def __init__(self) -> None:
        self.name = ""
        self.based_on = ""
        self.level: int | None = None


class Declared:
    """Notes the styles of a part while it is read."""

    def __init__(self) -> None:
        self.styles: dict[str, Style] = {}
        self.language = ""
        self._style: Style | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the start of an element."""
        value = attributes.get("val", "")
        if tag == "style":
            self._style = self.styles.setdefault(attributes.get("styleId", ""), Style())
        elif tag == "lang" and self._style is None:
            self.language = value
        elif self._style is not None:
            self._detail(self._style, tag, value)

    def _detail(self, style: Style, tag: str, value: str) -> None:
        if tag == "name":
            style.name = value.lower()
        elif tag == "basedOn":
            style.based_on = value
        elif tag == "outlineLvl" and value.isdecimal():
            style.level = int(value[:3])

    def level(self, name: str) -> int | None:
        """Return the level of a style's outline, its own or that of what it is based on."""
        for _ in range(LONGEST):
            style = self.styles.get(name)
            if style is None:
                return None
            if style.level is not None:
                return style.level
            # Word calls them so in every language; what people see is translated.
            if style.name == "title":
                return 0
            if style.name[:8] == "heading " and style.name[8:].isdecimal():
                return int(style.name[8:][:2]) - 1
            name = style.based_on
        return None


def styles(archive: Archive, links: Iterable[Link]) -> tuple[dict[str, int], dict[str, str]]:
    """Return the levels of the styles that are headings, from 0 on, and the language, if given."""
    declared = Declared()
    for link in links:
        if link.kind == "styles" and link.target in archive:
            try:
                xml.each_start(archive.get(link.target, LARGEST), declared.start)
            except Refused as refused:
                if refused.code != "broken":
                    raise
    levels = {name: declared.level(name) for name in declared.styles}
    found = {name: level for name, level in levels.items() if level is not None and level >= 0}
    return found, {"language": declared.language} if declared.language else {}
