"""PDF: a piece for each page, with the text that PDFium finds on it."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, BinaryIO

from extraction import pdfium
from extraction.cleaning import clean
from extraction.limits import Hints, Limits
from extraction.pieces import Begin, End, Piece, Refused

#: A word that a line end divides; PDFium puts U+0002 where the hyphen and the line end were.
DIVIDED = re.compile(r"(\w+)(?:\x02|[\u00ad\ufffe](?:\r?\n)?)(\w+)")
#: Letters for print that are several in one, or a form that a letter takes beside others.
FORMS = re.compile("[\ufb00-\ufb06\ufb13-\ufb17\ufb1d-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc]+")
SPACES = re.compile(r"[ \t\u00a0]+(?=\n|\Z)")
GAPS = re.compile(r"\n{3,}")
#: What the document says of itself, by the names that it has in ours.
ABOUT = (("title", "Title"), ("author", "Author"), ("description", "Subject"))
#: What programs write where their user wrote nothing.
NO_NAME = ("", "untitled", "anonymous", "unspecified", "unknown")
DATE = re.compile(r"D?:?(\d{4})(\d\d)?(\d\d)?")
LABEL = 20  # characters; what is longer is no number of a page


def read(file: BinaryIO, limits: Limits, hints: Hints) -> Iterator[Begin | Piece | End]:
    """Yield a piece for each page; one without letters has an empty text.

    Raises Refused: "password", "broken", "truncated", "too_many_pages", and at the end
    "images_only" when there were no letters on any page.
    """
    document = _opened(file)
    total = len(document)
    if total < 1:
        raise Refused("broken", kind="pdf")
    if total > limits.pages:
        raise Refused("too_many_pages", pages=total, limit=limits.pages)
    yield Begin("pdf", total, _about(document))
    counts = {"text": 0, "pictures": 0, "unreadable": 0, "blank": 0}
    labels: set[str] = set()
    for index in range(hints.start, total):
        text, what = _page(document, index)
        counts[what] += 1
        yield Piece(index + 1, "page", _label(document, index, labels), text)
    # What is said at the end is said of the whole, so what was read before is looked at again.
    for index in range(hints.start):
        counts[_page(document, index)[1]] += 1
    if not counts["text"]:
        _refuse(counts)
    yield End(_told(counts, total))


def _opened(file: BinaryIO) -> pdfium.Document:
    try:
        return pdfium.Document(file)
    except pdfium.Failed as failed:
        if failed.code in (pdfium.PASSWORD, pdfium.SECURITY):
            raise Refused("password", kind="pdf") from failed
        raise Refused(_damage(file), kind="pdf") from failed


def _damage(file: BinaryIO) -> str:
    """Return "truncated" when the end of a PDF is missing, else "broken"."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 2048))
    return "broken" if b"%%EOF" in file.read() else "truncated"


def _page(document: pdfium.Document, index: int) -> tuple[str, str]:
    """Return a page's text and what it is: "text", "pictures", "blank" or "unreadable"."""
    page = document.page(index)
    if page is None:
        return "", "unreadable"
    try:
        text = tidy("\n\n".join([page.text(), *page.written()]))
        # Of a font that does not say which letters it has, numbers come out that are no letters.
        if any(map(str.isalnum, text)):
            return text, "text"
        return "", "pictures" if page.objects() > 0 else "blank"
    finally:
        page.close()


def _refuse(counts: dict[str, int]) -> None:
    if counts["unreadable"] and not counts["pictures"]:
        raise Refused("broken", kind="pdf")
    # Blank pages hold nothing to recognise, but the state is the same: pages, and no letters.
    raise Refused("images_only", blank=not counts["pictures"])


def _told(counts: dict[str, int], total: int) -> dict[str, Any]:
    """Return what is known at the end: pages without text, and a sentence about them."""
    told: dict[str, Any] = {}
    sentences = []
    if counts["pictures"]:
        told["picture_pages"] = counts["pictures"]
        sentences.append(
            f"{counts['pictures']} of {total} pages have only pictures of text, which were not read."
        )
    if counts["unreadable"]:
        told["unreadable_pages"] = counts["unreadable"]
        sentences.append(f"{counts['unreadable']} of {total} pages are damaged and were not read.")
    if sentences:
        told["note"] = " ".join(sentences)
    return told


def tidy(text: str) -> str:
    """Return the text of a page with divided words joined and letters as they are typed."""
    if "\x02" in text or "\u00ad" in text or "\ufffe" in text:
        text = _joined(text)
    text = FORMS.sub(lambda found: unicodedata.normalize("NFKC", found[0]), clean(text))
    return GAPS.sub("\n\n", SPACES.sub("", text)).strip()


def _joined(text: str) -> str:
    """Return the text with words made whole that a line end had divided.

    The hyphen stays where it belongs to the word: before a capital or a number, and between two
    words that stand alone on this page.
    """
    alone = set(re.findall(r"(?<!\x02)\b\w+\b(?!\x02)", text))

    def whole(found: re.Match[str]) -> str:
        first, second = found.groups()
        if not second[0].islower() or (
            first in alone and second in alone and first + second not in alone
        ):
            return f"{first}-{second}"
        return first + second

    # Twice, for a word that goes on over three lines: the second part belongs to two pairs.
    text = DIVIDED.sub(whole, DIVIDED.sub(whole, text))
    return text.replace("\x02", "-\n").replace("\u00ad", "").replace("\ufffe", "-")


def _label(document: pdfium.Document, index: int, used: set[str]) -> str:
    """Return the number that readers know the page by: printed by the document's rule, else counted.

    A label that comes twice tells no page from another, so then the count is used.
    """
    label = clean(document.label(index)).strip()
    if (
        not label
        or len(label) > LABEL
        or label in used
        or not any(letter.isalnum() for letter in label)
    ):
        return str(index + 1)
    used.add(label)
    return label


def _about(document: pdfium.Document) -> dict[str, Any]:
    about: dict[str, Any] = {}
    for ours, theirs in ABOUT:
        value = " ".join(clean(document.about(theirs)).split())
        if value.lower() not in NO_NAME:
            about[ours] = value[:500]
    found = DATE.match(document.about("ModDate") or document.about("CreationDate"))
    if found and "1980" <= found[1] <= "2100":
        about["date"] = "-".join(part for part in found.groups() if part)
    language = document.language().strip()
    if re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*", language):
        about["language"] = language.replace("_", "-")
    return about
