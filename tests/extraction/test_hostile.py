"""Files made to harm whoever reads them: each ends soon, within its limits, and with a reason."""

import io
import struct
import zipfile
import zlib

import pytest

from extraction import archives
from extraction.archives import Archive
from extraction.pieces import Refused
from tests.extraction import make
from tests.extraction.make import document, docx, para, pptx, shape, zipped
from tests.extraction.pdfs import CATALOG, FONT, ONE_PAGE, PAGE, by_hand, stream
from tests.extraction.reads import Result, read

WORD = b"BT /F 9 Tf 10 10 Td (word) Tj ET"


def spaces(megabytes: int) -> bytes:
    """Return so many deflated, without ever holding them."""
    pack = zlib.compressobj(1)
    block = b" " * 1024 * 1024
    return b"".join(pack.compress(block) for _ in range(megabytes)) + pack.flush()


def opened(content: bytes) -> Archive:
    return Archive(io.BytesIO(content))


def refused(content: bytes, name: str = "") -> str:
    try:
        archive = opened(content)
        if name:
            archive.get(name)
        else:
            archive.measure()
    except Refused as why:
        return why.code
    pytest.fail("It was read.")


# --- archives


def test_what_unpacks_to_far_more_than_is_written_is_refused_early():
    inside = document(para("x") + " " * 64 * 1024 * 1024)
    found = read(docx("", parts={"word/document.xml": inside}), "a.docx", megabytes=192)
    assert found.refused == "bomb"


def test_all_parts_together_are_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archives, "WHOLE", 1_000_000)
    content = zipped({str(n): bytes(range(256)) * 400 for n in range(20)})
    assert refused(content) == "bomb"
    opened(content).get("3")


def test_the_size_that_an_archive_gives_is_not_believed():
    content = bytearray(zipped({"a": b" " * 30 * 1024 * 1024}))
    at = content.index(b"PK\1\2")
    struct.pack_into("<L", content, at + 24, 10)
    struct.pack_into("<L", content, 22, 10)
    assert refused(bytes(content), "a") == "bomb"


def test_parts_that_share_their_bytes_are_refused():
    content = bytearray(zipped({"a": b"x" * 1000, "b": b"y" * 1000}))
    second = content.index(b"PK\1\2", content.index(b"PK\1\2") + 4)
    struct.pack_into("<L", content, second + 42, 0)
    assert refused(bytes(content)) == "bomb"


def test_two_parts_of_one_name_are_refused():
    content = zipped({"aa": "x", "bb": "y"}).replace(b"bb", b"aa")
    assert refused(content) == "broken"


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", "..\\x", "C:\\x", "C:x"])
def test_names_that_lead_elsewhere_are_refused(name: str):
    assert refused(zipped({name: "x"})) == "unsafe"


def test_too_many_parts_are_refused():
    assert refused(zipped(dict.fromkeys(map(str, range(10_001)), ""))) == "bomb"
    opened(zipped(dict.fromkeys(map(str, range(10_000)), "")))


def test_an_encrypted_part_needs_a_password():
    content = bytearray(docx(para("x")))
    at = 0
    while (at := content.find(b"PK\1\2", at) + 1) > 0:
        content[at - 1 + 8] |= 1
    assert read(bytes(content), "a.docx").refused == "password"


def test_a_part_that_is_damaged_or_packed_in_an_unknown_way_is_refused():
    content = bytearray(zipped({"a": bytes(range(256)) * 20}))
    at = content.index(b"PK\1\2")
    broken = content[:]
    broken[45] ^= 0xFF
    assert refused(bytes(broken), "a") == "broken"
    struct.pack_into("<H", content, at + 10, 12)
    assert refused(bytes(content), "a") == "broken"


def test_large_archives_and_those_with_something_before_them_are_read():
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_STORED) as archive:
        with archive.open("a", "w", force_zip64=True) as part:
            part.write(b"long")
        archive.writestr("ä/b", b"text")
    assert opened(into.getvalue()).get("a") == b"long"
    assert opened(b"program" + into.getvalue()).get("Ä/B".lower()) == b"text"


# --- XML

ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 20))


@pytest.mark.parametrize(
    "dtd",
    [
        f'<!DOCTYPE x [<!ENTITY e0 "ha">{ENTITIES}]>',
        '<!DOCTYPE x [<!ENTITY e19 SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">',
    ],
)
@pytest.mark.parametrize("part", ["word/document.xml", "[Content_Types].xml", "_rels/.rels"])
def test_entities_are_refused_in_every_part(dtd: str, part: str):
    parts = {
        "word/document.xml": document(para("&e19;" if "e19" in dtd else "x")),
        "_rels/.rels": make.relations({"rId1": ("officeDocument", "word/document.xml")}),
        "[Content_Types].xml": f'<Types xmlns="{make.TYPES}"><Override PartName="/word/document.xml" '
        f'ContentType="{make.WORD}.document.main+xml"/></Types>',
    }
    if part != "word/document.xml":
        parts["word/document.xml"] = document(para("x"))
    head, _, rest = parts[part].partition("?>") if "?>" in parts[part] else ("", "", parts[part])
    parts[part] = f"{head}?>{dtd}{rest}" if head else f"{dtd}{rest}"
    found = read(zipped(parts), "a.docx")
    assert found.refused == "unsafe"
    assert "root:" not in found.text


