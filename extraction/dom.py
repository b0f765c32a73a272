"""HTML as a tree, and what a person would read of it: headings, paragraphs, list items, rows."""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree, html

from extraction.composing import Block
from extraction.limits import Limits
from extraction.pieces import Refused
from extraction.rows import Row
from extraction.rows import blocks as table_blocks

#: Never shown, or not text.
SILENT = frozenset(
    """script style template noscript head iframe object embed canvas audio video map datalist
    noframes frameset applet param source track meta link base title""".split()  # noqa: SIM905 - a list this long reads better so
)
#: What begins on a line of its own.
BLOCKS = frozenset(
    """address article aside blockquote body caption center dd details dialog dir div dl dt fieldset
    figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav
    ol optgroup option p pre section select summary svg table tbody td text tfoot th thead tr
    ul""".split()  # noqa: SIM905 - a list this long reads better so
)
HEADINGS = {f"h{level}": level for level in range(1, 7)}
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
#: A cell with more text than this is a column of a page, not of a table.
CELL = 2_000
TAG = re.compile(rb"<(?:!--.*?(?:-->|$)|(/?)([a-zA-Z][a-zA-Z0-9:-]*)[^<>]*?(/?)>)", re.DOTALL)
#: Have no end, or end where the next of their kind begins: they cannot be within each other.
SHALLOW = frozenset(
    b"area base br col embed hr img input link meta param source track wbr p li dt dd tr td th "
    b"thead tbody tfoot option optgroup colgroup rp rt body html head".split()
)
BREAK = "\x1f"


def parsed(content: bytes, limits: Limits) -> Any:
    """Return the root of a document in UTF-8. Raises Refused "too_deep", "nothing_to_read".

    The depth is looked at first: what builds a tree, and what walks through it, may take for
    ever over elements within elements by the hundred thousand.
    """
    if b"\0" in content:
        content = content.replace(b"\0", b"")
    if content.count(b"<") > limits.depth and depth(content) > limits.depth:
        raise Refused("too_deep")
    parser = html.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True, no_network=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.ParserError:
        root = None
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        raise Refused("nothing_to_read")
    return root


def depth(content: bytes) -> int:
    """Return how deep elements seem to be within each other, without building anything."""
    deepest = level = 0
    for end, name, closed in (found.groups() for found in TAG.finditer(content)):
        if not name or closed or name.lower() in SHALLOW:
            continue
        if end:
            level = max(0, level - 1)
        else:
            level += 1
            deepest = max(deepest, level)
    return deepest


def is_hidden(element: Any) -> bool:
    """Tell whether an element says of itself that it is not shown."""
    attributes = element.attrib
    if not attributes:
        return False
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    return bool(style) and HIDDEN.search(style) is not None


class Walk:
    """One way through a tree, in which running text is gathered until a block begins or ends."""

    def __init__(self, root: Any, *, without: frozenset[str] = frozenset()) -> None:
        self.root = root
        self.silent = SILENT | without
        self.held: list[str] = []
        self.heading = 0
        self.items = 0
        self.pre = 0
        self.number = 0

    def blocks(self) -> Iterator[Block]:
        """Yield what is read, in its order; ``at`` counts the paragraphs."""
        walk = etree.iterwalk(self.root, events=("start", "end"))
        for event, element in walk:
            if event == "end":
                yield from self._end(element)
            elif element.tag in self.silent or is_hidden(element):
                walk.skip_subtree()
            elif element.tag == "table" and (rows := table(element)) is not None:
                yield from self._flush()
                yield from self._rows(rows)
                walk.skip_subtree()
            else:
                yield from self._start(element)
        yield from self._flush()

    def _start(self, element: Any) -> Iterator[Block]:
        if element.tag in BLOCKS:
            yield from self._flush()
            self._count(element.tag, 1)
        elif element.tag == "br":
            self.held.append(BREAK)
        if element.text:
            self.held.append(element.text)

    def _end(self, element: Any) -> Iterator[Block]:
        if element.tag in BLOCKS:
            yield from self._flush()
            self._count(element.tag, -1)
        if element is not self.root and element.tail:
            self.held.append(element.tail)

    def _count(self, name: str, by: int) -> None:
        if name in HEADINGS:
            self.heading = HEADINGS[name] if by > 0 else 0
        elif name == "li":
            self.items += by
        elif name == "pre":
            self.pre += by

    def _rows(self, rows: list[Row]) -> Iterator[Block]:
        self.number += 1
        for block in table_blocks(rows):
            yield block._replace(at=f"paragraph {self.number}")

    def _flush(self) -> Iterator[Block]:
        if not self.held:
            return
        text = "".join(self.held)
        self.held = []
        text = text.replace(BREAK, "\n").strip("\r\n") if self.pre else on_lines(text)
        if not text or text.isspace():
            return
        self.number += 1
        at = f"paragraph {self.number}"
        if self.heading:
            yield Block(" ".join(text.split()), "heading", self.heading, at)
        else:
            yield Block(text, "list" if self.items else "text", 0, at)


def on_lines(text: str) -> str:
    """Return a text with its white space as it is shown: line ends only where it breaks."""
    if BREAK not in text:
        return " ".join(text.split())
    lines = (" ".join(line.split()) for line in text.split(BREAK))
    return "\n".join(line for line in lines if line)


def table(element: Any) -> list[Row] | None:
    """Return the rows of a table of data; None for one that only puts a page in columns."""
    if element.get("role") in ("presentation", "none"):
        return None
    if any(
        element.find(f".//{inner}") is not None for inner in ("table", "h1", "h2", "h3", "form")
    ):
        return None
    rows = []
    for row in element.iter("tr"):
        if not is_hidden(row):
            cells = [text_of(cell) for cell in row if cell.tag in ("td", "th")]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                rows.append(Row(cells))
    wide = max((len(row.cells) for row in rows), default=0)
    if wide < 2 or any(len(cell) > CELL for row in rows for cell in row.cells):
        return None
    captions = [text_of(one) for one in element.iter("caption")]
    return [*(Row([text]) for text in captions if text), *rows]


def text_of(element: Any) -> str:
    """Return the text of an element on one line."""
    found: list[str] = []
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, inner in walk:
        name = inner.tag
        if event == "end":
            if name in BLOCKS:
                found.append(" ")
            if inner is not element and inner.tail:
                found.append(inner.tail)
        elif name in SILENT or is_hidden(inner):
            walk.skip_subtree()
        else:
            if name in BLOCKS or name == "br":
                found.append(" ")
            if inner.text:
                found.append(inner.text)
    return " ".join("".join(found).split())
