"""Sound files with random damage: whatever comes, it is read or refused, and nothing else."""

import io
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extraction import docx, office, ole, pptx, sniffing
from extraction.archives import Archive
from extraction.formats import ENDINGS
from extraction.limits import Hints, Limits
from extraction.pieces import Begin, End, Piece, Refused
from tests.extraction import make
from tests.extraction.pdfs import locked, pdf
from tests.extraction.reads import read
from tests.extraction.test_sniffing import ole as container
from webapp.knowledge.child import NotRead, extract

DOCX = make.docx(
    make.para("Title", '<w:outlineLvl w:val="0"/>')
    + make.para("Some words of text")
    + "<w:tbl><w:tr><w:tc>"
    + make.para("cell")
    + "</w:tc></w:tr></w:tbl>"
)
PPTX = make.pptx([make.shape("Title", "title"), make.shape("b")], notes={1: make.shape("n")})
PDF = pdf([["Some words"], ["and more"]])
READERS = {"docx": (docx, DOCX), "pptx": (pptx, PPTX)}
DAMAGE = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8)
CUT = st.one_of(st.just(1.0), st.floats(0, 1))
LIMITS = Limits(characters=100_000)


def damaged(content: bytes, cut: float, bytes_changed: list[tuple[float, int]]) -> bytes:
    found = bytearray(content[: int(len(content) * cut)])
    for place, value in bytes_changed:
        if found:
            found[int(place * len(found))] = value
    return bytes(found)


def ends(found: Iterator[Begin | Piece | End]) -> str:
    """Read it all, see that the lines come in order, and return how it ended."""
    last = "nothing"
    number = 0
    try:
        for one in found:
            assert isinstance(one, Begin) == (last == "nothing")
            assert last != "End"
            last = type(one).__name__
            if isinstance(one, Piece):
                number += 1
                assert one.number == number
                assert "\0" not in one.text
                one.text.encode()
                for mark in one.marks:
                    assert 0 <= mark.start <= mark.end <= len(one.text)
    except Refused as refused:
        return refused.code
    return last


@pytest.mark.parametrize("kind", READERS)
@settings(max_examples=150, deadline=None)
@given(cut=CUT, changes=DAMAGE)
def test_a_damaged_office_file_is_read_or_refused(
    kind: str, cut: float, changes: list[tuple[float, int]]
):
    reader, content = READERS[kind]
    assert (
        ends(reader.read(io.BytesIO(damaged(content, cut, changes)), LIMITS, Hints())) != "nothing"
    )


XML = st.text(alphabet='<>/&;"= wpt:rcblAChoiceFallback\n\0\x0b', max_size=200)
TAGS = st.lists(
    st.sampled_from(
        [
            *(
                "w:p",
                "w:r",
                "w:t",
                "w:tbl",
                "w:tr",
                "w:tc",
                "w:pPr",
                "w:del",
                "w:ins",
                "w:txbxContent",
            ),
            *(
                "mc:AlternateContent",
                "mc:Choice",
                "mc:Fallback",
                "w:footnote",
                "w:sdt",
                "w:pPrChange",
            ),
        ]
    ),
    max_size=14,
)


@settings(max_examples=200, deadline=None)
@given(tags=TAGS, words=st.lists(st.text(alphabet="ab \u2028", max_size=5), max_size=14))
def test_elements_in_any_order_within_each_other_are_read_without_a_fault(
    tags: list[str], words: list[str]
):
    inside = ""
    for tag, word in zip(tags, [*words, *[""] * len(tags)], strict=False):
        inside = f"{word}<{tag}>{inside}<w:tab/></{tag}>{word}<{tag}/>"
    found = ends(docx.read(io.BytesIO(make.docx(inside)), LIMITS, Hints()))
    assert found in ("End", "nothing_to_read")


@settings(max_examples=150, deadline=None)
@given(xml=XML)
def test_a_part_with_anything_in_it_is_read_or_refused(xml: str):
    content = make.docx(xml)
    assert ends(docx.read(io.BytesIO(content), LIMITS, Hints())) != "nothing"


@settings(max_examples=200, deadline=None)
@given(
    content=st.one_of(
        st.binary(max_size=400),
        st.tuples(st.sampled_from([DOCX, PDF, container("Workbook", "x")]), CUT, DAMAGE).map(
            lambda one: damaged(*one)
        ),
    ),
    name=st.sampled_from(
        ["a", "a.pdf", "a.docx", "a.xls", "a.txt", "a.csv", "", ".", "a.", ".pdf"]
    ),
)
def test_whatever_the_bytes_are_they_have_a_kind_or_a_reason(content: bytes, name: str):
    file = io.BytesIO(content)
    with suppress(Refused):
        assert sniffing.kind(file, name) in ENDINGS
    with suppress(Refused):
        office.main_part(Archive(file))
    ole.names(file)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(which=st.sampled_from([PDF, locked(PDF, ""), DOCX]), cut=CUT, changes=DAMAGE)
def test_a_damaged_file_never_harms_the_parent(
    settings, stored, which: bytes, cut: float, changes: list[tuple[float, int]]
):
    path = stored(damaged(which, cut, changes))
    name = "a.docx" if which == DOCX else "a.pdf"
    with suppress(NotRead):
        assert list(extract(path, name=name, alive=lambda: None))[-1]["is"] == "end"


def test_the_sound_files_of_these_tests_are_sound():
    assert read(DOCX, "a.docx").text == "Title\n\nSome words of text\n\ncell"
    assert read(PPTX, "a.pptx").text == "Title\n\nn\n\nb"
    assert read(PDF, "a.pdf").text == "Some words\n\nand more"
