"""XML from strangers, event by event: no entities, no documents within the document, bounded depth.

Expat and not lxml: it is in Python, so it costs no import, it needs no tree, and a document may be
of any length. Names come without their namespaces: those of "strict" and "transitional" Office
files differ, and the tags do not.
"""

from collections.abc import Callable, Iterable
from xml.parsers import expat

from extraction.pieces import Refused

DEPTH = 1_000
OUT_OF_MEMORY = 1  # XML_ERROR_NO_MEMORY
Start = Callable[[str, dict[str, str]], None]


def parser(start: bytes = b"") -> expat.XMLParserType:
    """Return a parser that gives names as "namespace}tag", and refuses a DTD.

    ``start`` is how the part begins: some programs write "utf8", which Expat does not know.
    """
    wrong = b"utf8" in start[:100].lower()
    made = expat.ParserCreate("UTF-8" if wrong else None, "}")
    made.buffer_text = True
    made.StartDoctypeDeclHandler = _no_dtd
    return made


def _no_dtd(*_: object) -> None:
    raise Refused("unsafe")


def step(made: expat.XMLParserType, block: bytes, *, last: bool = False) -> None:
    """Parse what comes. Raises Refused: "broken" where it is not XML, "memory"."""
    try:
        made.Parse(block, last)
    except expat.ExpatError as error:
        if error.code == OUT_OF_MEMORY:
            raise Refused("memory") from error
        raise Refused("broken", why=f"its XML: {expat.ErrorString(error.code)}") from error
    except (LookupError, ValueError) as error:
        raise Refused("broken", why="its XML has an unknown encoding") from error


def feed(made: expat.XMLParserType, blocks: Iterable[bytes]) -> None:
    """Parse a whole part. Raises Refused as ``step`` does."""
    for block in blocks:
        step(made, block)
    step(made, b"", last=True)


def each_start(content: bytes, start: Start) -> None:
    """Call ``start`` with the tag and the attributes of every element, both without namespaces.

    Of two attributes that then have one name, the one with a namespace is kept: ``r:id``, not ``id``.
    """
    depth = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH:
            raise Refused("too_deep")
        start(local(name), {local(key): attributes[key] for key in sorted(attributes, key=_named)})

    def closed(_: str) -> None:
        nonlocal depth
        depth -= 1

    made = parser(content)
    made.StartElementHandler = opened
    made.EndElementHandler = closed
    step(made, content, last=True)


def _named(name: str) -> bool:
    return "}" in name


def local(name: str) -> str:
    """Return a name without its namespace."""
    return name.rpartition("}")[2]


def each_text(content: bytes, text: Callable[[str, str], None]) -> None:
    """Call ``text`` with the tag of every element that has no other in it, and its text."""
    parts: list[str] = []

    def opened(_: str, __: dict[str, str]) -> None:
        parts.clear()

    def closed(name: str) -> None:
        text(local(name), "".join(parts))
        parts.clear()

    made = parser(content)
    made.StartElementHandler = opened
    made.EndElementHandler = closed
    made.CharacterDataHandler = parts.append
    step(made, content, last=True)
