"""Word documents: the text of the main part, then notes, then headers and footers."""

from collections.abc import Container, Iterable, Iterator
from typing import BinaryIO

from extraction import charts, office
from extraction.archives import Archive
from extraction.composing import Block, Composer
from extraction.limits import Hints, Limits
from extraction.paragraphs import Paragraphs, Style
from extraction.pieces import Begin, End, Piece, Refused
from extraction.styles import styles

DRAWN = "Diagrams"
#: What stands beside the text, by the last word of the relation that leads there.
BESIDE = (
    (("footnotes", "endnotes"), "Footnotes"),
    (("diagramdata", "chart", "chartex"), DRAWN),
    (("header", "footer"), "Headers and footers"),
)
LONGEST_HEADING = 300  # characters; what is longer only looks like one
REPEATED = 10_000  # headers and footers that are compared, so that each is told once


def read(file: BinaryIO, limits: Limits, hints: Hints) -> Iterator[Begin | Piece | End]:
    """Yield sections of some thousand characters, cut at headings and paragraphs.

    Deleted text is left out, inserted text is there. Raises Refused.
    """
    archive = Archive(file)
    found = office.main_part(archive)
    if found is None:
        raise Refused("broken", kind="docx")
    main = found[1]
    links = office.links(archive, main).values()
    levels, language = styles(archive, links)
    yield Begin("docx", about=office.about(archive) | language)

    def kind_of(style: Style) -> tuple[str, int]:
        level = style.outline if style.outline is not None else levels.get(style.name)
        if level is not None and level < 9:
            return "heading", min(level + 1, 6)
        return ("list" if style.numbered else "text"), 0

    composer = Composer("section", limits, hints)
    walk = Paragraphs(limits, kind_of)
    yield from composer.pieces(_headed(walk.of(archive, main)))
    drawn = {link.target for link in links if link.kind == "chart"}
    for kinds, label in BESIDE:
        parts = [link.target for link in links if link.kind in kinds and link.target in archive]
        blocks = _beside(archive, limits, parts, drawn)
        # Two charts may have the same row.
        yield from composer.pieces(blocks if label == DRAWN else _once(blocks), label)
    if not composer.number:
        raise Refused("nothing_to_read")
    yield End()


def _headed(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        if block.kind == "heading" and len(block.text) > LONGEST_HEADING:
            yield block._replace(kind="text", level=0)
        else:
            yield block


def _beside(
    archive: Archive, limits: Limits, parts: Iterable[str], tables: Container[str]
) -> Iterator[Block]:
    """Yield what stands in parts beside the text; a damaged one costs no more than itself."""
    for part in dict.fromkeys(parts):
        walk = Paragraphs(limits, lambda _: ("text", 0))
        try:
            for block in walk.of(archive, part):
                yield block if block.at.startswith("note") else block._replace(at="")
            if part in tables:
                yield from charts.rows(archive, part, limits)
        except Refused as refused:
            if refused.code != "broken":
                raise


def _once(blocks: Iterable[Block]) -> Iterator[Block]:
    """Leave out what was there before: each chapter may have the same header of its own."""
    seen: set[str] = set()
    for block in blocks:
        if block.text not in seen:
            if len(seen) < REPEATED:
                seen.add(block.text)
            yield block
