"""What comes out of a file, piece by piece: the lines between the reading process and its parent.

Each is one line of JSON on the standard output, ``{"is": "piece", ...}``, named by ``is``. They are
no dataclasses: importing those would take as long as reading a small document does.
"""

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


class Begin:
    """What the file turned out to be; comes first, once.

    ``total`` is how many pieces there will be, where that is known before they are read; ``about``
    the title, author, description, date and language, as the file says.
    """

    __slots__ = ("about", "format", "total")

    def __init__(
        self,
        format: str,  # noqa: A002 - so it is called in the table of readings, too
        total: int | None = None,
        about: dict[str, Any] | None = None,
    ) -> None:
        self.format = format
        self.total = total
        self.about = about or {}


class Piece:
    """A page, sheet (or some hundred rows of one), slide or section.

    ``number`` counts from 1 without gaps; ``unit`` is "page", "sheet", "slide" or "section".
    """

    __slots__ = ("label", "marks", "number", "text", "unit")

    def __init__(
        self, number: int, unit: str, label: str, text: str, marks: list[Mark] | None = None
    ) -> None:
        self.number = number
        self.unit = unit
        self.label = label
        self.text = text
        self.marks = [] if marks is None else marks


class End:
    """Everything was read; what is known only now is added to what ``Begin`` said."""

    __slots__ = ("about",)

    def __init__(self, about: dict[str, Any] | None = None) -> None:
        self.about = about or {}


class Refused(Exception):
    """The file cannot be read; ``code`` is looked up in ``webapp.knowledge.refusals``."""

    def __init__(self, code: str, **detail: Any) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def line(of: Begin | Piece | End) -> dict[str, Any]:
    """Return what is written as one line."""
    if isinstance(of, Piece):
        return {
            "is": "piece",
            "number": of.number,
            "unit": of.unit,
            "label": of.label,
            "text": of.text,
            "marks": of.marks,
        }
    if isinstance(of, Begin):
        return {"is": "begin", "format": of.format, "total": of.total, "about": of.about}
    return {"is": "end", "about": of.about}
