"""What a file is, by its bytes; what is said when that is not what its name says."""

import io
import struct

import pytest
from pypdf import PdfWriter

from extraction import sniffing
from extraction.formats import FOREIGN
from extraction.pieces import Refused
from tests.extraction import make
from tests.extraction.make import docx, para, pptx, shape, workbook, zipped
from webapp.knowledge.refusals import CALLED

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
TEXT = b"Breakfast is from 7 to 10.\n"


def kind(content: bytes, name: str) -> str:
    return sniffing.kind(io.BytesIO(content), name)


def refused(content: bytes, name: str) -> Refused:
    with pytest.raises(Refused) as why:
        kind(content, name)
    return why.value


def ole(*names: str, sector: int = 512) -> bytes:
    """Return a container with these streams at its top, side by side."""
    entries = []
    for number, name in enumerate(("Root Entry", *names)):
        raw = name.encode("utf-16-le")
        right = number + 1 if 0 < number < len(names) else 0xFFFFFFFF
        child = 1 if number == 0 and names else 0xFFFFFFFF
        entries.append(
            raw.ljust(64, b"\0")
            + struct.pack("<HBB", len(raw) + 2, 5 if number == 0 else 2, 1)
            + struct.pack("<LLL", 0xFFFFFFFF, right, child)
        )
    directory = b"".join(entry.ljust(128, b"\0") for entry in entries)
    sectors = -(-len(directory) // sector)
    chain = [*range(2, sectors + 1), 0xFFFFFFFE]
    table = struct.pack(f"<{1 + sectors}L", 0xFFFFFFFD, *chain).ljust(sector, b"\xff")
    head = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(sector, b"\0"))
    struct.pack_into("<HH", head, 30, sector.bit_length() - 1, 6)
    struct.pack_into("<L", head, 48, 1)
    struct.pack_into("<109L", head, 76, 0, *[0xFFFFFFFF] * 108)
    return bytes(head) + table + directory.ljust(sectors * sector, b"\0")


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (PDF, "a.pdf", "pdf"),
        (PDF, "A.PDF", "pdf"),
        (PDF, "without an ending", "pdf"),
        (PDF, "report.v2", "pdf"),
        (b"\xef\xbb\xbf\r\n" + PDF, "a.pdf", "pdf"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + PDF, "a.pdf", "pdf"),
        (docx(para("x")), "a.docx", "docx"),
        (b"junk before it" + docx(para("x")), "a.docx", "docx"),
        (pptx([shape("x")]), "a.pptx", "pptx"),
        (workbook(), "a.xlsx", "xlsx"),
        (workbook("application/vnd.ms-excel.sheet.macroEnabled.main+xml"), "a.xlsm", "xlsx"),
        (workbook("application/vnd.ms-excel.sheet.binary.macroEnabled.main"), "a.xlsb", "xlsx"),
        (workbook(f"{make.SHEETS}.template.main+xml"), "a.xltx", "xlsx"),
        (ole("Workbook"), "a.xls", "xls"),
        (ole("\x05SummaryInformation", "Book", "x", "y", "z", "u"), "a.xls", "xls"),
        (ole("Workbook", sector=4096), "a.xls", "xls"),
        (TEXT, "a.txt", "txt"),
        (TEXT, "a.md", "md"),
        (TEXT, "a.csv", "csv"),
        (TEXT, "a.tsv", "csv"),
        (TEXT, "README", "txt"),
        (TEXT, "notes.ini", "txt"),
        ("Öffnungszeiten".encode("cp1252"), "a.txt", "txt"),
        ("Öffnungszeiten".encode("utf-16"), "a.txt", "txt"),
        ("Öffnungszeiten: 7 bis 10 Uhr".encode("utf-16-le"), "a.txt", "txt"),
        ("Öffnungszeiten: 7 bis 10 Uhr".encode("utf-32-le"), "a.txt", "txt"),
        ("Öffnungszeiten: 7 bis 10 Uhr".encode("utf-32-be"), "a.txt", "txt"),
        (b"Single,80\nDouble,\0120\n" + b"Room,90\n" * 200, "a.csv", "csv"),
        ("予約は前日の正午まで".encode("iso2022_jp"), "a.txt", "txt"),
        ("予約は前日の正午まで".encode("shift_jis"), "a.txt", "txt"),
        (b"How a PDF begins: %PDF-1.7\n", "a.md", "md"),
        (b"<!DOCTYPE html><p>x", "page", "html"),
        (b"<?xml version='1.0'?>\n<html xmlns='x'><body/></html>", "page", "html"),
        (b"From: a@b.example\r\nSubject: x\r\n\r\nHello", "message", "eml"),
        (b"BM is how a bitmap begins", "a.txt", "txt"),
        (b"MZ ist kein Programm", "a.txt", "txt"),
        (b"=1+1,2\n", "a.csv", "csv"),
    ],
)
def test_a_file_is_what_its_bytes_say(content: bytes, name: str, expected: str):
    assert kind(content, name) == expected


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (docx(para("x")), "a.pdf", ("pdf", "docx", "docx")),
        (PDF, "a.docx", ("docx", "pdf", "pdf")),
        (PDF, "a.txt", ("txt", "pdf", "pdf")),
        (PDF, "a.jpg", ("jpg", "pdf", "pdf")),
        (workbook(), "a.csv", ("csv", "xlsx", "xlsx")),
        (workbook(), "a.xls", ("xls", "xlsx", "xlsx")),
        (TEXT, "a.pdf", ("pdf", "txt", "txt")),
        (TEXT, "a.docx", ("docx", "txt", "txt")),
        (b"<html><table>", "a.xls", ("xls", "html", "html")),
        (b"Room\tPrice\nSingle\t80\n", "a.xls", ("xls", "csv", "csv")),
        (pptx([shape("x")]), "a.docx", ("docx", "pptx", "pptx")),
        (ole("Workbook"), "a.xlsx", ("xlsx", "xls", "xls")),
    ],
)
def test_a_name_that_says_something_else_is_told_with_both(
    content: bytes, name: str, expected: tuple[str, str, str]
):
    why = refused(content, name)
    assert why.code == "wrong_extension"
    assert tuple(why.detail[one] for one in ("ending", "kind", "better")) == expected


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (ole("WordDocument", "1Table"), "a.doc", "doc"),
        (ole("WordDocument", "ObjectPool"), "a.docx", "doc"),
        (ole("PowerPoint Document", "Current User"), "a.ppt", "ppt"),
        (ole("__properties_version1.0"), "a.msg", "msg"),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.text"}), "a.odt", "odt"),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), "a.ods", "ods"),
        (zipped({"mimetype": "application/epub+zip"}), "a.epub", "epub"),
        (zipped({"Index/Document.iwa": "x"}), "a.pages", "iwork"),
        (zipped({"photo.jpg": "x"}), "a.zip", "archive"),
        (b"\x89PNG\r\n\x1a\n", "a.png", "image"),
        (b"\xff\xd8\xff\xe0", "a.pdf", "image"),
        (b"RIFF\0\0\0\0WEBP", "a.webp", "image"),
        (b"{\\rtf1 x}", "a.rtf", "rtf"),
        (b"{\\rtf1 x}", "a.docx", "rtf"),
        (b"%!PS-Adobe-3.0", "a.ps", "postscript"),
        (
            b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><x/>',
            "a.xls",
            "office_xml",
        ),
        (b"\x09\4\x06\0\0\0\x10\0\0\0", "a.xls", "oldest_xls"),
        (b"MZ\x90\0\3\0\0\0", "a.exe", "program"),
        (b"\0\1\2\3" * 100, "a.bin", ""),
        (b"\0\1\2\3" * 100, "a.txt", ""),
    ],
)
def test_what_cannot_be_read_is_named(content: bytes, name: str, expected: str):
    why = refused(content, name)
    assert (why.code, why.detail["kind"]) == ("unknown_type", expected)


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.pptx", "a"])
@pytest.mark.parametrize(
    "names", [("EncryptionInfo", "EncryptedPackage"), ("\x06DataSpaces", "EncryptedPackage")]
)
def test_an_encrypted_office_file_needs_a_password(names: tuple[str, str], name: str):
    assert refused(ole(*names), name).code == "password"


