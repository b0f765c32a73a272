"""Texts that are known, for the tests of the index and of what stands on it."""

import hashlib
from collections.abc import Sequence

from webapp.clock import now
from webapp.extensions import db
from webapp.knowledge import index
from webapp.knowledge.models import Chunk, Part, PartUnit, Reading, Source, SourceKind, SourceState


def a_source(
    *texts: str,
    name: str = "House rules.txt",
    kind: SourceKind = SourceKind.DOCUMENT,
    live: bool = True,
    language: str = "",
) -> Source:
    """Store a source whose one reading has these passages, and index it."""
    source = Source(kind=kind, name=name, state=SourceState.READY, read_at=now())
    db.session.add(source)
    db.session.flush()
    a_reading(source, texts, live=live, language=language)
    db.session.commit()
    return source


def a_reading(
    source: Source, texts: Sequence[str], *, live: bool = True, language: str = "", place: str = ""
) -> Reading:
    """Add a reading with these passages, each a part of its own, and index it."""
    reading = Reading(
        source_id=source.id, place=place, live=live, whole=True, parts=len(texts), cut=len(texts),
        chunks=len(texts), about={"language": language} if language else {},
    )  # fmt: skip
    db.session.add(reading)
    db.session.flush()
    chunks = []
    for number, text in enumerate(texts, 1):
        db.session.add(
            Part(reading_id=reading.id, ordinal=number, unit=PartUnit.SECTION, text=text)
        )
        chunks.append(
            Chunk(
                source_id=source.id, reading_id=reading.id, ordinal=number, text=text,
                part_from=number, part_to=number, start=0, end=len(text), place={},
                sha256=hashlib.sha256(text.encode()).hexdigest(),
            )
        )  # fmt: skip
    db.session.add_all(chunks)
    db.session.flush()
    index.add(chunks)
    return reading
