import pytest

from tests.extraction import make
from tests.extraction.make import docx, para
from tests.extraction.reads import read

STYLES = f"""<w:styles xmlns:w="{make.W}">
<w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="de-DE"/></w:rPr></w:rPrDefault></w:docDefaults>
<w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Kapitel"><w:name w:val="Kapitel"/><w:basedOn w:val="berschrift1"/></w:style>
<w:style w:type="paragraph" w:styleId="Rund"><w:name w:val="Rund"/><w:basedOn w:val="Kreis"/></w:style>
<w:style w:type="paragraph" w:styleId="Kreis"><w:name w:val="Kreis"/><w:basedOn w:val="Rund"/></w:style>
</w:styles>"""
STYLED = {"links": {"rId1": ("styles", "styles.xml")}, "parts": {"word/styles.xml": STYLES}}


def test_paragraphs_come_in_order_with_a_blank_line_between_them_and_say_where_they_stand():
    found = read(docx(para("First.") + para("") + para("Second.")), "a.docx")
    assert found.begin["format"] == "docx"
    assert found.text == "First.\n\nSecond."
    assert found.pieces[0]["marks"] == [
        [0, 6, "text", 0, "paragraph 1"],
        [8, 15, "text", 0, "paragraph 2"],
    ]
    assert found.end["about"] == {}


def test_a_word_in_several_runs_is_one_word_and_breaks_and_tabs_are_kept():
    body = (
        "<w:p><w:pPr><w:tabs><w:tab w:val='left' w:pos='720'/></w:tabs></w:pPr>"
        "<w:r><w:t>Break</w:t></w:r><w:r><w:t>fast</w:t><w:tab/><w:t>7</w:t><w:noBreakHyphen/>"
        "<w:t>10</w:t><w:br/><w:t>daily</w:t></w:r></w:p>"
    )
    assert read(docx(body), "a.docx").text == "Breakfast\t7-10\ndaily"


def test_headings_are_known_by_their_style_in_any_language_and_by_their_outline():
    body = (
        para("Öffnungszeiten", '<w:pStyle w:val="Kapitel"/>')
        + para("Sonntags", '<w:outlineLvl w:val="2"/>')
        + para("Geschlossen.", '<w:pStyle w:val="Rund"/>')
        + para("Text", '<w:pStyle w:val="Kapitel"/><w:outlineLvl w:val="9"/>')
    )
    found = read(docx(body, **STYLED), "a.docx")
    marks = [(kind, level) for _, _, kind, level, _ in found.pieces[0]["marks"]]
    assert marks == [("heading", 1), ("heading", 3), ("text", 0), ("text", 0)]
    assert found.begin["about"]["language"] == "de-DE"


def test_the_style_before_a_change_is_not_the_style():
    before = '<w:pPrChange><w:pPr><w:pStyle w:val="berschrift1"/></w:pPr></w:pPrChange>'
    found = read(docx(para("Text", f'<w:pStyle w:val="Rund"/>{before}'), **STYLED), "a.docx")
    assert found.marked("heading") == []


def test_what_was_inserted_is_there_and_what_was_deleted_or_moved_away_is_not():
    body = (
        "<w:p><w:ins><w:r><w:t>new </w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>old</w:delText><w:t>older</w:t></w:r></w:del>"
        "<w:moveFrom><w:r><w:t>gone</w:t></w:r></w:moveFrom>"
        "<w:moveTo><w:r><w:t>come</w:t></w:r></w:moveTo></w:p>"
        "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>kept</w:t></w:r></w:p>"
    )
    assert read(docx(body), "a.docx").text == "new come\n\nkept"


