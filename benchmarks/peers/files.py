"""Files of known words, as large as wanted."""

import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

from openpyxl import Workbook
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Table, TableStyle

SYLLABLES = (
    *("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru"),
    *("sa", "te", "vi", "wo", "zu", "kra", "ble", "stri", "plo", "gnu"),
)
PARAGRAPHS, SENTENCE, SENTENCES = 5, 12, 5
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


class Writer:
    """Makes up words, and remembers those that it gave."""

    def __init__(self) -> None:
        self.chance = random.Random(7)
        self.words: set[str] = set()

    def word(self) -> str:
        """Return a word of two to four syllables."""
        made = "".join(self.chance.choices(SYLLABLES, k=self.chance.randint(2, 4)))
        self.words.add(made)
        return made

    def number(self) -> int:
        """Return a number of up to six digits."""
        made = self.chance.randint(10, 999_999)
        self.words.add(str(made))
        return made

    def paragraph(self) -> str:
        """Return some sentences."""
        sentences = (" ".join(self.word() for _ in range(SENTENCE)) for _ in range(SENTENCES))
        return " ".join(f"{sentence}." for sentence in sentences)

    def rows(self, count: int, columns: int) -> Iterator[list[str | int]]:
        """Yield rows of words and numbers."""
        for _ in range(count):
            yield [self.number() if at % 2 else self.word() for at in range(columns)]


def pdf(path: Path, pages: int) -> set[str]:
    """Write a PDF of paragraphs and a ruled table on each page. Returns its words."""
    writer = Writer()
    style = getSampleStyleSheet()
    grid = TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black)])
    story: list[Flowable] = []
    for _ in range(pages):
        story.append(Paragraph(writer.word(), style["Heading1"]))
        story += [Paragraph(writer.paragraph(), style["Normal"]) for _ in range(PARAGRAPHS)]
        story.append(Table([[str(cell) for cell in row] for row in writer.rows(8, 5)], style=grid))
        story.append(PageBreak())
    SimpleDocTemplate(str(path), pagesize=A4).build(story)
    return writer.words


def docx(path: Path, pages: int) -> set[str]:
    """Write a Word document of headings, paragraphs and tables. Returns its words."""
    writer = Writer()
    body = []
    for _ in range(pages):
        body.append(_paragraph(writer.word(), "Heading1"))
        body += [_paragraph(writer.paragraph()) for _ in range(PARAGRAPHS)]
        rows = (
            "".join(f"<w:tc>{_paragraph(str(cell))}</w:tc>" for cell in row)
            for row in writer.rows(8, 5)
        )
        body.append("<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>")
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
        'officedocument.wordprocessingml.document.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{"".join(body)}</w:body></w:document>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return writer.words


def _paragraph(text: str, style: str = "") -> str:
    how = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{how}<w:r><w:t>{text}</w:t></w:r></w:p>"


def xlsx(path: Path, rows: int, columns: int) -> set[str]:
    """Write a workbook of one sheet. Returns its words."""
    writer = Writer()
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Prices")
    sheet.append([writer.word() for _ in range(columns)])
    for row in writer.rows(rows, columns):
        sheet.append(row)
    book.save(path)
    return writer.words
