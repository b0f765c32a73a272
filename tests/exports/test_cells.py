"""What a spreadsheet could take for a formula is text."""

import pytest

from webapp.exports.cells import safe


@pytest.mark.parametrize(
    "text",
    [
        "=cmd()", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1",
        '"=1+1"', "＝1+1", "'=1+1", "+91 98123 45678", "+", "-", "+1234567890123456", "+٩١٩٨١٢",
    ],
)  # fmt: skip
def test_what_could_be_a_formula_gets_an_apostrophe(text: str) -> None:
    assert safe(text).startswith("'")


@pytest.mark.parametrize(
    "text",
    ["Asha Rao", "a=b", "a-b", "asha@example.org", "+919812345678", "+4479", "12.50", "", " a"],
)
def test_anything_else_stays_as_it_is(text: str) -> None:
    assert safe(text) == text


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("a;=cmd()", "a;'=cmd()"),
        ('a;"=cmd()', "a;'\"=cmd()"),
        ("a\n=cmd()", "a\n'=cmd()"),
        ("a\t @b", "a\t' @b"),
        ("a; b = c", "a; b = c"),
    ],
)
def test_a_cell_that_another_spreadsheet_would_cut_hides_no_formula(text: str, cell: str) -> None:
    assert safe(text) == cell


@pytest.mark.parametrize(("value", "cell"), [(None, ""), (12, "12"), (-3, "'-3"), (1.5, "1.5")])
def test_a_value_that_is_no_text_is_written_as_one(value: object, cell: str) -> None:
    assert safe(value) == cell
