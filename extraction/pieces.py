"""What comes out of a file, piece by piece: the lines between the reading process and its parent.

Each is one line of JSON on the standard output, ``{"is": "piece", ...}``, named by ``is``.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple


class Mark(NamedTuple):
    """What stands at ``start`` to ``end`` (in characters) of a piece's text.

    Marks do not overlap and come in order; what lies between them is running text.
    """

    start: int
    end: int
    #: "heading", "table" (a header row), "row" (of a table or sheet), "list", "text".
    kind: str
    #: Of a heading 1 to 6; else 0.
    level: int = 0
    #: Where it is, as far as the file says: "A2:F2" of a row, "10" or "10-24" for lines, "paragraph 7".
    at: str = ""


@dataclass(slots=True)
class Begin:
    """What the file turned out to be; comes first, once."""

    format: str
    #: How many pieces there will be, where that is known before they are read.
    total: int | None = None
    #: Title, author, description, date, language, as the file says.
    about: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Piece:
    """A page, sheet (or some hundred rows of one), slide or section."""

    #: From 1 on, without gaps.
    number: int
    #: "page", "sheet", "slide", "section".
    unit: str
    label: str
    text: str
    marks: list[Mark] = field(default_factory=list)


@dataclass(slots=True)
class End:
    """Everything was read; what is known only now is added to what ``Begin`` said."""

    about: dict[str, Any] = field(default_factory=dict)


class Refused(Exception):
    """The file cannot be read; ``code`` is looked up in ``webapp.knowledge.refusals``."""

    def __init__(self, code: str, **detail: Any) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


NAMES = {Begin: "begin", Piece: "piece", End: "end"}


def line(of: Begin | Piece | End) -> dict[str, Any]:
    """Return what is written as one line."""
    return {"is": NAMES[type(of)], **asdict(of)}
