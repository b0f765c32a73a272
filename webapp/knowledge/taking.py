"""Texts that are whole when they come, such as pages of a website: many are taken at once.

Does for small texts what ``readings`` does step by step for large ones, in a tenth of the
statements: they are cut in memory, and each kind of row is written by one statement for all.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256 as hash_of
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import Row, select, update

from webapp.clock import now
from webapp.extensions import db, insertion, settings
from webapp.knowledge import clearing, cutting, index, readings
from webapp.knowledge.models import Chunk, Part, PartUnit, Reading, Source
from webapp.knowledge.placing import Text
from webapp.knowledge.sentences import Size


class Whole(NamedTuple):
    """A text, all of it."""

    #: Of the reading that is to be made: one of ``numbers``.
    id: int
    place: str
    sha256: str
    format: str
    about: dict[str, Any]
    #: ``extraction.pieces.Piece`` as dicts.
    pieces: Sequence[dict[str, Any]]


def numbers(count: int) -> list[int]:
    """Return numbers for so many new readings, in a transaction that holds their source."""
    return readings.new_ids(Reading, count)


def take(source_id: int, texts: Sequence[Whole]) -> None:
    """Let texts be found, each instead of what was found at its place before, in one commit.

    For sources of which each text counts as one page. Raises ``readings.Overtaken`` when the
    source is being removed.
    """
    if not texts:
        return
    with db.session.no_autoflush:
        readings.hold(source_id)
        older = _retire(source_id, [text.place for text in texts])
        chunks = _store(source_id, texts)
        found = [one for one in older if one.live]
        db.session.execute(
            update(Source)
            .where(Source.id == source_id)
            .values(
                parts=Source.parts + len(texts) - len(found),
                chunks=Source.chunks + chunks - sum(one.chunks for one in found),
                read_at=now(),
            )
            .execution_options(synchronize_session=False)
        )
        clearing.soon({one.id: one.chunks for one in older})


def _retire(source_id: int, places: Sequence[str]) -> Sequence[Row[int, int, bool]]:
    """Take what was read at some places out of what can be found, or ever will be."""
    older = db.session.execute(
        select(Reading.id, Reading.chunks, Reading.live).where(
            Reading.source_id == source_id,
            Reading.place.in_(places),
            Reading.retired.is_(False),
        )
    ).all()
    if older:
        db.session.execute(
            update(Reading)
            .where(Reading.id.in_([one.id for one in older]))
            .values(live=False, retired=True)
        )
    return older


def _store(source_id: int, texts: Sequence[Whole]) -> int:
    """Store texts with their parts and passages, and return how many passages these are."""
    size = Size(settings().chunk_characters, settings().chunk_overlap)
    parts: list[dict[str, Any]] = []
    chunks: list[dict[str, Any]] = []
    made: list[Reading] = []
    for text in texts:
        mine = [readings.part_of(text.id, piece) for piece in text.pieces]
        carry = cutting.Carry()
        passages = list(_passages(mine, carry, size))
        chunks += (
            {
                "source_id": source_id,
                "reading_id": text.id,
                "ordinal": ordinal,
                "sha256": hash_of(passage.text.encode()).hexdigest(),
                **passage._asdict(),
            }
            for ordinal, passage in enumerate(passages, 1)
        )
        parts += mine
        made.append(_reading(source_id, text, len(passages), carry))
    db.session.add_all(made)
    db.session.flush()
    if parts:
        db.session.execute(insertion(Part), parts)
    if chunks:
        _index(texts, chunks)
        db.session.execute(insertion(Chunk), chunks)
    return len(chunks)


def _passages(
    parts: Sequence[dict[str, Any]], carry: cutting.Carry, size: Size
) -> Iterator[cutting.Passage]:
    texts = [
        Text(part["ordinal"], PartUnit(part["unit"]), part["label"], part["text"], part["marks"])
        for part in parts
    ]
    for text, following in pairwise([*texts, None]):
        if text is not None:
            yield from cutting.cut(text, following, carry, size)


def _reading(source_id: int, text: Whole, chunks: int, carry: cutting.Carry) -> Reading:
    parts = len(text.pieces)
    return Reading(
        id=text.id,
        source_id=source_id,
        place=text.place,
        sha256=text.sha256,
        made_with=readings.settings_mark(),
        format=text.format,
        about=text.about,
        total=parts,
        parts=parts,
        cut=parts,
        chunks=chunks,
        carry=carry.stored(),
        whole=True,
        live=True,
    )


def _index(texts: Sequence[Whole], rows: list[dict[str, Any]]) -> None:
    """Index passages; their rows are given ids, and what the index says of them."""
    of_text: dict[int, list[dict[str, Any]]] = {text.id: [] for text in texts}
    for row, id_ in zip(rows, readings.new_ids(Chunk, len(rows)), strict=True):
        row["id"] = id_
        of_text[row["reading_id"]].append(row)
    written: list[tuple[int, int, index.Entry]] = []
    for text in texts:
        mine = of_text[text.id]
        prior = index.likely(text.about, [row["text"] for row in mine])
        entries = index.taken_apart([(row["text"], row["place"]) for row in mine], prior)
        for row, entry in zip(mine, entries, strict=True):
            row["language"], row["length"] = entry.language, len(entry.terms)
            written.append((text.id, row["id"], entry))
    index.write_all(written)
