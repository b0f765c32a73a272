"""A text as its page shows it: in pieces that are a heading or not, of the passage or not, a match or not."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import select

from webapp.extensions import db
from webapp.knowledge import analysing, highlighting
from webapp.knowledge.models import Chunk, Part, Reading

Span = tuple[int, int]
#: So many characters are enough to tell the language of a text.
SAMPLE = 2_000


class Stretch(NamedTuple):
    """Some of a text, and how it is shown."""

    text: str
    #: "heading", "table", "row", "list" or "text".
    kind: str
    #: It belongs to the passage that somebody looks for, and begins it.
    passage: bool
    begins: bool
    #: It is one of the words that were looked for.
    match: bool


def stretches(
    part: Part, passage: Span | None = None, matches: Iterable[Span] = ()
) -> list[Stretch]:
    """Cut the text of a part wherever it is shown in another way; put together they are the text."""
    text, kinds, found = part.text, _kinds(part.marks, len(part.text)), sorted(matches)
    borders = {0, len(text), *(border for start, end, _ in kinds for border in (start, end))}
    borders |= {border for span in [*found, *([passage] if passage else [])] for border in span}
    cuts = sorted(border for border in borders if 0 <= border <= len(text))
    shown = []
    for start, end in pairwise(cuts):
        inside = passage is not None and passage[0] <= start < passage[1]
        shown.append(
            Stretch(
                text[start:end],
                next((kind for begin, last, kind in kinds if begin <= start < last), "text"),
                inside,
                inside and passage is not None and start == passage[0],
                any(begin <= start < last for begin, last in found),
            )
        )
    return shown


def _kinds(marks: Sequence[Any], length: int) -> list[tuple[int, int, str]]:
    """Return the marks that are shown: of a sheet's thousand rows only the header is."""
    return [
        (mark[0], min(mark[1], length), mark[2])
        for mark in marks
        if mark[2] in {"heading", "table"} and mark[0] < length
    ]


def matches(part: Part, sought: str, chunk: Chunk | None) -> list[Span]:
    """Return where words that were looked for stand in the text of a part."""
    if not sought:
        return []
    language = chunk.language if chunk else analysing.language_of(part.text[:SAMPLE])
    asked = analysing.question(sought, [language])
    return highlighting.spans(part.text, language, asked)


def span_in(chunk: Chunk, part: Part) -> Span | None:
    """Return where a passage stands in a part; None when it does not reach into it."""
    if not chunk.part_from <= part.ordinal <= chunk.part_to:
        return None
    start = chunk.start if part.ordinal == chunk.part_from else 0
    end = chunk.end if part.ordinal == chunk.part_to else len(part.text)
    return start, end


def part_of(reading: Reading, ordinal: int) -> Part | None:
    """Return a part of a reading."""
    return db.session.scalar(
        select(Part).where(Part.reading_id == reading.id, Part.ordinal == ordinal)
    )


def passages_of(reading: Reading, after: int, limit: int) -> Sequence[Chunk]:
    """Return the passages of a reading in their order, those after a number."""
    query = select(Chunk).where(Chunk.reading_id == reading.id, Chunk.ordinal > after)
    return db.session.scalars(query.order_by(Chunk.ordinal).limit(limit)).all()


def reading_shown(source_id: int, place: str = "") -> Reading | None:
    """Return what can be found of a source and place now."""
    return db.session.scalar(
        select(Reading).where(Reading.source_id == source_id, Reading.place == place, Reading.live)
    )
