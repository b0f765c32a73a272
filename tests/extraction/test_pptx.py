import pytest

from tests.extraction import make
from tests.extraction.make import pptx, shape
from tests.extraction.reads import read


def test_slides_come_in_the_order_in_which_they_are_shown_with_their_titles_as_headings():
    content = pptx(
        [shape("Second", "title"), shape("First", "ctrTitle") + shape("a\nb")], order=[2, 1]
    )
    found = read(content, "a.pptx")
    assert (found.begin["format"], found.begin["total"]) == ("pptx", 2)
    assert [(piece["unit"], piece["label"], piece["text"]) for piece in found.pieces] == [
        ("slide", "1", "First\n\na\n\nb"),
        ("slide", "2", "Second"),
    ]
    assert found.marked("heading") == ["First", "Second"]


def test_tables_groups_and_notes_of_a_slide_are_read():
    table = (
        '<p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tblPr firstRow="1"/>'
        + "".join(
            "<a:tr>"
            + "".join(
                f"<a:tc><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>"
                for text in cells
            )
            + "</a:tr>"
            for cells in (("Room", "Price"), ("Single", "80"))
        )
        + "</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
    )
    group = f"<p:grpSp><p:grpSp>{shape('deep')}</p:grpSp></p:grpSp>"
    notes = shape("Say hello.", "body") + shape("7", "sldNum")
    found = read(pptx([group + table], notes={1: notes}), "a.pptx")
    assert found.text == "deep\n\nRoom | Price\nSingle | 80\n\nSay hello."
    assert found.marked("table") == ["Room | Price"]
    assert found.pieces[0]["marks"][-1][4] == "notes"


def test_a_slide_without_text_keeps_its_number():
    found = read(pptx([shape("one"), "", shape("three")]), "a.pptx")
    assert [(piece["number"], piece["text"]) for piece in found.pieces] == [
        (1, "one"),
        (2, ""),
        (3, "three"),
    ]
    assert [
        piece["number"]
        for piece in read(pptx([shape("a"), "", shape("b")]), "a.pptx", start=1).pieces
    ] == [2, 3]


def test_a_damaged_slide_costs_only_itself_and_is_told():
    content = pptx([shape("one"), "<unclosed>", shape("three")])
    found = read(content, "a.pptx")
    assert [piece["text"] for piece in found.pieces] == ["one", "", "three"]
    assert found.end["about"]["unreadable_pages"] == 1
    assert read(pptx(["<unclosed>"]), "a.pptx").refused == "broken"


@pytest.mark.parametrize(
    "declared",
    [
        f"{make.SLIDES}.slideshow.main+xml",
        f"{make.SLIDES}.template.main+xml",
        "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
        "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
        "application/vnd.ms-powerpoint.template.macroEnabled.main+xml",
    ],
)
def test_shows_templates_and_those_with_macros_are_presentations(declared: str):
    for name in ("a.pptx", "a.pptm", "a.ppsx", "a.potx"):
        assert read(pptx([shape("Text")], declared=declared), name).text == "Text"


def test_too_many_slides_are_refused_with_their_number():
    found = read(pptx([shape("x")] * 5), "a.pptx", pages=4)
    assert (found.refused, found.detail) == ("too_many_pages", {"pages": 5, "limit": 4})
    assert read(pptx([]), "a.pptx").refused == "nothing_to_read"


def test_a_slide_longer_than_a_piece_may_be_is_refused():
    words = [shape("one"), shape("word " * 500), shape("three")]
    assert read(pptx(words), "a.pptx", piece_characters=1_000).refused == "too_long"
