import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extraction.encodings import decoded, guess
from tests.extraction.reads import read

GERMAN = "Über Öl und Käse: größere Mengen für Gäste heißen wir natürlich gern willkommen.\n" * 5
JAPANESE = "日本語の文章です。これは試験のために書かれました。\n" * 5
KOREAN = "한국어 문장입니다. 이것은 시험을 위해 쓰였습니다.\n" * 5
RUSSIAN = "Это русский текст, который был написан для проверки кодировок.\n" * 5
GREEK = "Αυτό είναι ένα ελληνικό κείμενο που γράφτηκε για δοκιμή.\n" * 5


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "utf-8"),
        (GERMAN, "utf-8-sig"),
        (GERMAN, "utf-16"),
        (GERMAN, "utf-16-le"),
        (GERMAN, "utf-16-be"),
        (GERMAN, "utf-32"),
        (GERMAN, "utf-32-le"),
        (GERMAN, "cp1252"),
        (JAPANESE, "utf-8"),
        (JAPANESE, "iso2022_jp"),
        (JAPANESE, "cp932"),
        (JAPANESE, "euc_jp"),
        (KOREAN, "iso2022_kr"),
        (KOREAN, "cp949"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, "utf-16-le"),
        (GREEK, "iso8859-7"),
    ],
)
def test_the_text_is_found_whatever_it_was_written_in(text: str, encoding: str) -> None:
    assert decoded(text.encode(encoding))[0].lstrip("\ufeff") == text


def test_a_person_may_overrule_what_was_guessed() -> None:
    content = "Łódź i Kraków".encode("cp1250")
    assert read(content, "towns.txt", encoding="windows-1250").text == "Łódź i Kraków"


@pytest.mark.parametrize("name", ["no-such", "base64", "idna", "rot13", "", "\0"])
def test_what_is_no_encoding_is_refused(name: str) -> None:
    if name in ("", "\0"):  # such an argument cannot be given, or means: guess
        assert read(b"words", "some.txt").text == "words"
    else:
        assert read(b"words", "some.txt", encoding=name).refused == "encoding"


def test_utf8_with_a_few_broken_bytes_stays_utf8() -> None:
    content = JAPANESE.encode() * 20 + b"\xff\xfe" + GERMAN.encode()
    assert guess(io.BytesIO(content)) == "utf-8"


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"))))
def test_utf8_is_always_known(text: str) -> None:
    assert (
        decoded(text.encode())[0].encode() == text.encode()
        or text.startswith("\ufeff")
        or "~{" in text
    )
