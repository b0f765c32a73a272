"""Makes PDFs, by a library and by hand."""

import io
import zlib
from collections.abc import Sequence

from PIL import Image  # reportlab brings it
from pypdf import PdfReader, PdfWriter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

PAGE = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F 5 0 R>>>>/Contents 4 0 R>>"
FONT = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def pdf(pages: Sequence[Sequence[str]], **about: str) -> bytes:
    """Return a PDF of these pages of lines."""
    into = io.BytesIO()
    canvas = Canvas(into)
    for name, value in about.items():
        getattr(canvas, f"set{name.capitalize()}")(value)
    for lines in pages:
        for number, line in enumerate(lines):
            canvas.drawString(72, 720 - 14 * number, line)
        canvas.showPage()
    canvas.save()
    return into.getvalue()


def picture(lines: Sequence[Sequence[str]]) -> bytes:
    """Return a PDF with a picture on each page, and these lines."""
    into = io.BytesIO()
    canvas = Canvas(into)
    image = ImageReader(Image.new("RGB", (40, 40), (200, 30, 30)))
    for page in lines:
        canvas.drawImage(image, 100, 100)
        for number, line in enumerate(page):
            canvas.drawString(72, 720 - 14 * number, line)
        canvas.showPage()
    canvas.save()
    return into.getvalue()


def locked(content: bytes, user: str, owner: str = "owner") -> bytes:
    """Return it encrypted."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.encrypt(user, owner, algorithm="AES-256")
    into = io.BytesIO()
    writer.write(into)
    return into.getvalue()


def by_hand(*objects: str | bytes) -> bytes:
    """Return a PDF of these objects, numbered from 1 on; the first is the catalog."""
    content = bytearray(b"%PDF-1.7\n")
    places = []
    for number, one in enumerate(objects, 1):
        places.append(len(content))
        body = one.encode() if isinstance(one, str) else one
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    for place in places:
        content += b"%010d 00000 n \n" % place
    content += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(places) + 1,
        start,
    )
    return bytes(content)


def stream(content: bytes, filters: str = "", *, packed: int = 0) -> bytes:
    """Return a stream, deflated so many times."""
    for _ in range(packed):
        content = zlib.compress(content, 9)
    names = filters or "".join("/FlateDecode" for _ in range(packed))
    return b"<</Length %d/Filter[%s]>>stream\n%s\nendstream" % (
        len(content),
        names.encode(),
        content,
    )


CATALOG = "<</Type/Catalog/Pages 2 0 R>>"
ONE_PAGE = "<</Type/Pages/Kids[3 0 R]/Count 1>>"


def doubling(levels: int = 28) -> bytes:
    """Return a PDF of 4 KB with a form in a form in a form, each twice: it keeps a parser busy.

    Without limits it takes minutes and tens of gigabytes.
    """
    form = "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources"
    twice = b"/X Do /X Do"
    forms = [
        f"<<{form}<</XObject<</X {6 + level + 1} 0 R>>>>/Length {len(twice)}>>stream\n".encode()
        + twice
        + b"\nendstream"
        for level in range(levels)
    ]
    text = b"BT /F 9 Tf (boom) Tj ET"
    last = f"<<{form}<</Font<</F 5 0 R>>>>/Length {len(text)}>>stream\n".encode()
    page = PAGE.replace("<</Font<</F 5 0 R>>>>", "<</XObject<</X 6 0 R>>>>")
    return by_hand(
        CATALOG, ONE_PAGE, page, stream(b"/X Do"), FONT, *forms, last + text + b"\nendstream"
    )