def with_stream(content: bytes, stream: bytes, *, short: bool) -> bytes:
    """Return a container of two entries whose second one is this stream, in the third sector."""
    changed = bytearray(content)
    holder = 1024 if short else 1024 + 128
    struct.pack_into("<LL", changed, holder + 116, 2, 8192)
    if short:  # in the second of the root's small sectors
        struct.pack_into("<LL", changed, 1024 + 128 + 116, 1, len(stream))
        stream = b"x" * 64 + stream
    return bytes(changed) + stream.ljust(512, b"\0")


@pytest.mark.parametrize("short", [False, True])
def test_an_encrypted_workbook_of_the_old_kind_needs_a_password(short: bool):
    begins = struct.pack("<HH16x", 0x809, 16)
    locked = begins + struct.pack("<HHH", 0x86, 2, 0) + struct.pack("<HH6x", 0x2F, 6)
    why = refused(with_stream(ole("Workbook"), locked, short=short), "a.xls")
    assert (why.code, why.detail["kind"]) == ("password", "xls")
    plain = begins + struct.pack("<HHH", 0x42, 2, 1200)
    assert kind(with_stream(ole("Workbook"), plain, short=short), "a.xls") == "xls"


def test_a_damaged_file_of_a_known_name_is_not_called_unknown():
    assert refused(b"\0\1\2\3" * 100, "a.pdf").code == "broken"
    assert refused(PDF.replace(b"%PDF", b"xxxx"), "a.pdf").code == "broken"
    assert refused(zipped({"x": "y"}), "a.docx").code == "broken"
    assert refused(docx(para("x"))[:-60], "a.docx").code == "truncated"
    assert refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xls").code == "broken"
    assert refused(b"", "a.pdf").code == "empty"


