"""XML from strangers, event by event: no entities, no documents within the document, bounded depth.

Expat and not lxml: it is in Python, so it costs no import, it needs no tree, and a document may be
of any length. Names come without their namespaces: those of "strict" and "transitional" Office
files differ, and the tags do not.
"""

from collections.abc import Callable, Iterable
from xml.parsers import expat

from extraction.pieces import Refused

DEPTH = 1_000
Start = Callable[[str, dict[str, str]], None]


def parser() -> expat.XMLParserType:
    """Return a parser that gives names as "namespace}tag", and refuses a DTD."""
    made = expat.ParserCreate(namespace_separator="}")
    made.buffer_text = True
    made.StartDoctypeDeclHandler = _no_dtd
    return made


def _no_dtd(*_: object) -> None:
    raise Refused("unsafe")


def feed(made: expat.XMLParserType, blocks: Iterable[bytes]) -> None:
    """Parse what comes. Raises Refused "broken" where it is not XML."""
    try:
        for block in blocks:
            made.Parse(block)
        made.Parse(b"", True)  # noqa: FBT003 - it takes no names
    except expat.ExpatError as error:
        raise Refused("broken", why=f"its XML: {expat.ErrorString(error.code)}") from error
    except (LookupError, ValueError, UnicodeError) as error:
        raise Refused("broken", why="its XML has an unknown encoding") from error


def each_start(content: bytes, start: Start) -> None:
    """Call ``start`` with the tag and the attributes of every element, both without namespaces."""
    depth = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH:
            raise Refused("too_deep")
        start(local(name), {local(key): value for key, value in attributes.items()})

    def closed(_: str) -> None:
        nonlocal depth
        depth -= 1

    made = parser()
    made.StartElementHandler = opened
    made.EndElementHandler = closed
    feed(made, (content,))


def local(name: str) -> str:
    """Return a name without its namespace."""
    return name.rpartition("}")[2]
