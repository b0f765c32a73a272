"""An uploaded web page: all of it that is shown."""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from extraction import dom
from extraction.composing import Composer
from extraction.encodings import MARKS, decoded, named
from extraction.limits import Hints, Limits
from extraction.pieces import Begin, End, Piece, Refused

CHARSET = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([a-zA-Z0-9_:.-]{2,40})""", re.IGNORECASE
)
XML = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([a-zA-Z0-9_:.-]{2,40})""")
#: Where a page must name its encoding (HTML, 13.2.3.2: 1024 bytes; many do so later).
HEAD = 4096
ABOUT = {
    "description": "description",
    "author": "author",
    "og:title": "title",
    "og:description": "description",
    "article:published_time": "date",
    "dcterms.date": "date",
    "date": "date",
}


def read(file: BinaryIO, limits: Limits, hints: Hints) -> Iterator[Begin | Piece | End]:
    """Yield sections cut at headings; scripts, styles and what is hidden are left out."""
    content, encoding = in_utf8(file.read(), hints.encoding)
    root = dom.parsed(content, limits)
    yield Begin("html", about={**about(root), "encoding": encoding})
    composer = Composer("section", limits, hints)
    yield from composer.pieces(dom.Walk(root).blocks())
    if not composer.number:
        raise Refused("nothing_to_read")
    yield End()


def in_utf8(content: bytes, hint: str | None, said: str | None = None) -> tuple[bytes, str]:
    """Return a page in UTF-8, and in which encoding it came.

    ``hint`` is a person's word; what the server ``said``, or the page does, counts only where it is
    possible: many say UTF-8 and are not, or the other way round, because somebody copied a head.
    """
    if hint is None and not content.startswith(tuple(mark for mark, _ in MARKS)):
        claimed = known(said) or declared(content)
        valid = _is_utf8(content)
        if valid and claimed in ("utf-8", "cp1252", None):
            return content, "utf-8"
        if claimed and not claimed.startswith("utf"):
            hint = claimed
    text, encoding = decoded(content, hint)
    return text.encode("utf-8", "replace"), encoding


def declared(content: bytes) -> str | None:
    """Return the encoding that a page names, if Python knows it."""
    found = CHARSET.search(content[:HEAD]) or XML.search(content[:HEAD])
    return known(found.group(1).decode()) if found else None


def known(name: str | None) -> str | None:
    """Return Python's name of an encoding as browsers read it; None when it is none."""
    if not name:
        return None
    try:
        found = named(name)
    except Refused:
        return None
    # Encoding Standard, 4.2.
    return {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030"}.get(found, found)


def _is_utf8(content: bytes) -> bool:
    if b"\0" in content[:HEAD] or b"\x1b$" in content[:HEAD]:
        return False
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def about(root: Any) -> dict[str, str]:
    """Return title, description, author, date and language as the head of a page says."""
    found: dict[str, str] = {}
    for element in root.iter("meta"):
        name = (element.get("name") or element.get("property") or "").lower()
        content = (element.get("content") or "").strip()
        if content and name in ABOUT:
            found.setdefault(ABOUT[name], content[:1000])
    title = root.find(".//title")
    if title is not None and (text := " ".join((title.text or "").split())):
        found["title"] = text[:1000]
    language = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or ""
    if re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,3}", language.strip()):
        found["language"] = language.strip()
    return found
