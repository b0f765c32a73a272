"""What of a reading is to be cut next: its parts in their order, and the passages of them in batches."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import select

from webapp.knowledge import cutting
from webapp.knowledge.models import Part, PartUnit, Reading
from webapp.knowledge.placing import Text
from webapp.knowledge.sentences import Size
from webapp.looking import a_look

#: Parts that are held in memory at once, and so the most that a reading costs there.
PARTS_AT_ONCE = 8


class Batch(NamedTuple):
    """Some passages, and what the reading then knows of how far it is."""

    passages: list[cutting.Passage]
    cut: int
    carry: dict[str, Any]


def batches(reading: Reading, size: Size, at_once: int) -> Iterator[Batch]:
    """Go through the passages that are not stored yet; the same, whatever was interrupted where.

    ``at_once`` is how many come together.
    """
    carry, skip = cutting.Carry.of(reading.carry), int(reading.carry.get("skip", 0))
    batch: list[cutting.Passage] = []
    reached = reading.cut
    for part, following in _with_next(reading.id, reading.cut, whole=reading.whole):
        before = carry.stored()
        for number, passage in enumerate(cutting.cut(part, following, carry, size), 1):
            if number <= skip:
                continue
            batch.append(passage)
            if len(batch) >= at_once:
                yield Batch(batch, part.ordinal - 1, before | {"skip": number})
                batch = []
        reached, skip = part.ordinal, 0
    if reached > reading.cut:
        yield Batch(batch, reached, carry.stored())


def _with_next(reading_id: int, after: int, *, whole: bool) -> Iterator[tuple[Text, Text | None]]:
    """Go through the parts after one, each with the next, as far as that matters and is there."""
    last: Text | None = None
    for part in _parts(reading_id, after):
        if last is not None:
            yield last, part
        last = part
    if last is not None and (whole or last.unit != PartUnit.PAGE):
        yield last, None


def _parts(reading_id: int, after: int) -> Iterator[Text]:
    columns = (Part.ordinal, Part.unit, Part.label, Part.text, Part.marks)
    while True:
        query = (
            select(*columns)
            .where(Part.reading_id == reading_id, Part.ordinal > after)
            .order_by(Part.ordinal)
            .limit(PARTS_AT_ONCE)
        )
        with a_look() as look:
            rows = look.execute(query).all()
        yield from (Text(*row) for row in rows)
        if len(rows) < PARTS_AT_ONCE:
            return
        after = rows[-1].ordinal
