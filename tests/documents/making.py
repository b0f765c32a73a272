"""Documents as people have them, made on the spot, and stored as an upload stores them."""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any
from xml.sax.saxutils import escape

from webapp import storage
from webapp.documents.models import Document
from webapp.extensions import db
from webapp.knowledge.models import Source, SourceKind

SENTENCE = "In {what} number {page}.{line} the house keeps {count} towels of the colour {colour}."
COLOURS = ("red", "green", "blue", "white", "amber", "violet", "grey")


def stored(content: bytes, filename: str, *, by: int | None = None) -> Source:
    """Store a file with its rows, as an upload does; it waits to be read. Commits."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = f"documents/{sha256[:2]}/{sha256}"
    storage.put(path, io.BytesIO(content))
    source = Source(
        kind=SourceKind.DOCUMENT, name=filename, size=len(content), asked_by_id=by
    )  # fmt: skip
    db.session.add(source)
    db.session.flush()
    db.session.add(
        Document(
            source_id=source.id, filename=filename, sha256=sha256, size=len(content), path=path
        )
    )
    db.session.commit()
    return source


def pages(count: int, lines: int = 24, *, what: str = "room") -> list[list[str]]:
    """Return the lines of some pages; no two are the same."""
    return [
        [
            SENTENCE.format(
                what=what,
                page=page,
                line=line,
                count=page * line,
                colour=COLOURS[(page + line) % 7],
            )
            for line in range(1, lines + 1)
        ]
        for page in range(1, count + 1)
    ]


def pdf(texts: Sequence[Iterable[str]]) -> bytes:
    """Write a PDF with a page for each text, of a line each."""
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    kids = []
    for lines in texts:
        shown = "".join(f"({_in_brackets(line)}) Tj T* " for line in lines)
        stream = f"BT /F1 9 Tf 11 TL 40 800 Td {shown}ET".encode("cp1252", "replace")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>".encode()
    return _file(objects)


def _in_brackets(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _file(objects: Sequence[bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )
    return bytes(out)


SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def xlsx(rows: Iterable[Sequence[Any]], *, sheet: str = "Prices") -> bytes:
    """Write a workbook of one sheet; texts stand in their cells."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        package.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            '<Override PartName="/xl/workbook.xml" ContentType="application/'
            'vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
            '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/'
            'vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
        )
        package.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
            f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        package.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{SHEETS}" xmlns:r="{RELATIONS}"><sheets>'
            f'<sheet name="{escape(sheet)}" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        package.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
            f'Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        )
        with package.open("xl/worksheets/sheet1.xml", "w") as part:
            part.write(f'<worksheet xmlns="{SHEETS}"><sheetData>'.encode())
            for number, row in enumerate(rows, 1):
                cells = "".join(_cell(number, column, value) for column, value in enumerate(row))
                part.write(f'<row r="{number}">{cells}</row>'.encode())
            part.write(b"</sheetData></worksheet>")
    return out.getvalue()


def _cell(row: int, column: int, value: Any) -> str:
    name = f"{chr(65 + column)}{row}"
    if isinstance(value, int | float):
        return f'<c r="{name}"><v>{value}</v></c>'
    return f'<c r="{name}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def prices(rows: int, columns: int = 6) -> list[list[Any]]:
    """Return a header and some rows of prices."""
    names = [
        "Article",
        "Colour",
        "Price",
        *(f"Column {number}" for number in range(4, columns + 1)),
    ]
    return [names[:columns]] + [
        [f"Towel {number}", COLOURS[number % 7], number * 3, *(f"v{number}x{n}" for n in range(4, columns + 1))]
        for number in range(1, rows + 1)
    ]  # fmt: skip
