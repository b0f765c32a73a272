"""The page on which people ask."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.knowledge.library import a_source
from tests.knowledge.test_answer import RULES
from webapp.knowledge.models import SourceKind

HTMX = {"HX-Request": "true"}
JSON = {"Accept": "application/json"}


def ask(client: FlaskClient, question: str, *, status: int = 200, **more: Any) -> str:
    headers = more.pop("headers", {})
    answer = client.get("/knowledge/ask", query_string={"q": question, **more}, headers=headers)
    assert answer.status_code == status
    return answer.text


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", page).split())


def test_before_anything_is_known_the_page_leads_to_the_upload(
    otto: FlaskClient, vera: FlaskClient
) -> None:
    assert "Nothing is known yet" in ask(otto, "")
    assert 'href="/documents/new"' in ask(otto, "When?")
    assert 'href="/documents/new"' not in ask(vera, "When?")


def test_a_question_is_answered_above_its_passages(vera: FlaskClient) -> None:
    a_source(*RULES, name="Prices.pdf")
    page = ask(vera, "How much is a double room?")
    assert "A double room costs 1,200 rupees a night" in plain(page)
    assert page.index('class="answer-quote"') < page.index('id="passage-1"')
    assert 'href="#passage-1"' in page
    assert re.search(r'href="/knowledge/passages/\d+\?words=How\+much', page)
    assert "<mark>double</mark>" in page
    assert "1 passage found" in page


def test_while_one_types_passages_come_and_no_answer(vera: FlaskClient) -> None:
    a_source(*RULES)
    part = ask(vera, "when does the house ope", headers=HTMX)
    assert "<html" not in part
    assert "answer-quote" not in part
    assert "<mark>opens</mark>" in part
    assert 'hx-swap-oob="innerHTML:#ask-count"' in part


def test_a_word_alone_is_searched_and_not_answered(vera: FlaskClient) -> None:
    a_source(*RULES)
    page = ask(vera, "breakfast")
    assert "answer-title" not in page
    assert 'id="passage-1"' in page


def test_what_is_not_known_is_said(vera: FlaskClient) -> None:
    a_source(*RULES)
    page = ask(vera, "Which bus goes to the central station at night?")
    assert "Nothing in your documents answers this." in page
    assert "Passages that come nearest" in page


def test_what_is_not_found_is_said(vera: FlaskClient) -> None:
    a_source(*RULES)
    assert "Nothing found" in ask(vera, "zeppelin")


def test_passages_go_on_and_their_numbers_too(vera: FlaskClient) -> None:
    a_source(*(f"The towel number {number} is blue." for number in range(25)))
    assert "More than 10 passages found" in ask(vera, "towel")
    more = ask(vera, "towel", after=10, headers=HTMX)
    assert 'start="11"' in more
    assert "after=20" in more
    last = ask(vera, "towel", after=20)
    assert 'id="passage-25"' in last
    assert "More passages" not in last


def test_only_what_was_chosen_is_looked_through(vera: FlaskClient) -> None:
    a_source("The sauna opens at six.", name="Old rules.txt")
    new = a_source("The sauna opens at ten.", name="New rules.txt")
    a_source("The sauna of a website.", name="hotel.example", kind=SourceKind.WEBSITE)
    page = ask(vera, "sauna", source=[new.id, "x", -1, "9" * 40])
    assert "opens at ten" in plain(page)
    assert "opens at six" not in plain(page)
    assert "of a website" not in plain(page)
    page = ask(vera, "sauna", kind="website")
    assert "of a website" in plain(page)
    assert "opens at" not in plain(page)


def test_a_question_that_is_too_long_is_refused_and_stays_in_the_field(vera: FlaskClient) -> None:
    a_source(*RULES)
    question = "towel " * 100 + "end"
    page = ask(vera, question, status=422)
    assert "This is longer than 500 characters." in page
    assert question in page
    assert "error" in vera.get(
        "/knowledge/ask", query_string={"q": question}, headers=JSON
    ).get_json()  # fmt: skip


def test_markup_in_a_question_and_in_a_passage_is_text(vera: FlaskClient) -> None:
    a_source("The <script>alert(1)</script> towel & soap are free here.", name="<b>x</b>.txt")
    page = ask(vera, 'What is "<script>" and towel free?')
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page


def test_a_program_gets_the_answer_with_its_places(vera: FlaskClient) -> None:
    source = a_source(*RULES, name="Prices.pdf")
    said = vera.get(
        "/knowledge/ask", query_string={"q": "How much is a double room?"}, headers=JSON
    ).get_json()  # fmt: skip
    assert said["known"] is True
    assert said["written_by"] == "quoted"
    assert said["answer"].endswith("[1]")
    [one] = said["citations"]
    assert (one["number"], one["source_id"], one["source"]) == (1, source.id, "Prices.pdf")
    assert one["text"] == "A double room costs 1,200 rupees a night, breakfast included."
    passage = said["passages"][0]
    assert one["text"] in passage["text"]
    assert vera.get(one["url"]).status_code == 303


@pytest.mark.parametrize("question", ["\0", "a\0b", "\ud83d", "{{7*7}}", "%", "'", "\u202eabc"])
def test_odd_questions_are_answered(vera: FlaskClient, question: str) -> None:
    a_source(*RULES)
    ask(vera, question.encode("utf-8", "surrogatepass").decode("utf-8", "replace"), after="²")
