"""What the index holds, and that both databases rank alike."""

import random

import pytest
from flask import Flask
from sqlalchemy import text

from tests.knowledge.library import a_reading, a_source
from webapp.extensions import db
from webapp.knowledge import analysing, index
from webapp.knowledge.models import Chunk, Reading, Source
from webapp.knowledge.searching import search
from webapp.knowledge.sought import weight, worth

pytestmark = pytest.mark.usefixtures("app")


def entries() -> int:
    table = "knowledge_index" if db.engine.dialect.name == "sqlite" else "knowledge_postings"
    return db.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0


def test_adding_sets_language_and_length(app: Flask) -> None:
    a_source("We open at nine, and the house is closed.", "1200 | 3400", language="en-GB")
    first, second = db.session.scalars(db.select(Chunk).order_by(Chunk.id)).all()
    assert (first.language, second.language) == ("en", "en")
    assert first.length == len(analysing.terms(first.text, "en"))
    assert index.statistics() == index.Statistics(2, (first.length + second.length) / 2, ("en",))


def test_a_passage_without_words_of_its_own_takes_the_language_of_its_neighbours(
    app: Flask,
) -> None:
    source = a_source("Das Haus ist am Sonntag geschlossen und es öffnet um neun.", "Tackle, Short")
    assert {chunk.language for chunk in db.session.scalars(db.select(Chunk))} == {"de"}
    a_reading(source, ["Kawann Short"], place="other", language="es")
    assert db.session.scalars(db.select(Chunk).order_by(Chunk.id.desc())).first().language == "es"


def test_removing_takes_a_reading_out_and_only_that(app: Flask) -> None:
    source, other = a_source("We open at nine."), a_source("They open at ten.")
    readings = db.session.scalars(db.select(Reading.id).where(Reading.source_id == source.id)).all()
    for _ in range(2):
        index.remove(readings)
        db.session.commit()
        assert [hit.chunk.source_id for hit in search("open").hits] == [other.id]
        assert index.statistics().passages == 1
        assert index.frequencies(["open", "nine"]) == {"open": 1}


def test_nothing_is_left_in_the_index_of_a_source_that_is_deleted(app: Flask) -> None:
    a_source("We open at nine.", "And close at ten.")
    db.session.execute(db.delete(Source))
    db.session.commit()
    assert entries() == 0
    assert index.statistics().passages == 0


def test_a_rollback_takes_the_entries_back(app: Flask) -> None:
    source = a_source("We open at nine.")
    a_reading(source, ["We open at ten."], place="other")
    db.session.rollback()
    assert index.frequencies(["open", "ten"]) == {"open": 1}
    assert index.statistics().passages == 1


def some_passages() -> list[str]:
    """Return 300 passages of made-up words, some frequent and some rare, the same each time."""
    rng = random.Random(4)
    words = [f"word{chr(97 + one // 26)}{chr(97 + one % 26)}" for one in range(300)]
    odds = [1 / (one + 3) for one in range(300)]
    return [" ".join(rng.choices(words, odds, k=rng.randint(20, 120))) for _ in range(300)]


def test_scores_are_bm25_whatever_the_database(app: Flask) -> None:
    passages = some_passages()
    a_source(*passages)
    taken = [analysing.terms(passage, "") for passage in passages]
    mean = sum(map(len, taken)) / len(taken)
    rng = random.Random(5)
    for _ in range(20):
        asked = list(dict.fromkeys(rng.choices(rng.choice(taken), k=4)))
        expected = [
            sum(
                worth(len(taken), sum(term in one for one in taken))
                * weight(terms.count(term), len(terms), mean)
                for term in asked
            )
            for terms in taken
        ]
        best = sorted(range(len(taken)), key=lambda one: (-expected[one], one))[:10]
        hits = search(" ".join(asked)).hits
        assert [hit.score for hit in hits] == pytest.approx([expected[one] for one in best])
        assert [hit.chunk.ordinal - 1 for hit in hits] == best


def test_where_there_are_many_passages_rare_words_choose_and_all_words_rank(app: Flask) -> None:
    a_source(*(f"house number {number}" for number in range(2_100)), "the keeper of the house",
             "a keeper")  # fmt: skip
    hits = search("house keeper", limit=5).hits
    assert [hit.chunk.text for hit in hits] == ["the keeper of the house", "a keeper"]


def test_a_passage_is_found_by_the_headings_above_it(app: Flask) -> None:
    source = a_source("Breakfast costs 12.")
    reading = db.session.scalars(db.select(Reading)).one()
    texts = ("Towels cost 3.", "Massages\nHalf an hour costs 40.")
    chunks = [
        Chunk(source_id=source.id, reading_id=reading.id, ordinal=number, text=text, part_from=1,
              part_to=1, start=0, end=len(text), sha256="", place={"headings": ["Spa", "Massages"]})
        for number, text in enumerate(texts, 2)
    ]  # fmt: skip
    db.session.add_all(chunks)
    db.session.flush()
    index.add(chunks)
    db.session.commit()
    assert {hit.chunk.ordinal for hit in search("spa massages").hits} == {2, 3}
    # The heading that a passage begins with is not counted twice.
    own = analysing.terms("Spa\n" + texts[1], chunks[1].language)
    assert chunks[1].length == len(own)
