"""Looking for passages, on both databases."""

import pytest
from flask import Flask

from tests.knowledge.library import a_source
from webapp.knowledge.highlighting import marked
from webapp.knowledge.searching import search

pytestmark = pytest.mark.usefixtures("app")

RULES = (
    "We open at nine. On Sundays the house is closed.",
    "A room costs 1,200 rupees a night, breakfast included.",
    "Dogs are welcome; cats stay at home.",
)


def texts(query: str, **how: object) -> list[str]:
    return [hit.chunk.text for hit in search(query, **how).hits]  # type: ignore[arg-type]


def test_a_question_finds_the_passage_that_answers_it(app: Flask) -> None:
    a_source(*RULES)
    found = search("When does the house open?")
    assert [hit.chunk.text for hit in found.hits] == [RULES[0]]
    assert not found.more
    hit = found.hits[0]
    assert marked(hit.chunk.text, hit.spans) == (
        "We <mark>open</mark> at nine. On Sundays the <mark>house</mark> is closed."
    )
    assert hit.score > 0


def test_words_in_quotation_marks_must_stand_side_by_side(app: Flask) -> None:
    a_source("The opening hours are long.", "Hours of opening: nine.", "Nothing of it.")
    assert texts('"opening hours"') == ["The opening hours are long."]
    assert set(texts("opening hours")) == {"The opening hours are long.", "Hours of opening: nine."}
    assert texts('"the opening" nine') == ["The opening hours are long."]


def test_a_question_of_stop_words_alone_is_answered_too(app: Flask) -> None:
    a_source("Here we are.", "Nobody is there.", language="en")
    assert texts("are we") == ["Here we are."]
