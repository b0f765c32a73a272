"""What of a text is looked up: its words, numbers and codes, in every script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.knowledge.analysing import atoms, language_of, question, terms, tokens


def shared(one: str, other: str, language: str = "en") -> set[str]:
    return set(terms(one, language)) & set(terms(other, language))


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("opening", "opened", "en"),
        ("Häuser", "Haus", "de"),
        ("habitaciones", "habitación", "es"),
        ("STRASSE", "Straße", "de"),
        ("café", "cafe", "en"),
        ("cafe\u0301", "café", "fr"),
        ("ﬁne", "fine", "en"),
        ("Ｒｏｏｍ", "room", "en"),
        ("Ver\u00adteidigung", "Verteidigung", "de"),
        ("l'école", "école", "fr"),
        ("комнаты", "комната", "ru"),
        ("Zürich", "zurich", "de"),
    ],
)
def test_what_people_take_for_one_word_is_one_term(one: str, other: str, language: str) -> None:
    assert shared(one, other, language)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("A-12", "article A-12 is here"),
        ("A12", "article A-12 is here"),
        ("12", "article A-12 is here"),
        ("1,200", "it costs 1,200 rupees"),
        ("1200", "it costs 1,200 rupees"),
        ("1.200", "it costs 1,200 rupees"),
        ("1200.50", "it costs 1,200.50 rupees"),
        ("12,5", "a rate of 12.5 percent"),
        ("info@hotel.example", "write to info@hotel.example today"),
        ("hotel", "write to info@hotel.example today"),
        ("info", "write to info@hotel.example today"),
        ("email", "by e-mail only"),
        ("12 kg", "up to 12kg of luggage"),
        ("978-3-16-148410-0", "ISBN 9783161484100"),
    ],
)
def test_numbers_and_codes_are_found_as_typed_and_by_their_parts(typed: str, text: str) -> None:
    assert shared(typed, text)


def test_a_fraction_is_no_other_number() -> None:
    assert not shared("612", "6½ miles")


def test_scripts_without_spaces_are_searched_by_pairs_also_between_other_words() -> None:
    assert terms("iPhone手机很好12", "zh") == ["iphone", "手机", "机很", "很好", "好", "12"]
    assert shared("手机", "这部手机很好", "zh")
    assert shared("ラーメン", "東京のラーメン屋", "ja")
    assert shared("ภาษาไทย", "ฉันพูดภาษาไทยได้", "th")
    assert shared("ガ", "ｶﾞ", "ja")


def test_vowel_signs_of_indic_scripts_are_kept() -> None:
    assert terms("की कि", "") == ["की", "कि"]
    assert not shared("कमल", "कमाल", "hi")


def test_words_that_say_nothing_are_left_out_by_language() -> None:
    assert terms("the house", "en") == ["hous"]
    assert "the" in terms("the house", "de")
    assert terms("das Haus", "de") == ["haus"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("We open at nine, and the house is closed on Sundays.", "en"),
        ("Das Haus ist am Sonntag geschlossen und öffnet um neun.", "de"),
        ("La casa está cerrada los domingos y abre a las nueve.", "es"),
        ("La maison est fermée le dimanche et ouvre à neuf heures.", "fr"),
        ("Гостиница закрыта по воскресеньям, потому что мы тогда не работаем.", "ru"),
        ("Готель зачинений у неділю, але ми працюємо для вас щодня.", "uk"),
        ("这家酒店星期天不开门。", "zh"),
        ("ホテルは日曜日に休みです。", "ja"),
        ("호텔은 일요일에 문을 닫습니다.", "ko"),
        ("โรงแรมปิดวันอาทิตย์", "th"),
        ("होटल रविवार को बंद है और सोमवार को खुला है", "hi"),
        ("الفندق مغلق في يوم الأحد ولكن هذا ليس في كل أسبوع", "ar"),
        ("1200 | 3400 | 17.5", ""),
        ("", ""),
    ],
)
def test_a_language_is_known_by_its_script_and_small_words(text: str, language: str) -> None:
    assert language_of(text) == language


def test_a_short_passage_is_in_the_language_of_its_document() -> None:
    assert language_of("Kawann Short, Defensive Tackle", "de") == "de"
    assert language_of("1200 | 3400", "es") == "es"
    english = "This is what we have said to them, and they were with us when it was."
    assert language_of(english, "de") == "en"


def test_one_word_of_a_question_is_one_word_in_several_languages() -> None:
    asked = question("opening", ["en", "es", "de", ""])
    assert [set(word.terms) for word in asked.words] == [{"open", "opening"}]


def test_the_small_words_of_the_questions_language_are_not_looked_for() -> None:
    asked = question("Wer ist die Präsidentin?", ["en", "de"])
    assert [word.terms[0] for word in asked.words] == ["prasidentin"]
    assert question("who are we", ["en"]).stop_words == ("who", "are", "we")


def test_only_pairs_of_quotation_marks_mean_anything() -> None:
    assert question('"opening hours', ["en"]).phrases == ()
    assert question("“opening hours” „zwei Worte“", ["en"]).phrases == (
        ("opening", "hours"),
        ("zwei", "worte"),
    )


@given(st.text(max_size=200), st.sampled_from(["en", "de", "zh", "th", "hi", ""]))
def test_any_text_can_be_analysed_and_every_token_stands_where_it_says(
    text: str, language: str
) -> None:
    found = list(tokens(text, language))
    assert [token.term for token in found] == terms(text, language)
    for token in found:
        assert 0 <= token.start < token.end <= len(text)
        assert token.term
        assert not any(sign.isspace() or sign in '"\0' for sign in token.term)
        assert len(token.term) <= 64
    for atom in atoms(text):
        assert text[atom.start : atom.end].strip()


@given(st.text(max_size=200))
def test_any_text_is_a_question(text: str) -> None:
    asked = question(text, ["en", "de", "zh", ""], prefix=True)
    assert all(word.terms and all(word.terms) for word in asked.words)
    assert language_of(text) == language_of(text, "")
