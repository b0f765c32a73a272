"""Markdown: headings, paragraphs, list items, tables and code, with the lines at which they stand."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import BinaryIO

from markdown_it import MarkdownIt
from markdown_it.token import Token

from extraction.composing import Block, Composer
from extraction.encodings import opened
from extraction.limits import Hints, Limits
from extraction.pieces import Begin, End, Piece, Refused
from extraction.rows import Row, written
from extraction.text import LONGEST, paragraphs

#: A long text is parsed in stretches of about this many lines, cut at a blank one outside of code.
STRETCH = 500
#: A line beyond this is data, and what would look for emphasis in it has no end.
LONG_LINE = 20_000
FRONT = 200  # lines
ABOUT = ("title", "description", "author", "date", "language", "lang", "tags")


def read(file: BinaryIO, limits: Limits, hints: Hints) -> Iterator[Begin | Piece | End]:
    """Yield sections cut at headings."""
    lines = opened(file, hints.encoding)
    numbered = enumerate((line.rstrip("\r\n") for line in lines), 1)
    front, rest = _front(numbered)
    yield Begin("md", about={**_said(front), "encoding": lines.encoding})
    composer = Composer("section", limits, hints)
    yield from composer.pieces(_blocks(rest))
    if not composer.number:
        raise Refused("nothing_to_read")
    yield End()


Lines = Iterable[tuple[int, str]]


def _front(numbered: Iterator[tuple[int, str]]) -> tuple[list[str], Lines]:
    """Split off the block between two lines of dashes with which a file may begin."""
    top = list(islice(numbered, 1))
    if not top or top[0][1].lstrip("\ufeff").rstrip() != "---":
        return [], chain(top, numbered)
    for number, line in islice(numbered, FRONT):
        top.append((number, line))
        if line.rstrip() in ("---", "..."):
            return [one for _, one in top[1:-1]], numbered
    return [], chain(top, numbered)


def _said(front: list[str]) -> dict[str, str]:
    about = {}
    for line in front:
        name, colon, value = line.partition(":")
        value = value.strip().strip("\"'")
        if colon and value and name.lower() in ABOUT:
            about["language" if name.lower() == "lang" else name.lower()] = value[:1000]
    return about


def _blocks(numbered: Lines) -> Iterator[Block]:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    # Reference links and emphasis are looked for block by block, in ``_inline``.
    parser.core.ruler.disable(["inline", "text_join"])
    for first, lines in _stretches(numbered):
        if max(len(line) for line in lines) > LONG_LINE:
            plain = paragraphs(f"{line}\n" for line in lines)
            yield from (_shifted(block, first - 1) for block in plain)
        else:
            yield from _parsed(parser, first, lines)


def _shifted(block: Block, by: int) -> Block:
    return block._replace(at="-".join(str(int(number) + by) for number in block.at.split("-")))


def _stretches(numbered: Lines) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of a first line, and the lines to be parsed together."""
    held: list[str] = []
    first = 1
    fence = ""
    for number, line in numbered:
        if not held:
            first = number
        held.append(line)
        fence = _fence(line, fence)
        over = len(held) >= STRETCH and not line.strip()
        if (over and not fence) or len(held) >= (40 if fence else 4) * STRETCH:
            yield first, held
            held, fence = [], ""
    if held:
        yield first, held


def _fence(line: str, fence: str) -> str:
    """Return the marks of the code in which the next line is; "" outside."""
    text = line.lstrip()
    for mark in ("```", "~~~"):
        if text.startswith(mark) and fence in ("", mark):
            return "" if fence else mark
    return fence


def _parsed(parser: MarkdownIt, first: int, lines: list[str]) -> Iterator[Block]:
    env: dict[str, object] = {}
    state = _State(parser, env, first, lines)
    for token in parser.parse("\n".join(lines), env):
        yield from state.take(token)


class _State:
    """Where in a stretch we are, while its tokens go by."""

    def __init__(
        self, parser: MarkdownIt, env: dict[str, object], first: int, lines: list[str]
    ) -> None:
        self.parser = parser
        self.env = env
        self.first = first
        self.lines = lines
        self.items = 0
        self.level = 0
        self.cells: list[str] | None = None
        self.kind = "row"
        self.at = ""

    def take(self, token: Token) -> Iterator[Block]:
        """Yield the block that a token ends, if it does."""
        if token.map and token.type != "inline" and token.nesting >= 0:
            self.at = self._at(token)
        kind = token.type
        if kind in ("list_item_open", "list_item_close"):
            self.items += token.nesting
        elif kind in ("heading_open", "heading_close"):
            self.level = int(token.tag[1]) if token.nesting > 0 else 0
        elif kind in ("thead_open", "tr_open", "tr_close", "tbody_open"):
            yield from self._row(kind)
        elif kind == "inline":
            yield from self._text(inline(self.parser, token.content, self.env))
        elif kind in ("fence", "code_block"):
            yield Block(token.content.rstrip(), at=self.at)
        elif kind == "html_block":
            yield from self._html(token.content)

    def _row(self, kind: str) -> Iterator[Block]:
        if kind == "thead_open":
            self.kind = "table"
        elif kind == "tbody_open":
            self.kind = "row"
        elif kind == "tr_open":
            self.cells = []
        elif self.cells is not None:
            row = Row(self.cells, self.at)
            self.cells = None
            yield Block(written(row.cells), self.kind, 0, row.at, self.kind == "table")

    def _text(self, text: str) -> Iterator[Block]:
        if self.cells is not None:
            self.cells.append(" ".join(text.split()))
        elif self.level:
            yield Block(text, "heading", self.level, self.at)
        else:
            yield Block(text, "list" if self.items else "text", 0, self.at)

    def _html(self, content: str) -> Iterator[Block]:
        from extraction import dom

        try:
            root = dom.parsed(content.encode("utf-8", "replace"), Limits())
        except Refused:
            return
        for block in dom.Walk(root).blocks():
            yield block._replace(at=self.at)

    def _at(self, token: Token) -> str:
        begin, end = token.map or (0, 1)
        while end - 1 > begin and not self.lines[end - 1].strip():
            end -= 1
        first, last = self.first + begin, self.first + end - 1
        return str(first) if last <= first else f"{first}-{last}"


def inline(parser: MarkdownIt, content: str, env: dict[str, object]) -> str:
    """Return the text of a paragraph without its marks."""
    if len(content) > LONGEST:
        return content
    tokens: list[Token] = []
    parser.inline.parse(content, parser, env, tokens)
    return "".join(_shown(token) for token in tokens)


def _shown(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    return "" if token.type == "html_inline" else token.content
