"""A file keeps the name that its owner gave it, and misleads nobody."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as some

from webapp.documents.naming import LENGTH, shown


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Prices.xlsx", "Prices.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\Users\\Asha\\Prices 2026.xlsx", "Prices 2026.xlsx"),
        ("/", "Document"),
        ("..", "Document"),
        ("", "Document"),
        (None, "Document"),
        ("   ", "Document"),
        ("\u200d\u200c", "Document"),
        ("CON", "CON"),
        (".pdf", ".pdf"),
        ("a\0b\r\nc\x7f.txt", "a b c .txt"),
        ("invoice\u202efdp.exe", "invoice fdp.exe"),
        ("\u2067price\u2069\u200e list\ufeff.pdf", "price list .pdf"),
        ("two\u2028lines.txt", "two lines.txt"),
        ("half \ud83d.txt", "half .txt"),
        ("Preise fu\u0308r Zimmer.pdf", "Preise für Zimmer.pdf"),
        ("مواعيد العمل.pdf", "مواعيد العمل.pdf"),
        ("می\u200cخواهم.txt", "می\u200cخواهم.txt"),
        ("营业时间.docx", "营业时间.docx"),
        ("<script>alert(1)<\\script>.html", "script>.html"),
    ],
)
def test_a_name_is_shown_safely(sent, kept):
    assert shown(sent) == kept


@pytest.mark.parametrize("ending", [".pdf", ".xlsx", ".markdown"])
def test_a_long_name_is_cut_and_keeps_its_ending(ending):
    name = shown("a" * 400 + ending)

    assert len(name) == LENGTH
    assert name.endswith(f"a{ending}")


def test_what_follows_a_dot_is_not_an_ending_when_it_is_long():
    assert shown("a." + "b" * 400) == ("a." + "b" * 298)


@given(some.text(max_size=400))
def test_whatever_is_sent_a_name_comes_of_it(sent):
    name = shown(sent)

    assert 0 < len(name) <= LENGTH
    assert not set("/\\\0\r\n\u202e\u2067") & set(name)
    assert name == unicodedata.normalize("NFC", name) or len(sent) > LENGTH
    assert shown(name) == name or len(name) == LENGTH
    name.encode()
