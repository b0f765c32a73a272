"""Texts that come whole are taken many at once, and are then what they would be step by step."""

from typing import Any

import pytest
from sqlalchemy import func, select

from tests.knowledge.pieces import a_document, a_page, chunks, found, read, some_pages, told
from tests.knowledge.positions import untrue
from webapp.extensions import db
from webapp.knowledge import index, readings, taking
from webapp.knowledge.index_tables import Tally
from webapp.knowledge.models import Chunk, Part, Reading, Source, SourceState
from webapp.knowledge.taking import Whole

pytestmark = pytest.mark.usefixtures("app")


def take(source: Source, texts: dict[str, list[dict[str, Any]]], sha256: str = "") -> None:
    """Take texts, given by their places, and commit."""
    readings.hold(source.id)
    wholes = [
        Whole(number, place, sha256, "html", {"title": place}, pieces)
        for number, (place, pieces) in zip(taking.numbers(len(texts)), texts.items(), strict=True)
    ]
    taking.take(source.id, wholes)
    db.session.commit()


def live(source: Source, place: str) -> Reading:
    query = select(Reading).where(Reading.source_id == source.id, Reading.place == place)
    return db.session.scalars(query.where(Reading.live)).one()


def rows(table: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def tallies(reading: Reading) -> set[tuple[str, int, int]]:
    query = select(Tally.language, Tally.chunks, Tally.terms)
    return {tuple(row) for row in db.session.execute(query.where(Tally.reading_id == reading.id))}


def test_a_text_taken_at_once_is_what_it_would_be_step_by_step() -> None:
    pages = some_pages(40)
    pages[3]["marks"] = [[0, 10, "heading", 1, ""]]
    one, other = a_document("steps"), a_document("at once")
    slow = read(one, pages)
    take(other, {"": pages, "/second": some_pages(3, "napkin")})
    quick = live(other, "")
    assert told(quick) == told(slow)
    assert [(c.language, c.length) for c in chunks(quick)] == [
        (c.language, c.length) for c in chunks(slow)
    ]
    assert tallies(quick) == tallies(slow)
    same = ("parts", "cut", "chunks", "carry", "whole", "live", "retired", "made_with")
    assert [getattr(quick, name) for name in same] == [getattr(slow, name) for name in same]
    parts = db.session.scalars(
        select(Part).where(Part.reading_id == quick.id).order_by(Part.ordinal)
    )
    assert untrue(parts.all(), chunks(quick)) == []
    assert all("napkin" in text for text in found("napkin"))
    assert found("napkin")


def test_a_text_takes_the_place_of_the_one_before_and_no_others() -> None:
    source = a_document()
    take(source, {"/a": [a_page(1, "We open at nine.")], "/b": [a_page(1, "Towels are free.")]})
    kept = live(source, "/b").id
    take(source, {"/a": [a_page(1, "We open at ten.")], "/c": [a_page(1, "Dogs pay half.")]}, "new")
    assert found("open") == ["We open at ten."]
    assert live(source, "/b").id == kept
    assert (source.parts, source.chunks) == (3, 3)
    assert (rows(Reading), rows(Part), rows(Chunk)) == (3, 3, 3)
    assert index.statistics().passages == 3


def test_a_reading_that_was_left_unfinished_goes_when_its_text_is_taken() -> None:
    source = a_document()
    readings.add_parts(readings.begin(source, place="/a"), [a_page(1, "We open")])
    db.session.commit()
    take(source, {"/a": [a_page(1, "We open at nine.")]})
    assert (rows(Reading), rows(Part), rows(Chunk)) == (1, 1, 1)
    assert (source.parts, source.chunks) == (1, 1)


def test_nothing_of_a_source_that_is_being_removed_is_taken() -> None:
    source = a_document()
    source.state = SourceState.REMOVING
    db.session.commit()
    with pytest.raises(readings.Overtaken):
        taking.take(source.id, [Whole(1, "/a", "", "html", {}, [a_page(1, "We open.")])])
    db.session.rollback()
    assert rows(Reading) == 0


def test_what_is_not_committed_is_as_if_it_had_not_been() -> None:
    source = a_document()
    take(source, {"/a": [a_page(1, "We open at nine.")]})
    readings.hold(source.id)
    new = [Whole(taking.numbers(1)[0], "/a", "", "html", {}, [a_page(1, "We open at ten.")])]
    taking.take(source.id, new)
    db.session.rollback()
    assert found("open") == ["We open at nine."]
    assert (source.parts, source.chunks, rows(Chunk)) == (1, 1, 1)
