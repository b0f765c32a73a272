"""Markdown as far as a mail needs it, as HTML and as plain words."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

TAGS = {
    *("p", "br", "hr", "em", "strong", "a", "code", "pre", "blockquote", "ul", "ol", "li"),
    *("h1", "h2", "h3", "h4", "h5", "h6"),
}
SCHEMES = {"http", "https", "mailto"}


@cache
def _reader() -> MarkdownIt:
    # What is typed as HTML stays words; an Enter in the text is one in the mail; no mail asks for pictures.
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(["image", "reference"])


def read(text: str) -> list[Token]:
    """Read a text."""
    return _reader().parse(text)


def as_html(tokens: Sequence[Token]) -> str:
    """Return the HTML, with nothing in it that could run, load or deceive."""
    reader = _reader()
    return nh3.clean(
        reader.renderer.render(tokens, reader.options, {}),
        tags=TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes=SCHEMES,
        link_rel=None,
    )


def links(tokens: Sequence[Token]) -> list[str]:
    """Return where the links lead."""
    inlines = [child for token in tokens for child in token.children or ()]
    return [str(child.attrGet("href")) for child in inlines if child.type == "link_open"]


def as_text(tokens: Sequence[Token], address: Callable[[str], str] = str) -> str:
    """Return the words without the marks of Markdown; ``address`` writes where a link leads."""
    blocks: list[str] = []
    indents: list[list[str]] = []
    begins = True
    for before, token in pairwise([Token("", "", 0), *tokens]):
        _enter_or_leave(token, indents)
        begins = token.level == 0 if token.type.endswith("_list_open") else begins
        words = _words(token, address)
        if words is None:
            continue
        first = "".join(indent.pop(0) if len(indent) > 1 else indent[0] for indent in indents)
        rest = "".join(indent[0] for indent in indents)
        # What stands in a list without gaps is hidden from HTML's paragraphs.
        gap = "\n" if before.hidden and not begins else "\n\n"
        blocks += [gap if blocks else "", first, words.replace("\n", f"\n{rest}")]
        begins = False
    return "".join(blocks)


def _enter_or_leave(token: Token, indents: list[list[str]]) -> None:
    if token.type == "list_item_open":
        mark = f"{token.info}. " if token.info else "- "
        indents.append([mark, " " * len(mark)])
    elif token.type == "blockquote_open":
        indents.append(["> "])
    elif token.type in ("list_item_close", "blockquote_close"):
        indents.pop()


def _words(token: Token, address: Callable[[str], str]) -> str | None:
    if token.type == "inline":
        return "".join(_inline(token.children or [], address))
    if token.type in ("fence", "code_block"):
        return token.content.rstrip("\n")
    return "----" if token.type == "hr" else None


def _inline(children: Sequence[Token], address: Callable[[str], str]) -> Iterator[str]:
    link, inside = "", ""
    for child in children:
        if child.type == "link_open":
            link, inside = str(child.attrGet("href")), ""
        elif child.type == "link_close":
            if inside == link.removeprefix("mailto:"):
                yield address(link) if inside == link else inside
            else:
                yield f"{inside} ({address(link)})"
            link = ""
        else:
            words = "\n" if child.type in ("softbreak", "hardbreak") else child.content
            inside += words
            if not link:
                yield words
