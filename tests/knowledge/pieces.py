"""What a reader of files says, as the job hears it; and what can be found of it afterwards."""

from typing import Any

from sqlalchemy import select

from webapp.extensions import db
from webapp.knowledge import readings
from webapp.knowledge.models import Chunk, Reading, Source, SourceKind
from webapp.knowledge.searching import search


def a_document(name: str = "house.pdf") -> Source:
    """Store a source that waits."""
    source = Source(kind=SourceKind.DOCUMENT, name=name)
    db.session.add(source)
    db.session.commit()
    return source


def a_page(number: int, text: str) -> dict[str, Any]:
    return {"number": number, "unit": "page", "label": str(number), "text": text, "marks": []}


def some_pages(count: int, word: str = "towel") -> list[dict[str, Any]]:
    """Return pages of five sentences, each with a word of its own; the last runs over the page."""
    return [
        a_page(
            number,
            " ".join(f"This {word} is number {number}x{line}y." for line in range(5))
            + f" And the last of {word}s",
        )
        if number % 3 == 0
        else a_page(
            number, f"is on page {number}. " + f"The {word} of page q{number}q is blue. " * 8
        )
        for number in range(1, count + 1)
    ]


def read(
    source: Source, pages: list[dict[str, Any]], *, place: str = "", sha256: str = ""
) -> Reading:
    """Read pages without any interruption, let them be found, and commit."""
    reading = readings.begin(source, place=place, sha256=sha256)
    readings.add_parts(reading, pages, whole=True)
    assert readings.cut(reading, until=lambda: False)
    readings.go_live(reading)
    db.session.commit()
    return reading


def chunks(reading: Reading) -> list[Chunk]:
    """Return its passages in their order."""
    of = select(Chunk).where(Chunk.reading_id == reading.id).order_by(Chunk.ordinal)
    return list(db.session.scalars(of))


def told(reading: Reading) -> list[tuple[Any, ...]]:
    """Return what must be equal when the same is read twice."""
    return [
        (one.ordinal, one.text, one.prefix, one.part_from, one.part_to, one.start, one.end,
         one.place, one.sha256)
        for one in chunks(reading)
    ]  # fmt: skip


def found(query: str) -> list[str]:
    """Return the texts that a search brings."""
    return [hit.chunk.text for hit in search(query).hits]
