import io

from pypdf import PdfReader, PdfWriter
from pypdf.constants import PageLabelStyle
from reportlab.pdfgen.canvas import Canvas

from tests.extraction.pdfs import (
    CATALOG,
    FONT,
    ONE_PAGE,
    PAGE,
    by_hand,
    locked,
    pdf,
    picture,
    stream,
)
from tests.extraction.reads import read
from webapp.knowledge.refusals import words


def test_each_page_is_a_piece_with_its_text_and_the_number_of_pages_is_known_first():
    found = read(pdf([["Breakfast is from 7 to 10.", "On Sundays until 11."], ["Spa"]]), "a.pdf")
    assert (found.begin["format"], found.begin["total"]) == ("pdf", 2)
    assert [
        (piece["number"], piece["unit"], piece["label"], piece["text"]) for piece in found.pieces
    ] == [
        (1, "page", "1", "Breakfast is from 7 to 10.\nOn Sundays until 11."),
        (2, "page", "2", "Spa"),
    ]
    assert found.end["about"] == {}


def test_title_author_and_date_are_told_and_what_programs_write_by_themselves_is_not():
    found = read(pdf([["x"]], title="House\nrules", author="Ada"), "a.pdf")
    about = found.begin["about"]
    assert (about["title"], about["author"]) == ("House rules", "Ada")
    assert len(about["date"]) == 10
    assert "title" not in read(pdf([["x"]]), "a.pdf").begin["about"]


def test_a_word_that_a_line_end_divides_is_whole_and_a_hyphen_of_its_own_stays():
    lines = ["You may cancel the reser-", "vation at the self-", "service desk or by e-mail in Ba-"]
    lines += ["den-", "Baden. The self is service."]
    text = read(pdf([lines]), "a.pdf").text
    for word in ("reservation", "self-service", "e-mail"):
        assert word in text.replace("\n", " ")
    assert "Baden-Baden" in text


def with_labels(content: bytes, *labels: tuple[int, int, str]) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    for first, last, prefix in labels:
        style = PageLabelStyle.LOWERCASE_ROMAN if not prefix else None
        writer.set_page_label(first, last, style=style, prefix=prefix or None)
    into = io.BytesIO()
    writer.write(into)
    return into.getvalue()


def test_pages_are_called_as_the_document_calls_them_where_that_tells_them_apart():
    content = with_labels(pdf([["a"], ["b"], ["c"], ["d"]]), (0, 1, ""), (2, 3, "Annex"))
    assert [piece["label"] for piece in read(content, "a.pdf").pieces] == ["i", "ii", "Annex", "4"]


def test_a_document_of_pictures_says_so():
    found = read(picture([[], []]), "a.pdf")
    assert found.begin["total"] == 2
    assert found.refused == "images_only"


def test_some_pages_of_pictures_are_told_and_the_others_are_read():
    found = read(picture([["Text"], [], []]), "a.pdf")
    assert [piece["text"] for piece in found.pieces] == ["Text", "", ""]
    assert found.end["about"] == {
        "picture_pages": 2,
        "note": "2 of 3 pages have only pictures of text, which were not read.",
    }


def test_a_document_of_blank_pages_has_nothing_to_read():
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    into = io.BytesIO()
    writer.write(into)
    found = read(into.getvalue(), "a.pdf")
    assert found.refused == "images_only"
    assert words(found.refused, found.detail).sentence == (
        "There is no text on the pages of this PDF."
    )


def test_letters_that_are_only_numbers_of_a_font_are_no_text():
    content = b"BT /F 12 Tf 72 700 Td (\\001\\002\\003\\004 \\002\\003) Tj ET"
    found = read(by_hand(CATALOG, ONE_PAGE, PAGE, stream(content), FONT), "a.pdf")
    assert found.refused == "images_only"
    assert words(found.refused, found.detail).sentence.startswith("This PDF has only pictures")


def test_what_was_filled_into_a_form_or_written_onto_a_page_is_read():
    into = io.BytesIO()
    canvas = Canvas(into)
    canvas.drawString(72, 700, "Arrival")
    canvas.acroForm.textfield(name="f1", tooltip="Date of arrival", value="12 May", x=150, y=690)
    canvas.acroForm.textfield(name="f2", tooltip="Empty", value="", x=150, y=650)
    canvas.acroForm.checkbox(name="f3", tooltip="Breakfast", checked=True, x=150, y=600)
    canvas.freeTextAnnotation("Late check-in", DA="/F 9 Tf", Rect=(100, 100, 300, 200))
    canvas.linkURL("https://hotel.example", (0, 0, 10, 10))
    canvas.save()
    found = read(into.getvalue(), "a.pdf")
    assert found.text == "Arrival\n\nDate of arrival: 12 May\n\nLate check-in"


def test_reading_goes_on_where_it_stopped_and_knows_of_the_text_before():
    content = picture([["One"], [], ["Three"], []])
    found = read(content, "a.pdf", start=3)
    assert [piece["number"] for piece in found.pieces] == [4]
    assert found.end["about"]["picture_pages"] == 2
    assert read(picture([[], [], []]), "a.pdf", start=1).refused == "images_only"


def test_an_encrypted_document_opens_if_its_password_is_empty_and_else_asks_for_it():
    content = pdf([["Secret"]])
    assert read(locked(content, ""), "a.pdf").text == "Secret"
    assert read(locked(content, "word"), "a.pdf").refused == "password"


def test_a_document_whose_end_is_missing_is_read_as_far_as_it_goes_or_called_truncated():
    content = pdf([["A line of text on a page"] * 30] * 20)
    found = read(content[: len(content) // 2], "a.pdf")
    assert found.text.count("A line") > 100 or found.refused == "truncated"
    assert read(content[:200], "a.pdf").refused == "truncated"
    assert read(b"%PDF-1.7\nnothing\n%%EOF", "a.pdf").refused == "broken"


def test_too_many_pages_are_refused_with_both_numbers():
    found = read(pdf([["x"]] * 12), "a.pdf", pages=10)
    assert (found.refused, found.detail) == ("too_many_pages", {"pages": 12, "limit": 10})


def test_letters_for_print_become_those_that_people_type():
    font = (
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding"
        "<</Type/Encoding/Differences[64/at/fi/fl]>>/ToUnicode 6 0 R>>"
    )
    cmap = (
        b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <FF> "
        b"endcodespacerange 2 beginbfchar <41> <FB01> <42> <FEFB> endbfchar endcmap end"
    )
    page = b"BT /F 12 Tf 72 700 Td (A B) Tj ET"
    content = by_hand(
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F 5 0 R>>>>/Contents 4 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(page), page),
        font,
        b"<</Length %d>>stream\n%s\nendstream" % (len(cmap), cmap),
    )
    assert read(content, "a.pdf").text.replace("\u0627\u0644", "\u0644\u0627") == "fi \u0644\u0627"


def test_characters_beyond_the_first_plane_come_out_whole():
    cmap = (
        b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <FF> "
        b"endcodespacerange 1 beginbfchar <41> <D83DDE00> endbfchar endcmap end"
    )
    page = b"BT /F 12 Tf 72 700 Td (xAx) Tj ET"
    content = by_hand(
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F 5 0 R>>>>/Contents 4 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(page), page),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(cmap), cmap),
    )
    assert read(content, "a.pdf").text == "x\U0001f600x"