def test_parts_within_parts_within_parts_are_refused():
    deep = docx("<w:customXml>" * 20_000 + para("x") + "</w:customXml>" * 20_000)
    assert read(deep, "a.docx").refused == "too_deep"
    table = "<w:tbl><w:tr><w:tc>"
    ends = "</w:tc></w:tr></w:tbl>"
    assert read(docx(table * 5_000 + para("x") + ends * 5_000), "a.docx").refused == "too_deep"
    assert read(docx(table * 300 + para("deep") + ends * 300), "a.docx").text == "deep"
    group = "<p:grpSp>" * 5_000 + shape("x") + "</p:grpSp>" * 5_000
    assert read(pptx([shape("y"), group]), "a.pptx").refused == "too_deep"


def test_styles_based_on_each_other_and_relations_in_circles_end():
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="s{n}"><w:basedOn w:val="s{(n + 1) % 500}"/></w:style>'
        for n in range(500)
    )
    links = {"a": ("styles", "styles.xml"), "b": ("header", "document.xml")}
    content = docx(
        para("Text", '<w:pStyle w:val="s1"/>'),
        links=links,
        parts={"word/styles.xml": f'<w:styles xmlns:w="{make.W}">{styles}</w:styles>'},
    )
    assert read(content, "a.docx").pieces[0]["text"] == "Text"


def test_a_document_cut_off_in_its_xml_is_broken():
    cut = document(para("x"))[:-30]
    found = read(docx("", parts={"word/document.xml": cut}), "a.docx")
    assert found.refused == "broken"


def test_a_very_long_name_of_an_element_costs_no_more_than_memory_allows():
    long = document(f"<w:{'x' * 20_000_000}/>" + para("Text"))
    found = read(docx("", parts={"word/document.xml": long}), "a.docx", megabytes=256)
    assert found.text == "Text" or found.refused in ("memory", "bomb")


# --- PDF


def ended(found: Result) -> bool:
    """Tell whether the process ended in one of the ways that its parent has words for."""
    return found.code == 0 or found.code in (-6, -5, -4, -24)


def test_a_pdf_whose_content_unpacks_to_gigabytes_ends_within_its_memory():
    packed = spaces(512)
    page = b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(packed), packed)
    assert ended(read(by_hand(CATALOG, ONE_PAGE, PAGE, page, FONT), "a.pdf", megabytes=256))
    twice = stream(packed, "/FlateDecode/FlateDecode")
    assert ended(read(by_hand(CATALOG, ONE_PAGE, PAGE, twice, FONT), "a.pdf", megabytes=256))


def test_a_pdf_with_300_000_references_to_one_page_has_too_many():
    tree = f"<</Type/Pages/Kids[{'3 0 R ' * 300_000}]/Count 300000>>"
    found = read(by_hand(CATALOG, tree, PAGE, stream(WORD), FONT), "a.pdf")
    assert (found.refused, found.detail["pages"]) == ("too_many_pages", 300_000)


@pytest.mark.parametrize(
    "tree",
    [
        "<</Type/Pages/Kids[2 0 R]/Count 1>>",
        "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>",
        "<</Type/Pages/Kids[6 0 R]/Count 3>>",
        "<</Type/Pages/Kids[]/Count 0>>",
        "<</Type/Pages/Kids[99 0 R]/Count 1>>",
    ],
)
def test_a_tree_of_pages_without_leaves_is_refused(tree: str):
    loop = "<</Type/Pages/Parent 2 0 R/Kids[2 0 R 6 0 R]/Count 2>>"
    found = read(by_hand(CATALOG, tree, PAGE, stream(WORD), FONT, loop), "a.pdf")
    assert found.refused in ("broken", "images_only")


@pytest.mark.parametrize("count", ["-5", "1", "50"])
def test_a_wrong_number_of_pages_costs_no_text(count: str):
    tree = f"<</Type/Pages/Kids[3 0 R]/Count {count}>>"
    found = read(by_hand(CATALOG, tree, PAGE, stream(WORD), FONT), "a.pdf")
    assert found.text.strip() == "word"
    assert [piece["number"] for piece in found.pieces] == list(range(1, found.begin["total"] + 1))


def test_a_pdf_nested_without_end_is_read_or_refused():
    nodes = [f"<</Type/Pages/Kids[{n + 3} 0 R]/Count 1>>" for n in range(20_000)]
    leaf = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
    assert read(by_hand(CATALOG, *nodes, leaf), "a.pdf").refused == "broken"
    brackets = by_hand(CATALOG, ONE_PAGE, PAGE, stream(WORD + b"[" * 1_000_000), FONT)
    assert read(brackets, "a.pdf").text == "word"


def test_a_picture_of_immense_size_is_never_unpacked():
    page = PAGE.replace("<</Font<</F 5 0 R>>>>", "<</XObject<</X 6 0 R>>>>")
    image = (
        b"<</Type/XObject/Subtype/Image/Width 100000/Height 100000/BitsPerComponent 8"
        b"/ColorSpace/DeviceRGB/Length 3>>stream\nabc\nendstream"
    )
    content = by_hand(CATALOG, ONE_PAGE, page, stream(b"/X Do"), FONT, image)
    assert read(content, "a.pdf", megabytes=256).refused == "images_only"


def test_a_form_that_draws_itself_ends():
    page = PAGE.replace("<</Font<</F 5 0 R>>>>", "<</XObject<</X 6 0 R>>>>")
    form = (
        b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 6 0 R>>>>"
        b"/Length 5>>stream\n/X Do\nendstream"
    )
    found = read(by_hand(CATALOG, ONE_PAGE, page, stream(b"/X Do"), FONT, form), "a.pdf")
    assert ended(found)
