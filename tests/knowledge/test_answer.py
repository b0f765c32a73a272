"""Answers that quote, on both databases."""

import pytest

from tests.knowledge.library import a_source
from webapp.extensions import db
from webapp.knowledge.answering import UNKNOWN, Answer, answer
from webapp.knowledge.models import Chunk

pytestmark = pytest.mark.usefixtures("app")

RULES = (
    "The house opens at nine o'clock. On Sundays the house is closed. Ring the bell twice.",
    "A double room costs 1,200 rupees a night, breakfast included. Towels are free.",
    "Dogs are welcome in the garden; cats stay at home.",
    "The pool is heated from May to September. Children swim with their parents.",
    "Checking out is until eleven. Luggage may stay in the hall.",
)


def quotes_are_true(found: Answer) -> None:
    """Every shown sentence stands in its passage, where its citation says."""
    assert found.citations
    for one in found.citations:
        start, end = one.span
        assert 0 <= start < end <= len(one.chunk.text)
        assert " ".join(one.chunk.text[start:end].split()) == one.text
        assert f"{one.text} [{one.number}]" in found.text
        assert found.hits[one.number - 1].chunk is one.chunk


def test_the_sentence_that_answers_is_quoted_with_its_passage() -> None:
    a_source(*RULES)
    found = answer("How much is a double room?")
    assert found.known
    assert found.written_by == "quoted"
    assert found.text == "A double room costs 1,200 rupees a night, breakfast included. [1]"
    quotes_are_true(found)


def test_what_no_document_answers_is_not_known_and_the_nearest_passages_come_along() -> None:
    a_source(*RULES)
    found = answer("Which bus goes from the airport to the central station at night?")
    assert (found.known, found.text, found.citations) == (False, UNKNOWN, [])
    assert found.hits


@pytest.mark.parametrize(
    "question", ["", " ", "?", "the", "\u200b", "'\"*:(", "%_\\", "\ud83d", "x" * 5000]
)
def test_whatever_is_asked_has_an_answer(question: str) -> None:
    a_source(*RULES)
    assert isinstance(answer(question), Answer)


def test_with_nothing_uploaded_nothing_is_known() -> None:
    assert answer("When do you open?") == Answer(UNKNOWN, [], [], known=False)


def test_a_question_before_its_answer_leads_to_it_and_is_not_the_answer() -> None:
    a_source(
        "Is there a car park? Yes, behind the house, for ten cars. Can I bring a dog? Dogs stay free.",
        *RULES,
    )
    found = answer("Is there a car park?")
    assert found.citations[0].text == "Yes, behind the house, for ten cars."
    quotes_are_true(found)


def test_a_heading_leads_to_what_stands_under_it() -> None:
    a_source(
        *RULES,
        "Cancellation policy\nUntil two days before it is free, later half the price is due.",
    )
    chunk = db.session.query(Chunk).filter(Chunk.text.startswith("Canc")).one()
    chunk.place = {"headings": ["Cancellation policy"]}
    db.session.commit()
    found = answer("What is the cancellation policy?")
    assert found.citations[0].text.startswith("Until two days before")
    quotes_are_true(found)


def test_a_row_is_quoted_and_the_header_of_its_table_is_not() -> None:
    a_source("Room | Price\nSingle room | 900\nDouble room | 1,200\nSuite | 4,000", *RULES[2:])
    found = answer("price of the double room")
    assert found.citations[0].text == "Double room | 1,200"
    quotes_are_true(found)


def test_sentences_of_several_passages_are_quoted_when_they_say_as_much_and_none_twice() -> None:
    a_source(
        "Breakfast is served from seven.", "Breakfast is served from seven.",
        "Breakfast is served on the terrace.", *RULES[2:],
    )  # fmt: skip
    found = answer("Where and when is breakfast served?")
    assert {one.text for one in found.citations} == {
        "Breakfast is served from seven.", "Breakfast is served on the terrace.",
    }  # fmt: skip
    quotes_are_true(found)


@pytest.mark.parametrize(
    ("question", "passages", "sentence"),
    [
        (
            "¿A qué hora abre la piscina?",
            (
                "La piscina abre a las ocho de la mañana. Las toallas son gratis.",
                "El perro espera fuera.",
            ),
            "La piscina abre a las ocho de la mañana.",
        ),
        (
            "Wann wird das Frühstück serviert?",
            (
                "Das Haus ist alt. Das Frühstück wird z. B. ab 7 Uhr serviert. Bitte klingeln.",
                "Hunde nicht.",
            ),
            "Das Frühstück wird z. B. ab 7 Uhr serviert.",
        ),
        (
            "游泳池几点开门？",
            ("早餐在一楼。游泳池早上八点开门。毛巾免费。", "狗可以进入花园。"),
            "游泳池早上八点开门。",
        ),
    ],
)
def test_each_language_is_quoted_by_its_sentences(
    question: str, passages: tuple[str, ...], sentence: str
) -> None:
    a_source(*passages)
    a_source(*RULES)
    found = answer(question)
    assert found.citations[0].text == sentence
    quotes_are_true(found)


def test_only_chosen_sources_answer() -> None:
    one = a_source("The sauna opens at six.", *RULES)
    other = a_source("The sauna opens at ten.", *RULES)
    for source, hour in ((one, "six"), (other, "ten")):
        found = answer("When does the sauna open?", source_ids=[source.id])
        assert found.citations[0].text == f"The sauna opens at {hour}."
        assert {hit.chunk.source_id for hit in found.hits} == {source.id}


def test_a_text_without_sentences_is_quoted_in_pieces_that_can_be_read() -> None:
    a_source("word " * 300 + "the garden gate closes at dusk " + "word " * 300, *RULES)
    found = answer("When does the garden gate close?")
    assert "garden gate" in found.citations[0].text
    assert len(found.citations[0].text) <= 600
    quotes_are_true(found)