def test_a_container_whose_directory_runs_in_circles_is_left():
    content = bytearray(ole("x"))
    struct.pack_into("<2L", content, 512, 1, 1)  # each sector leads to the directory's first
    struct.pack_into("<L", content, 1024 + 128 + 72, 1)  # the entry's neighbour is itself
    assert refused(bytes(content), "a").code == "unknown_type"


def test_embedded_files_do_not_change_what_a_file_is():
    content = docx(
        para("x"), parts={"word/embeddings/a.xlsx": workbook(), "xl/workbook.xml": "<workbook/>"}
    )
    assert kind(content, "a.docx") == "docx"


def test_the_main_part_may_be_named_as_it_likes():
    content = make.package(
        "parts/main.xml",
        f"{make.WORD}.document.main+xml",
        {"parts/main.xml": make.document(para("x"))},
    )
    assert kind(content, "a.docx") == "docx"


def test_the_type_of_the_main_part_may_be_that_of_all_with_its_ending():
    """Excel writes binary workbooks like that."""
    types = (
        f'<Types xmlns="{make.TYPES}"><Default Extension="bin" ContentType='
        '"application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>'
    )
    parts = {
        "[Content_Types].xml": types,
        "_rels/.rels": make.relations({"rId1": ("officeDocument", "xl/workbook.bin")}),
        "xl/workbook.bin": "x",
    }
    assert kind(zipped(parts), "a.xlsb") == "xlsx"


def test_a_real_pdf_is_one():
    into = io.BytesIO()
    writer = PdfWriter()
    writer.add_blank_page(10, 10)
    writer.write(into)
    assert kind(into.getvalue(), "a.pdf") == "pdf"


def test_every_kind_of_file_that_is_named_has_a_name_for_people():
    for what in {
        *FOREIGN.values(),
        *(name for _, name in sniffing.MAGIC),
        "iwork",
        "office_xml",
        "oldest_xls",
    }:
        assert what in CALLED