def test_links_fields_content_controls_formulas_and_custom_xml_are_read():
    body = (
        "<w:p><w:hyperlink><w:r><w:t>link </w:t></w:r></w:hyperlink>"
        "<w:fldSimple><w:r><w:t>field </w:t></w:r></w:fldSimple>"
        "<w:r><w:instrText>PAGE</w:instrText></w:r>"
        "<w:smartTag><w:r><w:t>tag </w:t></w:r></w:smartTag>"
        "<m:oMath><m:r><m:t>x=1</m:t></m:r></m:oMath></w:p>"
        f"<w:sdt><w:sdtPr><w:tab/></w:sdtPr><w:sdtContent>{para('control')}</w:sdtContent></w:sdt>"
        f"<w:customXml>{para('custom')}</w:customXml>"
    )
    assert read(docx(body), "a.docx").text == "link field tag x=1\n\ncontrol\n\ncustom"


def test_a_text_box_is_read_once_after_the_paragraph_on_which_it_hangs():
    box = f"<w:txbxContent>{para('in the box')}</w:txbxContent>"
    body = (
        "<w:p><w:r><w:t>before </w:t></w:r><w:r><mc:AlternateContent>"
        f"<mc:Choice Requires='wps'><wps:txbx>{box}</wps:txbx></mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r><w:r><w:t>after</w:t></w:r></w:p>"
    )
    assert read(docx(body), "a.docx").text == "before after\n\nin the box"


def test_the_copy_for_older_programs_is_read_where_the_newer_one_has_no_text():
    body = (
        "<w:p><mc:AlternateContent><mc:Choice Requires='x'><w:drawing/></mc:Choice>"
        "<mc:Fallback><w:r><w:t>fallback</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p>"
    )
    assert read(docx(body), "a.docx").text == "fallback"


def cell(*inside: str) -> str:
    return f"<w:tc>{''.join(inside)}</w:tc>"


def row(*cells: str) -> str:
    return f"<w:tr>{''.join(cells)}</w:tr>"


def test_rows_of_a_table_are_lines_and_the_first_is_its_header_when_the_table_says_so():
    table = (
        '<w:tbl><w:tblPr><w:tblLook w:val="04A0" w:firstRow="1"/></w:tblPr>'
        + row(cell(para("Room")), cell(para("Price")))
        + row(cell(para("Single"), para("(small)")), cell(para("80 €")))
        + row(cell(para("")), cell(para("")))
        + row(cell(para("Double")), cell(para("")))
        + "</w:tbl>"
    )
    found = read(docx(para("Prices") + table), "a.docx")
    assert found.text == "Prices\n\nRoom | Price\nSingle (small) | 80 €\nDouble |"
    assert found.marked("table") == ["Room | Price"]
    assert [mark[4] for mark in found.pieces[0]["marks"][1:]] == [
        "table 1, row 1",
        "table 1, row 2",
        "table 1, row 4",
    ]


def test_a_table_that_is_only_a_layout_is_read_as_paragraphs():
    inner = f"<w:tbl>{row(cell(para('a')), cell(para('b')))}</w:tbl>"
    outer = f"<w:tbl>{row(cell(para('One.'), para('Two.'), inner, para('Three.')))}</w:tbl>"
    found = read(docx(para("Zero.") + outer + para("Four.")), "a.docx")
    assert found.text == "Zero.\n\nOne.\n\nTwo.\n\na | b\n\nThree.\n\nFour."
    assert [mark[4] for mark in found.pieces[0]["marks"]] == [
        "paragraph 1",
        "table 1, row 1",
        "table 1, row 1",
        "table 2, row 1",
        "table 1, row 1",
        "paragraph 2",
    ]


def test_notes_and_headers_stand_at_the_end_in_sections_of_their_own():
    links = {
        "rId1": ("footnotes", "footnotes.xml"),
        "rId2": ("endnotes", "endnotes.xml"),
        "rId3": ("header", "header1.xml"),
        "rId4": ("header", "header2.xml"),
        "rId5": ("footer", "/word/footer1.xml"),
        "rId6": ("footer", "missing.xml"),
    }

    def note(tag: str, text: str) -> str:
        return (
            f'<w:{tag}s xmlns:w="{make.W}"><w:{tag} w:type="separator" w:id="-1">{para("---")}</w:{tag}>'
            f'<w:{tag} w:id="2">{para(text)}</w:{tag}></w:{tag}s>'
        )

    parts = {
        "word/footnotes.xml": note("footnote", "A footnote."),
        "word/endnotes.xml": note("endnote", "An endnote."),
        "word/header1.xml": f'<w:hdr xmlns:w="{make.W}">{para("Hotel Bellevue")}</w:hdr>',
        "word/header2.xml": f'<w:hdr xmlns:w="{make.W}">{para("Hotel Bellevue")}</w:hdr>',
        "word/footer1.xml": f'<w:ftr xmlns:w="{make.W}">{para("House rules")}</w:ftr>',
    }
    found = read(docx(para("Text."), links=links, parts=parts), "a.docx")
    assert [(piece["label"], piece["text"]) for piece in found.pieces] == [
        ("", "Text."),
        ("Footnotes", "A footnote.\n\nAn endnote."),
        ("Headers and footers", "Hotel Bellevue\n\nHouse rules"),
    ]


