import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extraction.csv_ import delimiter_of, shown
from tests.extraction.in_process import pieces_of
from tests.extraction.reads import Result, read


def rows(result: Result) -> list[tuple[str, str]]:
    return [
        (at, piece["text"][start:end])
        for piece in result.pieces
        for start, end, _, _, at in piece["marks"]
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    table = [["Name", "Price", "Town"], ["Bread", "1.5", "Graz, old"], ["Milk", "2", "Wels"]]
    into = io.StringIO()
    csv.writer(into, delimiter=delimiter).writerows(table)
    expected = "Name | Price | Town\nBread | 1.5 | Graz, old\nMilk | 2 | Wels"
    assert read(into.getvalue().encode(), "some.csv").pieces[0]["text"] == expected


def test_a_decimal_comma_does_not_divide() -> None:
    assert delimiter_of(["Name;Price\n", "Bread;1,5\n", "Milk;2,5\n"], "x.csv") == (";", 0)
    assert delimiter_of(["1,5;2,5\n", "3,5;4,5\n"], "x.csv") == (";", 0)


def test_the_line_with_which_excel_names_the_delimiter_is_no_row() -> None:
    assert rows(read(b"sep=;\r\na;b\r\n1,0;2\r\n", "x.csv")) == [("2", "a | b"), ("3", "1,0 | 2")]


def test_rows_stand_at_the_lines_of_the_file() -> None:
    content = b'Name,Text\n\na,"two\nlines"\nb,one\n'
    assert rows(read(content, "x.csv")) == [
        ("1", "Name | Text"),
        ("3-4", "a | two lines"),
        ("5", "b | one"),
    ]


def test_the_header_is_told_apart_and_long_files_come_in_stretches() -> None:
    content = "Name,Price\n" + "".join(f"thing{n},{n}\n" for n in range(1200))
    result = read(content.encode(), "x.csv")
    assert result.marked("table") == ["Name | Price"]
    assert result.marked("row") == [f"thing{n} | {n}" for n in range(1200)]
    assert [(piece["unit"], len(piece["marks"])) for piece in result.pieces] == [
        ("section", 500),
        ("section", 500),
        ("section", 201),
    ]


def test_a_quotation_mark_that_is_never_closed_costs_no_row() -> None:
    content = b'a,b\n"open,1\nc,2\nd,3\n'
    assert [text for _, text in rows(read(content, "x.csv"))] == [
        "a | b",
        '"open | 1',
        "c | 2",
        "d | 3",
    ]


def test_a_field_beyond_a_megabyte_is_refused() -> None:
    result = read(b"a,b\n" + b"x" * 1_100_000 + b",1\n", "x.csv")
    assert result.refused == "too_long"


def test_a_formula_is_text_like_any_other() -> None:
    assert "=cmd|' /C calc'!A0" in read(b"a,b\n=cmd|' /C calc'!A0,1\n", "x.csv").pieces[0]["text"]


cell = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=8
)
tables = st.lists(st.lists(cell, min_size=2, max_size=4), min_size=2, max_size=8)


@given(tables)
def test_what_was_written_comes_out_cell_by_cell(table: list[list[str]]) -> None:
    into = io.StringIO()
    csv.writer(into, quoting=csv.QUOTE_ALL).writerows(table)
    expected = []
    for cells in table:
        kept = [shown(cell) if not cell.isprintable() else cell for cell in cells]
        while kept and not kept[-1].strip():
            kept.pop()
        if kept:
            expected.append(" ".join(" | ".join(kept).split()))
    found = [
        " ".join(piece.text[mark.start : mark.end].split())
        for piece in pieces_of(into.getvalue().encode(), "x.csv")
        for mark in piece.marks
    ]
    assert found == expected
