"""Makes files as the programs of strangers make them, sound and otherwise."""

import io
import zipfile
from collections.abc import Mapping

TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
STRICT_W = "http://purl.oclc.org/ooxml/wordprocessingml/main"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
SLIDES = "application/vnd.openxmlformats-officedocument.presentationml"
SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
Parts = Mapping[str, str | bytes]


def zipped(parts: Parts) -> bytes:
    """Return an archive of these files."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return into.getvalue()


def unzipped(content: bytes) -> dict[str, str | bytes]:
    """Return the files of an archive, to put others to them."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def relations(targets: Mapping[str, tuple[str, str]], office: str = OFFICE) -> str:
    """Return a part of relations: by id the last word of the kind, and the target."""
    rows = "".join(
        f'<Relationship Id="{name}" Type="{office}/{kind}" Target="{target}"/>'
        for name, (kind, target) in targets.items()
    )
    return f'<?xml version="1.0"?><Relationships xmlns="{RELATIONS}">{rows}</Relationships>'


def package(main: str, declared: str, parts: Parts, *, office: str = OFFICE) -> bytes:
    """Return an Office file whose main part is of that type."""
    types = (
        f'<?xml version="1.0"?><Types xmlns="{TYPES}">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{main}" ContentType="{declared}"/></Types>'
    )
    root = relations({"rId1": ("officeDocument", main)}, office)
    return zipped({"[Content_Types].xml": types, "_rels/.rels": root, **parts})


def document(body: str, *, w: str = W) -> str:
    """Return the main part of a Word document around what is in its body."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="{w}" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
        'xmlns:v="urn:schemas-microsoft-com:vml" '
        'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math">'
        f"<w:body>{body}</w:body></w:document>"
    )


def docx(
    body: str,
    *,
    declared: str = f"{WORD}.document.main+xml",
    links: Mapping[str, tuple[str, str]] | None = None,
    parts: Parts | None = None,
    w: str = W,
    office: str = OFFICE,
) -> bytes:
    """Return a Word document; ``links`` and ``parts`` are what else is in it."""
    return package(
        "word/document.xml",
        declared,
        {
            "word/document.xml": document(body, w=w),
            "word/_rels/document.xml.rels": relations(links or {}, office),
            **(parts or {}),
        },
        office=office,
    )


def para(text: str, properties: str = "") -> str:
    """Return a paragraph of a Word document."""
    inside = f"<w:pPr>{properties}</w:pPr>" if properties else ""
    return f'<w:p>{inside}<w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def shape(text: str, role: str = "") -> str:
    """Return a box of a slide, with what it is for."""
    ph = f'<p:nvPr><p:ph type="{role}"/></p:nvPr>' if role else "<p:nvPr/>"
    lines = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in text.split("\n"))
    return f"<p:sp><p:nvSpPr>{ph}</p:nvSpPr><p:txBody>{lines}</p:txBody></p:sp>"


def slide(tree: str) -> str:
    """Return a part with a slide (or its notes) around its shapes."""
    return (
        f'<?xml version="1.0"?><p:sld xmlns:p="{P}" xmlns:a="{A}" xmlns:r="{OFFICE}">'
        f"<p:cSld><p:spTree>{tree}</p:spTree></p:cSld></p:sld>"
    )


def pptx(
    slides: list[str],
    *,
    order: list[int] | None = None,
    notes: Mapping[int, str] | None = None,
    declared: str = f"{SLIDES}.presentation.main+xml",
) -> bytes:
    """Return a presentation of these trees of shapes; ``order`` is how they are shown, from 1 on."""
    parts: dict[str, str] = {}
    shown = order or list(range(1, len(slides) + 1))
    ids = "".join(f'<p:sldId id="{255 + n}" r:id="rId{n}"/>' for n in shown)
    parts["ppt/presentation.xml"] = (
        f'<?xml version="1.0"?><p:presentation xmlns:p="{P}" xmlns:r="{OFFICE}">'
        f"<p:sldIdLst>{ids}</p:sldIdLst></p:presentation>"
    )
    parts["ppt/_rels/presentation.xml.rels"] = relations(
        {f"rId{n}": ("slide", f"slides/slide{n}.xml") for n in range(1, len(slides) + 1)}
    )
    for number, tree in enumerate(slides, 1):
        parts[f"ppt/slides/slide{number}.xml"] = slide(tree)
        if notes and number in notes:
            parts[f"ppt/slides/_rels/slide{number}.xml.rels"] = relations(
                {"rId1": ("notesSlide", f"../notesSlides/notesSlide{number}.xml")}
            )
            parts[f"ppt/notesSlides/notesSlide{number}.xml"] = slide(notes[number])
    return package("ppt/presentation.xml", declared, parts)


def workbook(declared: str = f"{SHEETS}.sheet.main+xml") -> bytes:
    """Return as much of an Excel workbook as says what it is."""
    return package("xl/workbook.xml", declared, {"xl/workbook.xml": "<workbook/>"})


def sheet(rows: int, words: str) -> bytes:
    """Return a workbook with one sheet of so many rows: a number and these words."""
    lines = "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n}</v></c>'
        f'<c r="B{n}" t="inlineStr"><is><t>{words} {n}</t></is></c></row>'
        for n in range(1, rows + 1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="Prices" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations({"rId1": ("worksheet", "worksheets/sheet1.xml")}),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData></worksheet>',
    }
    return package("xl/workbook.xml", f"{SHEETS}.sheet.main+xml", parts)
