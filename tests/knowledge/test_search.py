"""Looking for passages, on both databases."""

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.knowledge.library import a_reading, a_source
from webapp.extensions import db
from webapp.knowledge.analysing import question
from webapp.knowledge.highlighting import marked, snippet, spans
from webapp.knowledge.models import Reading, SourceKind, SourceState
from webapp.knowledge.searching import search

pytestmark = pytest.mark.usefixtures("app")

RULES = (
    "We open at nine. On Sundays the house is closed.",
    "A room costs 1,200 rupees a night, breakfast included.",
    "Dogs are welcome; cats stay at home.",
)


def texts(query: str, **how: object) -> list[str]:
    return [hit.chunk.text for hit in search(query, **how).hits]


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


def test_passages_of_several_languages_are_found_by_words_of_each(app: Flask) -> None:
    a_source("Das Haus ist am Sonntag geschlossen.", language="de")
    a_source("La casa está cerrada los domingos.", language="es")
    a_source("这家酒店星期天不开门，手机不能用。", language="zh")
    assert texts("Häuser") == ["Das Haus ist am Sonntag geschlossen."]
    assert texts("casas cerradas") == ["La casa está cerrada los domingos."]
    assert texts("手机") == ["这家酒店星期天不开门，手机不能用。"]
    assert texts("门") == ["这家酒店星期天不开门，手机不能用。"]
    assert texts('"星期天不开"') == ["这家酒店星期天不开门，手机不能用。"]
    assert texts('"不星期天"') == []


def test_what_a_long_german_word_is_made_of_is_found_too(app: Flask) -> None:
    a_source("Die Schmalspur ist schmaler.", "Die Bahn kommt.", "Der Wald ist grün.", language="de")
    assert set(texts("Schmalspurbahnen")) == {"Die Schmalspur ist schmaler.", "Die Bahn kommt."}


def test_a_passage_with_more_and_rarer_words_of_the_question_comes_first(app: Flask) -> None:
    common = [f"The house number {number} has a door." for number in range(20)]
    a_source(*common, "The house has a lighthouse keeper.")
    assert texts("keeper of the house")[0] == "The house has a lighthouse keeper."


def test_only_what_is_live_and_not_being_removed_is_found(app: Flask) -> None:
    source = a_source("The old opening hours.")
    newer = a_reading(source, ["The new opening hours."], live=False)
    db.session.commit()
    assert texts("opening") == ["The old opening hours."]
    older = db.session.scalars(db.select(Reading).where(Reading.live)).one()
    older.live = False
    db.session.flush()
    newer.live = True
    db.session.commit()
    assert texts("opening") == ["The new opening hours."]
    source.state = SourceState.REMOVING
    db.session.commit()
    assert texts("opening") == []
    assert texts("the") == []


def test_a_search_can_be_kept_to_some_sources_or_one_kind(app: Flask) -> None:
    file = a_source("Opening hours of the file, and of the house.")
    site = a_source("Opening hours of the site, and of the house.", kind=SourceKind.WEBSITE)
    assert len(texts("opening")) == 2
    assert texts("opening", source_ids=[file.id]) == [
        "Opening hours of the file, and of the house."
    ]
    assert texts("opening", kind=SourceKind.WEBSITE) == [
        "Opening hours of the site, and of the house."
    ]
    assert texts("opening", source_ids=[]) == []
    assert texts("opening", source_ids=[file.id], kind=SourceKind.WEBSITE) == []
    assert texts("of the", source_ids=[site.id]) == ["Opening hours of the site, and of the house."]


def test_pages_of_results_neither_repeat_nor_leave_out(app: Flask) -> None:
    a_source(*(f"Room {number} is open." for number in range(25)))
    pages = [search("open room", limit=10, offset=offset) for offset in (0, 10, 20, 30)]
    assert [len(page.hits) for page in pages] == [10, 10, 5, 0]
    assert [page.more for page in pages] == [True, True, False, False]
    assert len({hit.chunk.id for page in pages for hit in page.hits}) == 25


def test_an_unfinished_word_finds_what_it_may_become(app: Flask) -> None:
    a_source(*RULES)
    assert texts("breakf") == []
    assert texts("breakf", prefix=True) == [RULES[1]]
    assert texts("rupees breakf", prefix=True) == [RULES[1]]
    assert texts("openin", prefix=True) == [RULES[0]]


HOSTILE = (
    "", " ", '"', '""', '"open', "NEAR(open nine)", "open AND nine", "open OR", "NOT open", "open*",
    "text: open", "{open}", "^open", "open + nine", "(open", "open)", "-open", "'open'", "open;--",
    "%", "_", "\\", "open\\", "\0open\0", "😀", "😀 open", "open" * 3_000, "open " * 2_500,
    "\u202eopen", "\ud800", "a" * 10_000, "the " * 3_000, '"the" "who"', "½ ² ﷺ", "'; DROP TABLE x",
)  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
def test_no_query_is_an_error(app: Flask, query: str) -> None:
    a_source(*RULES)
    for prefix in (False, True):
        for hit in search(query, prefix=prefix).hits:
            assert marked(hit.chunk.text, hit.spans)


def test_operators_are_words_like_others(app: Flask) -> None:
    a_source("We open near the station.", "We are open.", "Nothing of that.")
    assert texts("NEAR(open)")[0] == "We open near the station."
    assert len(texts("open AND station")) == 2


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=st.text(max_size=300))
def test_any_text_can_be_searched_for(app: Flask, query: str) -> None:
    if not db.session.scalar(db.select(db.func.count(Reading.id))):
        a_source(*RULES)
    search(query, prefix=True)
    db.session.rollback()


def test_a_match_is_marked_and_nothing_of_the_text_becomes_html(app: Flask) -> None:
    a_source("<script>alert(1)</script> & we open <b>at nine</b>")
    (hit,) = search('open "at nine"').hits
    assert marked(hit.chunk.text, hit.spans) == (
        "&lt;script&gt;alert(1)&lt;/script&gt; &amp; we <mark>open</mark> "
        "&lt;b&gt;<mark>at nine</mark>&lt;/b&gt;"
    )


def test_a_snippet_is_the_stretch_with_most_matches() -> None:
    text = "open " + "nothing here " * 50 + "we open at nine, and open again " + "or there " * 50
    found = spans(text, "en", question("when open nine", ["en"]))
    shown = snippet(text, found, 80)
    assert "<mark>open</mark> at <mark>nine</mark>, and <mark>open</mark>" in shown
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert len(shown) < 80 + 3 * len("<mark></mark>") + 4
    assert snippet("short", [], 80) == "short"
