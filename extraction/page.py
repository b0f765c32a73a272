"""A page of a website: its main text, what it says of itself, and where its links lead."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import urljoin, urlsplit

import trafilatura

from extraction import dom, html, markdown_, text
from extraction.composing import Block, Composer
from extraction.limits import Hints, Limits
from extraction.pieces import Piece, Refused, line

#: Trafilatura is weak on pages of links and tables: what it finds must be longer than this,
SHORT = 200  # characters
#: and hold at least this share of the rows of the page's tables.
ROWS_KEPT = 0.5
ROWS_MATTER = 4
#: Its time grows with the square of the elements in some pages: with more tags it is not asked.
MANY = 60_000
#: What surrounds the text on every page of a site.
AROUND = frozenset({"nav", "header", "footer", "aside"})
#: The words that its elements have in HTML.
IN_HTML = {"list": "ul", "item": "li", "row": "tr", "cell": "td", "lb": "br", "quote": "blockquote"}
#: An absolute path without anything that joining would have to take out.
PATH = re.compile(r"/[\w%&=?~+,;:@!$*()-][\w%&=?~+,;:@!$*()/-]*(\.\w+)?(#\S*)?\Z", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d")
PUBLISHED = re.compile(r'"datePublished"\s*:\s*"(\d{4}-\d\d-\d\d)')
REFRESH = re.compile(r"^\s*\d*[.\d]*\s*[;,]?\s*url\s*=\s*['\"]?([^'\"]+)", re.IGNORECASE)
PLAIN = {"text/plain": text, "text/markdown": markdown_}


def read(
    content: bytes, url: str, content_type: str, charset: str | None, limits: Limits
) -> dict[str, Any]:
    """Return ``about``, ``pieces``, ``links`` and the ``extractor``, ready to be written as a line.

    A page without text has no pieces; its links may still lead on. Raises Refused.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind in PLAIN:
        return _plain(PLAIN[kind], content, charset, limits)
    content = html.in_utf8(content, None, charset)[0]
    try:
        root = dom.parsed(content, limits)
    except Refused as refused:
        if refused.code != "nothing_to_read":
            raise
        return {"about": {}, "pieces": [], "links": [], "extractor": "dom"}
    head = Head(root, url)
    extractor, blocks = main_text(root) if content.count(b"<") <= MANY else ("dom", _shown(root))
    pieces = Composer("section", limits, Hints()).pieces(blocks)
    return {
        "about": head.about,
        "pieces": [line(piece) for piece in pieces],
        "links": head.links(),
        "extractor": extractor,
    }


def _plain(reader: Any, content: bytes, charset: str | None, limits: Limits) -> dict[str, Any]:
    hints = Hints(encoding=html.known(charset))
    try:
        pieces = [
            line(one)
            for one in reader.read(BytesIO(content), limits, hints)
            if isinstance(one, Piece)
        ]
    except Refused as refused:
        if refused.code != "nothing_to_read":
            raise
        pieces = []
    return {"about": {}, "pieces": pieces, "links": [], "extractor": "text"}


def main_text(root: Any) -> tuple[str, list[Block]]:
    """Return what took out the main text, and its blocks."""
    # Any format but "python" spares it writing a text that we do not use.
    document = trafilatura.bare_extraction(
        root, fast=True, include_comments=False, include_tables=True, output_format="xml"
    )
    body = getattr(document, "body", None)
    found = list(dom.Walk(renamed(body)).blocks()) if body is not None else []
    long = sum(len(block.text) for block in found)
    if long >= SHORT and not _loses_tables(root, found):
        return "trafilatura", found
    whole = list(_shown(root))
    if sum(len(block.text) for block in whole) > long:
        return "dom", whole
    return "trafilatura", found


def renamed(body: Any) -> Any:
    """Turn the tree that trafilatura makes, whose words are those of TEI, into HTML again."""
    for element in body.iter():
        if element.tag == "head":
            level = (element.get("rend") or "h2")[1:]
            element.tag = f"h{level}" if level in "123456" else "h2"
        elif element.tag in IN_HTML:
            element.tag = IN_HTML[element.tag]
        elif element.tag == "code" and "\n" in (element.text or ""):
            element.tag = "pre"
    return body


