"""Whatever is in a file, its rows are told apart, counted to the byte, and nothing breaks."""

import contextlib
import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from webapp.campaigns.audience.guessing import guess
from webapp.campaigns.audience.lines import LINE_LENGTH, Layout
from webapp.campaigns.audience.looking import ENCODINGS, NotATable, look
from webapp.campaigns.audience.people import person
from webapp.campaigns.audience.problems import PROBLEMS, Refused
from webapp.campaigns.audience.tables import LINES_OF_A_ROW, rows

PLAIN = Layout("utf-8", ",")


def parts(content, size=7):
    return (content[at : at + size] for at in range(0, len(content), size))


def read(content, layout=PLAIN, size=7):
    found = list(rows(parts(content, size), layout))
    assert sum(layout.size(row.text) for row in found) == len(content)
    return [row.refused.code if row.refused else row.cells for row in found]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"), ("utf-16-le", b""), ("utf-16-be", b""), ("cp1252", b""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_separator_are_recognised(encoding, mark, delimiter):
    table = [["Name", "Telefon", "Ort"], ["Jürgen Müller", "+4915112345678", "Köln"],
             ["Zoë Weiß", "+4915112345679", "Straße 5"]]  # fmt: skip
    text = "".join(delimiter.join(row) + "\r\n" for row in table)
    content = mark + text.encode(encoding)

    seen = look(parts(content))

    assert seen.layout == (encoding, delimiter)
    assert (seen.mark, seen.lines, seen.sample) == (len(mark), 4, table)
    assert read(content[len(mark) :], seen.layout) == table
    columns = guess(seen.sample, "DE")
    assert (columns.name, columns.phone, columns.header) == (0, 1, True)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Имя,Телефон\nАнна,+79161234567\n"),
        (
            "cp1250",
            "Jméno,Telefon\nŘehoř Žižka,+420601123456\nŠtěpán Dvořák,+420601123457\nŽaneta Křížová,+420601123458\n",
        ),
        ("cp1253", "Όνομα,Τηλέφωνο\nΓιώργος Παπαδόπουλος,+306912345678\n"),
    ],
)
def test_the_encodings_of_older_programs_are_guessed(encoding, text):
    assert look(parts(text.encode(encoding))).layout.encoding == encoding


def test_any_line_end_is_one_and_half_a_character_is_none():
    assert read(b"a\rb\r\nc\n\nd") == [["a"], ["b"], ["c"], [], ["d"]]
    odd = Layout("utf-16-le", ";")
    assert [row.cells for row in rows(parts("a;é\nb;😀".encode("utf-16-le") + b"\x00"), odd)] == [
        ["a", "é"], ["b", "😀"],
    ]  # fmt: skip


def test_a_cell_of_several_lines_is_one_and_a_mark_that_is_never_closed_none():
    most = "x\n" * (LINES_OF_A_ROW - 1)

    assert read(f'a,"{most}",b\nc,d\n'.encode()) == [["a", most, "b"], ["c", "d"]]
    assert read(f'a,"x\n{most}",b\nc,d\n'.encode())[0] == "quote"
    assert read(b'"a,1\n"b",2\n"c",3\n') == ["quote", ["b", "2"], ["c", "3"]]
    assert read(b'a,1\n"b,2') == [["a", "1"], "quote"]


def test_a_line_without_end_is_one_row_and_never_whole_in_memory():
    content = b"x" * (5 * LINE_LENGTH) + b"\n" + b'"' + b"y" * (2 * LINE_LENGTH) + b'"\nlast,1\n'

    found = [row for row in read(content, size=1024) if row]

    assert found == ["long", "long", ["last", "1"]]


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    table=some.lists(
        some.lists(some.text(max_size=20).map(lambda cell: cell.replace("\0", "")), min_size=2, max_size=4),
        max_size=8,
    ),
    delimiter=some.sampled_from(",;\t|"),
    encoding=some.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]),
    size=some.integers(1, 64),
)  # fmt: skip
def test_what_a_spreadsheet_writes_comes_back_cell_for_cell(table, delimiter, encoding, size):
    try:
        written = io.StringIO(newline="")
        csv.writer(written, delimiter=delimiter).writerows(table)
        content = written.getvalue().encode(encoding)
    except UnicodeEncodeError:
        return
    assert read(content, Layout(encoding, delimiter), size) == table


SPICE = some.sampled_from(
    [b'"', b",", b";", b"\n", b"\r", b"\0", b"\xff", b"\xfe", b"\xef\xbb\xbf", b"+919812345678", b"a@b.org",
     b"Phone", b"9.19E+11", b'""', b'",\n', "é".encode(), b"\xe9", b"\t", b"=cmd()", b"x" * 300]
)  # fmt: skip


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    content=some.one_of(some.binary(max_size=400), some.lists(SPICE, max_size=60).map(b"".join)),
    layout=some.tuples(some.sampled_from(list(ENCODINGS)), some.sampled_from(",;\t|")),
    size=some.integers(1, 64),
)
def test_no_bytes_at_all_are_a_fault_of_ours(content, layout, size):
    found = [(Layout(*layout), content, [["a", "b"]])]
    with contextlib.suppress(NotATable):
        seen = look(parts(content, size))
        found.append((seen.layout, content[seen.mark :], seen.sample))
    for chosen, body, sample in found:
        columns = guess(sample, "IN")
        whole = sum(chosen.size(row.text) for row in rows(parts(body, size), chosen))
        assert len(body) - whole in ({0, 1} if chosen.encoding.startswith("utf-16") else {0})
        for row in rows(parts(body, size), chosen):
            for cell in row.cells:
                assert "\0" not in cell
                cell.encode()
            assert outcome(row.cells, columns) in {*PROBLEMS, "fine"}


def outcome(cells, columns):
    try:
        who = person(cells, columns)
    except Refused as problem:
        return problem.code
    return "fine" if who.phone or who.email else "nobody at all"
