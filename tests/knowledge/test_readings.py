"""A reading is written while the older one is found, and takes its place in one moment."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.knowledge.pieces import a_document, a_page, chunks, found, read, some_pages, told
from tests.knowledge.positions import untrue
from tests.queues import Queue
from webapp.extensions import db
from webapp.knowledge import readings, removing
from webapp.knowledge.models import Chunk, Part, Reading, Source, SourceKind, SourceState

pytestmark = pytest.mark.usefixtures("app")


def rows(table: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_a_text_is_found_from_the_moment_it_goes_live(app: Flask) -> None:
    source = a_document()
    reading = readings.begin(source)
    readings.add_parts(reading, [a_page(1, "We open at nine.")], whole=True)
    assert readings.cut(reading, until=lambda: False)
    db.session.commit()
    assert found("open at nine") == []
    assert source.read_at is None
    readings.go_live(reading)
    db.session.commit()
    assert found("open at nine") == ["We open at nine."]
    assert (source.parts, source.chunks) == (1, 1)
    assert source.read_at is not None


def test_the_older_text_is_found_until_then_and_its_rows_go(app: Flask) -> None:
    source = a_document()
    older = read(source, [a_page(1, "We open at nine.")])
    older_id = older.id
    newer = readings.begin(source, sha256="other")
    readings.add_parts(newer, [a_page(1, "We open at ten.")], whole=True)
    readings.cut(newer, until=lambda: False)
    db.session.commit()
    assert found("open") == ["We open at nine."]
    readings.go_live(newer)
    db.session.commit()
    assert found("open") == ["We open at ten."]
    assert (source.parts, source.chunks) == (1, 1)
    assert db.session.get(Reading, older_id) is None
    assert (rows(Part), rows(Chunk)) == (1, 1)


def test_a_long_older_text_is_removed_by_a_job_that_can_be_interrupted(
    app: Flask, queue: Queue
) -> None:
    source = a_document()
    first = read(source, some_pages(150), sha256="first").id
    assert rows(Chunk) > 100
    read(source, some_pages(3, "soap"), sha256="second")
    assert found("towel") == []
    assert queue.names() == ["knowledge.clear"]
    assert rows(Chunk) > 100
    assert queue.run() == ["knowledge.clear"]
    assert db.session.get(Reading, first) is None
    assert rows(Reading) == 1
    assert rows(Part) == 3


def test_what_was_begun_is_gone_on_with(app: Flask) -> None:
    source = a_document()
    reading = readings.begin(source, sha256="a")
    readings.add_parts(reading, [a_page(1, "We open at nine.")])
    db.session.commit()
    assert readings.begin(source, sha256="a").id == reading.id


@pytest.mark.parametrize(
    "other", [{"sha256": "b"}, {"sha256": "a", "variant": "cp1252"}, {"sha256": "a", "place": "/"}]
)
def test_what_was_begun_of_other_bytes_or_settings_is_not(
    app: Flask, other: dict[str, str]
) -> None:
    source = a_document()
    reading = readings.begin(source, sha256="a")
    readings.add_parts(reading, [a_page(1, "We open at nine.")])
    db.session.commit()
    assert readings.begin(source, **other).id != reading.id
    db.session.refresh(reading)
    assert reading.retired == ("place" not in other)


@pytest.mark.parametrize("pages", [1, 2, 7, 30])
def test_wherever_it_is_interrupted_the_passages_are_the_same(app: Flask, pages: int) -> None:
    texts = some_pages(30)
    whole = read(a_document(), texts)
    whole_id = whole.id
    source_id = a_document().id
    for start in range(0, len(texts), pages):
        reading = readings.begin(db.session.get_one(Source, source_id))
        readings.add_parts(reading, texts[start : start + pages])
        readings.cut(reading, until=lambda: True)
        db.session.commit()
        db.session.expunge_all()
    reading = readings.begin(db.session.get_one(Source, source_id))
    readings.add_parts(reading, [], whole=True)
    while not readings.cut(reading, until=lambda: True):
        db.session.commit()
    readings.go_live(reading)
    db.session.commit()
    assert told(reading) == told(db.session.get_one(Reading, whole_id))
    stored = db.session.scalars(
        select(Part).where(Part.reading_id == reading.id).order_by(Part.ordinal)
    ).all()
    assert untrue(stored, chunks(reading)) == []
    assert sum("page_to" in one.place for one in chunks(reading)) == 9


def test_a_part_of_many_passages_is_gone_on_with_in_its_middle(app: Flask) -> None:
    rows_of = [f"Room {number} | {number}00 | {'view ' * 60}" for number in range(1500)]
    marks, reached = [], 0
    for number, row in enumerate(rows_of, 1):
        marks.append((reached, reached + len(row), "row", 0, f"A{number}:C{number}"))
        reached += len(row) + 1
    sheet = {
        "number": 1,
        "unit": "sheet",
        "label": "Rooms",
        "text": "\n".join(rows_of),
        "marks": marks,
    }
    whole = read(a_document(), [sheet])
    assert whole.chunks > max(readings.AT_ONCE.values())
    reading = readings.begin(a_document())
    readings.add_parts(reading, [sheet], whole=True)
    steps = 0
    while not readings.cut(reading, until=lambda: True):
        db.session.commit()
        steps += 1
    assert steps > 1
    assert told(reading) == told(whole)


def test_the_last_page_waits_for_the_next_one(app: Flask) -> None:
    reading = readings.begin(a_document())
    readings.add_parts(reading, [a_page(1, "On Sundays the house")])
    assert not readings.cut(reading, until=lambda: False)
    readings.add_parts(reading, [a_page(2, "is closed. A room costs 1,200.")], whole=True)
    assert readings.cut(reading, until=lambda: False)
    assert chunks(reading)[0].text == "On Sundays the house\nis closed."


def test_of_two_that_read_the_same_the_second_stores_nothing(app: Flask) -> None:
    reading = readings.begin(a_document())
    readings.add_parts(reading, [a_page(1, "We open at nine.")])
    db.session.commit()
    stale = Reading(id=reading.id, parts=0, cut=0, chunks=0, whole=False)
    with pytest.raises(readings.Overtaken):
        readings.add_parts(stale, [a_page(1, "We open at nine.")])
    assert rows(Part) == 1


def test_a_part_that_does_not_follow_is_refused(app: Flask) -> None:
    reading = readings.begin(a_document())
    with pytest.raises(ValueError, match="do not follow"):
        readings.add_parts(reading, [a_page(2, "We open at nine.")])


def test_what_is_not_cut_to_its_end_does_not_go_live(app: Flask) -> None:
    reading = readings.begin(a_document())
    readings.add_parts(reading, [a_page(1, "We open at nine.")])
    with pytest.raises(ValueError, match="not cut"):
        readings.go_live(reading)


def test_nothing_is_read_of_a_source_that_is_being_removed(app: Flask) -> None:
    source = a_document()
    reading = readings.begin(source)
    readings.add_parts(reading, [a_page(1, "We open at nine.")], whole=True)
    readings.cut(reading, until=lambda: False)
    removing.remove(source)
    db.session.commit()
    with pytest.raises(readings.Overtaken):
        readings.go_live(reading)
    db.session.rollback()
    with pytest.raises(readings.Overtaken):
        readings.begin(source)


def test_a_website_counts_its_pages_and_forgets_one_that_is_gone(app: Flask) -> None:
    source = a_document()
    source.kind = SourceKind.WEBSITE
    read(source, [a_page(1, "We open at nine."), a_page(2, "Or later.")], place="/hours")
    read(source, [a_page(1, "A room costs 1,200.")], place="/prices")
    assert (source.parts, source.chunks) == (2, 3)
    readings.retire(source, "/hours")
    db.session.commit()
    assert (source.parts, source.chunks) == (1, 1)
    assert found("nine") == []
    assert found("room costs") == ["A room costs 1,200."]
    readings.retire(source, "/never")
    db.session.commit()
    assert (source.parts, source.chunks) == (1, 1)


def test_a_sheet_in_many_parts_is_one(app: Flask) -> None:
    parts = [
        {"number": number, "unit": "sheet", "label": label, "text": "Room", "marks": []}
        for number, label in enumerate(["Prices", "Prices", "Rooms"], 1)
    ]
    source = a_document()
    read(source, parts)
    assert source.parts == 2
    assert source.state == SourceState.WAITING