def _loses_tables(root: Any, found: list[Block]) -> bool:
    if root.find(".//table") is None:
        return False
    kept = sum(1 for block in found if block.kind in ("table", "row"))
    there = sum(1 for block in _shown(root) if block.kind in ("table", "row"))
    return there >= ROWS_MATTER and kept < there * ROWS_KEPT


def _shown(root: Any) -> Iterator[Block]:
    """Yield the text of the element that says it holds it, else of all that is not around it."""
    for path in (".//main", ".//*[@role='main']", ".//article"):
        chosen = root.findall(path)
        if len(chosen) == 1 and len("".join(chosen[0].itertext()).strip()) >= SHORT:
            return dom.Walk(chosen[0]).blocks()
    blocks = list(dom.Walk(root, without=AROUND).blocks())
    return iter(blocks) if blocks else dom.Walk(root).blocks()


class Head:
    """What a page says of itself, and its links."""

    def __init__(self, root: Any, url: str) -> None:
        self.root = root
        self.base = url
        base = root.find(".//base[@href]")
        if base is not None:
            self.base = joined(url, base.get("href")) or url
        self.origin = "{0.scheme}://{0.netloc}".format(urlsplit(self.base))
        self.about: dict[str, Any] = dict(html.about(root))
        self.robots = self._robots()
        self.about |= {name: True for name in ("noindex", "nofollow") if name in self.robots}
        if canonical := self._canonical():
            self.about["canonical"] = canonical
        if date := self._date():
            self.about["date"] = date

    def _absolute(self, href: str) -> str:
        """Return what ``joined`` does; most links need no parsing for that."""
        if PATH.match(href):
            return self.origin + href.partition("#")[0]
        return joined(self.base, href)

    def links(self) -> list[str]:
        """Return where the page leads: each address once, in order; none if it says nofollow."""
        if "nofollow" in self.robots:
            return []
        raw = dict.fromkeys(
            element.get("href")
            for element in self.root.iter("a", "area")
            if element.get("href") and "nofollow" not in (element.get("rel") or "").lower()
        )
        found = dict.fromkeys(self._absolute(href) for href in [*raw, *self._refreshed()])
        return [address for address in found if address]

    def _metas(self, *names: str) -> Iterator[str]:
        for element in self.root.iter("meta"):
            if (element.get("name") or element.get("http-equiv") or "").lower() in names:
                yield element.get("content") or ""

    def _robots(self) -> set[str]:
        words = {
            word
            for content in self._metas("robots")
            for word in re.split(r"[\s,]+", content.lower())
        }
        return words | {"noindex", "nofollow"} if "none" in words else words

    def _refreshed(self) -> Iterator[str]:
        for content in self._metas("refresh"):
            if found := REFRESH.match(content):
                yield found.group(1)

    def _canonical(self) -> str:
        for element in self.root.iter("link"):
            if "canonical" in (element.get("rel") or "").lower().split() and element.get("href"):
                return joined(self.base, element.get("href"))
        return ""

    def _date(self) -> str:
        """Return the day of publishing (ISO 8601) where the page states it for programs."""
        for said in (self.about.get("date", ""), *self._times()):
            if found := DAY.match(said.strip()):
                return found.group()
        for script in self.root.iter("script"):
            data = script.text if script.get("type") == "application/ld+json" else None
            if found := PUBLISHED.search(data or ""):
                return found.group(1)
        return ""

    def _times(self) -> Iterator[str]:
        for element in self.root.iter("meta", "time"):
            if element.get("itemprop") == "datePublished":
                yield element.get("content") or element.get("datetime") or ""
        first = self.root.find(".//article//time[@datetime]")
        if first is not None:
            yield first.get("datetime")


def joined(base: str, href: str) -> str:
    """Return an absolute address without its fragment; "" for what is no web address."""
    href = "".join(href.split("\n")).strip()
    try:
        address = urljoin(base, href).partition("#")[0]
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.netloc else ""
