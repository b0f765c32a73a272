import datetime
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from extraction.cells import column, place
from extraction.limits import Hints, Limits
from extraction.pieces import Piece
from extraction.xlsx import read as read_here
from tests.extraction.conftest import Settings
from tests.extraction.reads import Result, read
from webapp.knowledge.child import extract


def workbook(*sheets: tuple[str, dict[str, Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, cells in sheets:
        sheet = book.create_sheet(name)
        for at, value in cells.items():
            sheet[at] = value
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    into = io.BytesIO()
    book.save(into)
    return into.getvalue()


def rows(result: Result) -> list[tuple[str, str]]:
    return [
        (at, piece["text"][start:end])
        for piece in result.pieces
        for start, end, _, _, at in piece["marks"]
    ]


def with_part(content: bytes, name: str, part: str) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(into, "w") as new:
        for entry in old.namelist():
            new.writestr(entry, part if entry == name else old.read(entry))
    return into.getvalue()


def sheet_xml(rows_of: str, dimension: str = "") -> str:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}">{dimension}<sheetData>{rows_of}</sheetData></worksheet>'


def inline(at: str, text: str) -> str:
    row = at.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return f'<row r="{row}"><c r="{at}" t="inlineStr"><is><t>{text}</t></is></c></row>'


@pytest.mark.parametrize("careful", [False, True])
def test_values_come_out_as_people_see_them_whichever_library_reads(careful: bool) -> None:
    content = workbook(
        (
            "Values",
            {
                "A1": 12.0,
                "B1": 0.1 + 0.2,
                "C1": True,
                "D1": datetime.date(2024, 1, 5),
                "E1": datetime.datetime(2024, 1, 5, 14, 30),  # noqa: DTZ001 - a sheet knows no zones
                "F1": datetime.time(9, 30),
                "G1": datetime.timedelta(hours=26, minutes=5),
                "H1": "two\nlines",
                "I1": 1234567890123456789,
            },
        )
    )
    hints = Hints("values.xlsx", careful=careful)
    pieces = [
        one for one in read_here(io.BytesIO(content), Limits(), hints) if isinstance(one, Piece)
    ]
    shown = pieces[0].text.split(" | ")
    assert shown[:6] == ["12", "0.3", "TRUE", "2024-01-05", "2024-01-05 14:30", "09:30"]
    assert shown[7] == "two lines"
    assert shown[8].startswith("123456789012345")
    if not careful:
        assert shown[6] == "26:05"


def test_the_place_of_a_row_is_where_the_program_shows_it() -> None:
    content = workbook(
        ("Prices", {"C3": "Thing", "D3": "Price", "C4": "Bread", "D4": 3, "C90": "end"})
    )
    assert rows(read(content, "prices.xlsx")) == [
        ("C3:D3", "Thing | Price"),
        ("C4:D4", "Bread | 3"),
        ("C90", "end"),
    ]


def test_a_row_that_names_the_columns_is_told_apart() -> None:
    cells = {"A1": "Prices of spring", "A3": "Thing", "B3": "Price", "A4": "Bread", "B4": 3}
    assert read(workbook(("Prices", cells)), "prices.xlsx").marked("table") == ["Thing | Price"]
    only_numbers = {"A1": 1, "B1": 2, "A2": 3, "B2": 4}
    assert read(workbook(("Numbers", only_numbers)), "n.xlsx").marked("table") == []


def test_a_long_sheet_comes_in_stretches_with_its_header_once() -> None:
    cells: dict[str, Any] = {"A1": "Thing", "B1": "Price"}
    for number in range(2, 1202):
        cells |= {f"A{number}": f"thing{number}", f"B{number}": number}
    result = read(workbook(("Long", cells)), "long.xlsx")
    assert [piece["label"] for piece in result.pieces] == ["Long"] * 3
    assert result.marked("table") == ["Thing | Price"]
    found = dict(rows(result))
    assert len(found) == 1201
    assert all(
        found[f"A{number}:B{number}"] == f"thing{number} | {number}" for number in range(2, 1202)
    )


def test_reading_goes_on_behind_the_pieces_that_were_read_before() -> None:
    cells = {f"A{number}": f"thing{number}" for number in range(1, 1201)}
    content = workbook(("Long", cells), ("Next", {"A1": "after"}))
    whole = read(content, "long.xlsx").pieces
    assert read(content, "long.xlsx", start=2).pieces == whole[2:]
    assert [piece["number"] for piece in whole] == [1, 2, 3, 4]


def test_hidden_sheets_are_read_and_empty_ones_left_out() -> None:
    book = openpyxl.load_workbook(
        io.BytesIO(workbook(("Seen", {"A1": "x"}), ("Hidden", {"A1": "y"})))
    )
    book["Hidden"].sheet_state = "hidden"
    book.create_sheet("Empty")
    result = read(saved(book), "some.xlsx")
    assert [(piece["label"], piece["text"]) for piece in result.pieces] == [
        ("Seen", "x"),
        ("Hidden", "y"),
    ]


def test_error_cells_say_their_error() -> None:
    content = workbook(("Errors", {"A1": "sum", "B1": "#DIV/0!"}))
    assert rows(read(content, "errors.xlsx")) == [("A1:B1", "sum | #DIV/0!")]


def test_the_title_and_the_author_are_known() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(("One", {"A1": "x"}))))
    book.properties.title, book.properties.creator = "Prices", "Ada"
    about = read(saved(book), "some.xlsx").lines[0]["about"]
    assert (about["title"], about["author"]) == ("Prices", "Ada")