def test_a_long_document_comes_in_sections_which_begin_at_headings_and_can_be_resumed():
    body = "".join(
        para(f"Chapter {n}", '<w:outlineLvl w:val="0"/>') + para(f"Sentence {n}. " * 400)
        for n in range(10)
    )
    whole = read(docx(body), "a.docx")
    assert [piece["number"] for piece in whole.pieces] == list(range(1, len(whole.pieces) + 1))
    assert len(whole.pieces) >= 10
    assert all(len(piece["text"]) < 20_000 for piece in whole.pieces)
    assert all(piece["text"].startswith("Chapter") for piece in whole.pieces)
    assert read(docx(body), "a.docx", start=4).pieces == whole.pieces[4:]


@pytest.mark.parametrize(
    "declared",
    [
        f"{make.WORD}.document.main+xml",
        f"{make.WORD}.template.main+xml",
        "application/vnd.ms-word.document.macroEnabled.main+xml",
        "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
    ],
)
def test_templates_and_documents_with_macros_are_documents(declared: str):
    for name in ("a.docx", "a.docm", "a.dotx", "a.dotm", "a"):
        assert read(docx(para("Text"), declared=declared), name).text == "Text"


def test_the_strict_variant_is_read_as_the_usual_one():
    content = docx(
        para("Strict"),
        w=make.STRICT_W,
        office=make.STRICT_OFFICE,
        links={"rId1": ("footnotes", "footnotes.xml")},
        parts={
            "word/footnotes.xml": f'<w:footnotes xmlns:w="{make.STRICT_W}"><w:footnote w:id="1">'
            f"{para('Note')}</w:footnote></w:footnotes>"
        },
    )
    assert read(content, "a.docx").text == "Strict\n\nNote"


def test_title_and_author_come_from_the_file():
    core = (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
        "<dc:title>House  rules</dc:title><dc:creator>Ada</dc:creator><dc:language/>"
        "<dcterms:modified>2026-01-02T03:04:05Z</dcterms:modified></cp:coreProperties>"
    )
    parts = {
        "_rels/.rels": make.relations(
            {
                "a": ("officeDocument", "word/document.xml"),
                "b": ("core-properties", "docProps/core.xml"),
            }
        ),
        "docProps/core.xml": core,
    }
    found = read(docx(para("Text"), parts=parts), "a.docx")
    assert found.begin["about"] == {"title": "House rules", "author": "Ada", "date": "2026-01-02"}


def test_a_document_without_text_says_so():
    assert read(docx("<w:p><w:r><w:drawing/></w:r></w:p>"), "a.docx").refused == "nothing_to_read"


def test_text_that_is_longer_than_the_limit_is_refused():
    assert read(docx(para("word " * 500)), "a.docx", characters=1_000).refused == "too_long"


def test_a_document_in_utf_16_is_read():
    xml = make.document(para("Größe")).replace("UTF-8", "UTF-16").encode("utf-16")
    assert read(docx("", parts={"word/document.xml": xml}), "a.docx").text == "Größe"


def test_a_document_that_misspells_its_encoding_is_read():
    xml = make.document(para("Größe")).replace("UTF-8", "utf8").encode()
    assert read(docx("", parts={"word/document.xml": xml}), "a.docx").text == "Größe"
