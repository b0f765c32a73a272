"""A reading: a text as it was read once, written while the older one is still found.

Parts are stored as they come, cut into passages and put into the index; ``go_live`` lets the new
reading take the older one's place. What is stored says how far it is, so whoever goes on after a
crash begins where the last commit ended. Two that work at one reading do not mix: each step names
the state that it expects, and the second one gets Overtaken.

Nothing here commits.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256 as hash_of
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, case, distinct, func, select, text, update
from sqlalchemy.orm.attributes import set_committed_value

from webapp.clock import now
from webapp.extensions import db, insertion, settings
from webapp.knowledge import analysing, clearing, cutting, index
from webapp.knowledge.batching import Batch, batches
from webapp.knowledge.models import (
    Chunk,
    Part,
    PartUnit,
    Reading,
    Source,
    SourceKind,
    SourceState,
)
from webapp.knowledge.sentences import Size
from webapp.states import rows_changed

#: Passages that are stored at once: as long as that takes, SQLite lets nobody else write. The index
#: of PostgreSQL is the smaller the more of them come together.
AT_ONCE = {"sqlite": 64, "postgresql": 200}


class Overtaken(Exception):
    """Somebody else works at this reading, or its source is being removed: stop, and store nothing."""


def settings_mark() -> str:
    """Name the settings of which a reading is made: another mark, and reading again is of use."""
    chosen = settings()
    return (
        f"{cutting.VERSION}.{analysing.VERSION}-{chosen.chunk_characters}-{chosen.chunk_overlap}"
        f"-{chosen.document_pages}"
    )


def outdated() -> ColumnElement[bool]:
    """Return the condition that a reading was made with other settings than those of now."""
    mark = settings_mark()
    return and_(Reading.made_with != mark, Reading.made_with.not_like(f"{mark}+%"))


def made_of(reading: Reading, sha256: str, variant: str = "") -> bool:
    """Say whether a reading is of these bytes, and of the settings of now."""
    return (reading.sha256, reading.made_with) == (sha256, _made_with(variant))


def _made_with(variant: str) -> str:
    return settings_mark() + (f"+{variant}" if variant else "")


def begin(source: Source, *, place: str = "", sha256: str = "", variant: str = "") -> Reading:
    """Return a new reading, or the unfinished one of the same bytes and settings, to go on with.

    ``variant`` names what else the text depends on, such as a chosen encoding. Unfinished ones of
    other bytes or settings are retired. Holds the source until the end of the transaction. Raises
    Overtaken when the source is being removed.
    """
    hold(source.id)
    found = None
    for one in db.session.scalars(
        select(Reading).where(
            Reading.source_id == source.id,
            Reading.place == place,
            Reading.live.is_(False),
            Reading.retired.is_(False),
        )
    ).all():
        if found is None and made_of(one, sha256, variant):
            found = one
        else:
            _retire(Reading.id == one.id)
    if found is None:
        found = Reading(
            source_id=source.id, place=place, sha256=sha256, made_with=_made_with(variant)
        )
        db.session.add(found)
        db.session.flush()
    return found


def add_parts(reading: Reading, pieces: Sequence[dict[str, Any]], *, whole: bool = False) -> None:
    """Store pieces (``extraction.pieces.Piece`` as dicts) that follow on those stored already.

    ``whole`` says that no more will come. Raises Overtaken, and ValueError when one is missing.
    """
    before = reading.parts
    if [piece["number"] for piece in pieces] != list(range(before + 1, before + 1 + len(pieces))):
        raise ValueError(f"pieces do not follow on part {before} of reading {reading.id}")
    _advance(reading, parts=before + len(pieces), whole=whole or reading.whole)
    if pieces:
        rows = [part_of(reading.id, piece) for piece in pieces]
        db.session.execute(insertion(Part), rows)


def part_of(reading_id: int, piece: dict[str, Any]) -> dict[str, Any]:
    """Return the row of a ``Part`` that is a piece of a text."""
    return {
        "reading_id": reading_id,
        "ordinal": piece["number"],
        "unit": PartUnit(piece["unit"]),
        "label": piece["label"][:200],
        "text": piece["text"],
        "marks": piece["marks"],
    }


def cut(reading: Reading, *, until: Callable[[], bool]) -> bool:
    """Cut and index what is stored, from where that stopped; True when all of it is cut.

    ``until`` is called after each batch, in which what was done so far may be committed; what it
    returns says whether to stop. Of a text in pages that is not whole yet the last page waits for
    the next one, into which its last sentence may run. Raises Overtaken.
    """
    size = Size(settings().chunk_characters, settings().chunk_overlap)
    for batch in batches(reading, size, AT_ONCE[db.engine.dialect.name]):
        _store(reading, batch)
        if until():
            break
    return reading.cut == reading.parts


def _store(reading: Reading, batch: Batch) -> None:
    """Store and index passages; as plain rows, since a document may have tens of thousands.

    What takes long comes first: with ``_advance`` others begin to wait, on SQLite.
    """
    passages = batch.passages
    entries = index.analysed(reading.id, [(passage.text, passage.place) for passage in passages])
    rows = [
        {
            "source_id": reading.source_id,
            "reading_id": reading.id,
            "ordinal": ordinal,
            "sha256": hash_of(passage.text.encode()).hexdigest(),
            "language": entry.language,
            "length": len(entry.terms),
            **passage._asdict(),
        }
        for ordinal, passage, entry in zip(
            count(reading.chunks + 1), passages, entries, strict=False
        )
    ]
    _advance(reading, chunks=reading.chunks + len(rows), cut=batch.cut, carry=batch.carry)
    if rows:
        ids = _new_ids(len(rows))
        found = [row | {"id": id_} for row, id_ in zip(rows, ids, strict=True)]
        index.write(reading.id, ids, entries)
        db.session.execute(insertion(Chunk), found)


def _new_ids(count_: int) -> list[int]:
    return new_ids(Chunk, count_)


def new_ids(table: type[Chunk] | type[Reading], many: int) -> list[int]:
    """Take ids beforehand, in a transaction that has written: what is stored with rows names them."""
    if db.engine.dialect.name == "postgresql":
        line = text(
            "SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :many)"
        )
        return list(db.session.scalars(line, {"table": table.__tablename__, "many": many}))
    # Nobody else writes, since this transaction has begun to.
    last = db.session.scalar(select(func.max(table.id))) or 0
    return list(range(last + 1, last + 1 + many))


def _advance(reading: Reading, **values: Any) -> None:
    """Write how far a reading is, if it still is where it was thought to be."""
    advanced = db.session.execute(
        update(Reading)
        .where(
            Reading.id == reading.id,
            Reading.parts == reading.parts,
            Reading.chunks == reading.chunks,
            Reading.cut == reading.cut,
            Reading.live.is_(False),
            Reading.retired.is_(False),
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if rows_changed(advanced) != 1:
        raise Overtaken
    for name, value in values.items():
        set_committed_value(reading, name, value)


def go_live(reading: Reading) -> None:
    """Let a reading be found and the older one of its source and place not any more, in one commit.

    The older one's rows are removed at once when they are few, else by a job. Raises Overtaken, and
    ValueError when not all of it is cut.
    """
    if reading.cut != reading.parts:
        raise ValueError(f"reading {reading.id} is not cut to its end")
    source = reading.source
    hold(source.id)
    older = _retire(
        Reading.source_id == source.id, Reading.place == reading.place, Reading.live.is_(True)
    )
    _advance(reading, live=True, whole=True)
    came = Known(_pages(source, reading.id), reading.chunks)
    _count(source, came, _known(source, older), read_at=now())
    clearing.soon({one.id: one.chunks for one in older})


def retire(source: Source, place: str) -> None:
    """Let nothing be found any more of what was read at a place, such as a page that is gone."""
    hold(source.id)
    older = _retire(Reading.source_id == source.id, Reading.place == place)
    _count(source, Known(0, 0), _known(source, older))
    clearing.soon({one.id: one.chunks for one in older})


class Known(NamedTuple):
    """What can be found of a source, or of a part of it."""

    pages: int
    chunks: int


def hold(source_id: int) -> None:
    """Keep a source from being removed before the end of this transaction; else raise Overtaken."""
    held = db.session.execute(
        update(Source)
        .where(Source.id == source_id, Source.state != SourceState.REMOVING)
        .values(version=Source.version + 1)
        .execution_options(synchronize_session=False)
    )
    if rows_changed(held) != 1:
        raise Overtaken


def _retire(*which: ColumnElement[bool]) -> Sequence[Row[int, int, bool]]:
    """Take readings out of what can be found, or ever will be; return id, chunks and if it could."""
    older = db.session.execute(
        select(Reading.id, Reading.chunks, Reading.live).where(*which, Reading.retired.is_(False))
    ).all()
    if older:
        db.session.execute(
            update(Reading)
            .where(Reading.id.in_([one.id for one in older]))
            .values(live=False, retired=True)
        )
    return older


def _known(source: Source, readings: Sequence[Row[int, int, bool]]) -> Known:
    found = [one for one in readings if one.live]
    return Known(sum(_pages(source, one.id) for one in found), sum(one.chunks for one in found))


def _pages(source: Source, reading_id: int) -> int:
    """Count as people do: a page of a website is one, and so is a sheet in however many parts."""
    if source.kind == SourceKind.WEBSITE:
        return 1
    sheets, others = db.session.execute(
        select(
            func.count(distinct(case((Part.unit == PartUnit.SHEET, Part.label)))),
            func.count(case((Part.unit != PartUnit.SHEET, 1))),
        ).where(Part.reading_id == reading_id)
    ).one()
    return int(sheets + others)


def _count(source: Source, came: Known, went: Known, **values: Any) -> None:
    db.session.execute(
        update(Source)
        .where(Source.id == source.id)
        .values(
            parts=Source.parts + came.pages - went.pages,
            chunks=Source.chunks + came.chunks - went.chunks,
            **values,
        )
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(source)
