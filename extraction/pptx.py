"""PowerPoint presentations: a piece for each slide, in the order in which they are shown."""

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from extraction import charts, office, xml
from extraction.archives import Archive
from extraction.composing import Block, Composer
from extraction.limits import Hints, Limits
from extraction.paragraphs import Paragraphs, Style
from extraction.pieces import Begin, End, Piece, Refused

TITLES = ("title", "ctrTitle")
#: On a page of notes: what is repeated from the slide, and what only counts.
NO_NOTES = ("sldImg", "sldNum", "hdr", "ftr", "dt")
#: What may lie on a slide as a part of its own.
DRAWN = ("diagramdata", "chart", "chartex")
LEFT_OUT = "left out"
LARGEST = 32 * 1024 * 1024  # bytes of the list of slides


def read(file: BinaryIO, limits: Limits, hints: Hints) -> Iterator[Begin | Piece | End]:
    """Yield each slide with its notes; one without text has an empty text. Raises Refused."""
    archive = Archive(file)
    found = office.main_part(archive)
    if found is None:
        raise Refused("broken", kind="pptx")
    slides = _slides(archive, found[1])
    if len(slides) > limits.pages:
        raise Refused("too_many_pages", pages=len(slides), limit=limits.pages)
    yield Begin("pptx", len(slides), office.about(archive))
    composer = Composer("slide", limits, hints, size=limits.piece_characters)
    presentation = Presentation(archive, limits)
    for number, slide in enumerate(slides, 1):
        composer.number = number - 1
        yield from composer.pieces(presentation.slide(slide), str(number))
        if composer.number > number:
            raise Refused("too_long", limit=limits.piece_characters)
        if composer.number < number and number > hints.start:
            yield Piece(number, "slide", str(number), "")
    if not composer.characters:
        damaged = presentation.damaged and presentation.damaged >= len(slides)
        raise Refused("broken" if damaged else "nothing_to_read", kind="pptx")
    yield End(_told(presentation.damaged, len(slides)))


class Presentation:
    """Reads one slide after the other, and counts those that are damaged."""

    def __init__(self, archive: Archive, limits: Limits) -> None:
        self.archive = archive
        self.limits = limits
        self.damaged = 0

    def slide(self, part: str) -> Iterator[Block]:
        """Yield what is on a slide, then its diagrams, then its notes; counts it if it is damaged."""
        try:
            yield from self._blocks(part, _kind, at="")  # the slide is place enough
            links = office.links(self.archive, part).values()
            for kinds, at in ((DRAWN, ""), (("notesslide",), "notes")):
                for link in links:
                    if link.kind in kinds and link.target in self.archive:
                        yield from self._blocks(link.target, _kind_of_notes, at)
                        if link.kind == "chart":
                            yield from charts.rows(self.archive, link.target, self.limits)
        except Refused as refused:
            if refused.code != "broken":
                raise
            self.damaged += 1

    def _blocks(
        self, part: str, kind_of: Callable[[Style], tuple[str, int]], at: str
    ) -> Iterator[Block]:
        for block in Paragraphs(self.limits, kind_of).of(self.archive, part):
            if block.kind != LEFT_OUT:
                yield block._replace(at=at)


def _kind(style: Style) -> tuple[str, int]:
    return ("heading", 1) if style.name in TITLES else ("text", 0)


def _kind_of_notes(style: Style) -> tuple[str, int]:
    return (LEFT_OUT if style.name in NO_NOTES else "text"), 0


def _slides(archive: Archive, main: str) -> list[str]:
    """Return the parts of the slides as the presentation orders them."""
    links = office.links(archive, main)
    found: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        link = links.get(attributes.get("id", "")) if tag == "sldId" else None
        if link is not None:
            found.append(link.target)

    xml.each_start(archive.get(main, LARGEST), start)
    return found


def _told(damaged: int, total: int) -> dict[str, Any]:
    if not damaged:
        return {}
    return {
        "unreadable_pages": damaged,
        "note": f"{damaged} of {total} slides are damaged and were not read whole.",
    }