@pytest.mark.parametrize("dimension", ["", '<dimension ref="A1:B2"/>', '<dimension ref="A1"/>'])
def test_a_sheet_of_two_cells_a_million_rows_apart_is_read(dimension: str) -> None:
    far = sheet_xml(inline("A1", "first") + inline("XFD1048576", "last"), dimension)
    content = with_part(workbook(("Far", {"A1": 1})), "xl/worksheets/sheet1.xml", far)
    assert rows(read(content, "far.xlsx")) == [("A1", "first"), ("XFD1048576", "last")]


def test_a_workbook_without_any_cell_says_so() -> None:
    assert read(workbook(("Empty", {})), "empty.xlsx").refused == "nothing_to_read"


def test_a_workbook_whose_sheet_is_no_xml_is_called_broken() -> None:
    content = with_part(workbook(("One", {"A1": 1})), "xl/worksheets/sheet1.xml", "<worksheet><oh")
    assert read(content, "broken.xlsx").refused in ("broken", "nothing_to_read")


def test_more_rows_than_are_read_are_refused() -> None:
    content = workbook(("Long", {f"A{number}": number for number in range(1, 60)}))
    assert read(content, "long.xlsx", rows=50).refused == "too_many_rows"


@given(st.integers(0, 16_383))
def test_the_letters_of_a_column_are_those_of_everybody(number: int) -> None:
    assert column(number) == get_column_letter(number + 1)
    assert place(column(number)) == number


def test_a_sheet_that_ends_the_process_is_read_again_with_care(
    settings: Settings, stored: Callable[[bytes], Path]
) -> None:
    """One far cell between many near ones is seen by nobody before the rectangle is made."""
    rows = [inline(f"A{number}", f"thing{number} {'x' * 40}") for number in range(1, 45_001)]
    rows[19_999] = inline("XFD20000", "far")
    content = with_part(
        workbook(("Far", {"A1": 1})), "xl/worksheets/sheet1.xml", sheet_xml("".join(rows))
    )
    lines = list(extract(stored(content), name="far.xlsx", alive=lambda: None))
    assert [line["is"] for line in lines[:2]] == ["begin", "piece"]
    assert lines[-1]["is"] == "end"
    numbers = [line["number"] for line in lines if line["is"] == "piece"]
    assert numbers == list(range(1, len(numbers) + 1))
    words = " ".join(line["text"] for line in lines if line["is"] == "piece").split()
    assert {"thing1", "thing19999", "far", "thing45000"} <= set(words)
