"""WhatsApp's templates: written and approved at the provider, filled in here."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from webapp.message_templates.language import BadTemplate, MissingValue, Text, compile_text
from webapp.message_templates.rendered import Rendered, TooLong

LONGEST = {"header": 60, "body": 1024, "button": 2000}
#: Buttons that are sent as they were approved.
STATIC_BUTTONS = {"URL", "QUICK_REPLY", "PHONE_NUMBER"}
_OF_ADDRESSES = "!#$%&'()*+,/:;=?@[]~"
MARK = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class Blank(NamedTuple):
    """A place that the sender fills in: its key among the fillings, and words for a form."""

    key: str
    label: str
    example: str


class _Piece(NamedTuple):
    """A component's text that may have blanks; ``position`` is that of a button."""

    kind: str
    text: str
    position: int | None = None
    label: str = ""
    example: Mapping[str, Any] = {}

    @property
    def marks(self) -> list[str]:
        """The blanks as the provider names them, in the order in which it wants them."""
        names = list(dict.fromkeys(MARK.findall(self.text)))
        return sorted(names, key=int) if all(name.isdecimal() for name in names) else names

    def key(self, mark: str) -> str:
        """Return the name of a blank among the fillings: the body's has no prefix."""
        return {"body": mark, "header": f"header.{mark}"}.get(self.kind, f"button.{self.position}")


def blanks(components: Sequence[Mapping[str, Any]]) -> list[Blank]:
    """Return what there is to fill in, in the order of the message."""
    return [
        Blank(piece.key(mark), _label(piece, mark), _example(piece, number))
        for piece in _pieces(components)
        for number, mark in enumerate(piece.marks)
    ]


def body_of(components: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of a template as it was approved."""
    return "".join(piece.text for piece in _pieces(components) if piece.kind == "body")


def refusal(components: Sequence[Mapping[str, Any]]) -> str | None:
    """Say why a template cannot be sent from here; None when it can."""
    for component in components:
        kind, form = _kind(component), str(component.get("format", "TEXT")).upper()
        if kind == "header" and form != "TEXT":
            return f"Its header is of the kind “{form.lower()}”: only text is supported yet."
        if kind not in {"header", "body", "footer", "buttons"}:
            return f"It has a part “{kind}”, which is not supported yet."
        for button in component.get("buttons") or () if kind == "buttons" else ():
            if str(button.get("type", "")).upper() not in STATIC_BUTTONS:
                word = str(button.get("type", "?")).lower().replace("_", " ")
                return f"It has a button of the kind “{word}”, which is not supported yet."
    if not any(_kind(component) == "body" for component in components):
        return "It has no text."
    return None


class WhatsAppRenderer:
    """Makes what WhatsApp is sent for one template."""

    def __init__(
        self,
        name: str,
        language: str,
        components: Sequence[Mapping[str, Any]],
        fillings: Mapping[str, str],
    ) -> None:
        """Read the template and what fills it. Raises BadTemplate."""
        if sentence := refusal(components):
            raise BadTemplate(sentence)
        self.name, self.language = name, language
        self.pieces = [(piece, _fillings(piece, fillings)) for piece in _pieces(components)]
        names = [text.names for _, texts in self.pieces for text in texts.values()]
        self.names, self.links = frozenset[str]().union(*names), frozenset[str]()
        footers = [part for part in components if _kind(part) == "footer"]
        self.footer = str(footers[0].get("text", "")) if footers else None

    def render(self, values: Mapping[str, str], *, unsubscribe_url: str | None = None) -> Rendered:  # noqa: ARG002 - WhatsApp has a switch of its own
        """Make the message for one recipient. Raises NotRenderable."""
        shown: dict[str, str] = {}
        buttons: list[str] = []
        components = []
        for piece, texts in self.pieces:
            filled = {mark: _one_line(text, values) for mark, text in texts.items()}
            if piece.kind == "button":
                filled = {mark: quote(value, safe=_OF_ADDRESSES) for mark, value in filled.items()}
            whole = MARK.sub(lambda mark: filled[mark[1]], piece.text) if filled else piece.text  # noqa: B023 - used at once
            if len(whole) > LONGEST[piece.kind]:
                raise TooLong(
                    f"The {piece.kind} has {len(whole):,} characters, WhatsApp takes at most "
                    f"{LONGEST[piece.kind]:,}."
                )
            if piece.kind == "button":
                buttons.append(piece.label)
            else:
                shown[piece.kind] = whole
            if filled:
                components.append(_component(piece, filled))
        template = {"name": self.name, "language": self.language, "components": components}
        return Rendered(
            None,
            shown["body"],
            template=template,
            header=shown.get("header"),
            footer=self.footer,
            buttons=tuple(buttons),
        )


def _component(piece: _Piece, filled: Mapping[str, str]) -> dict[str, Any]:
    parameters = [
        {"type": "text", "text": value}
        if mark.isdecimal()
        else {"type": "text", "parameter_name": mark, "text": value}
        for mark, value in filled.items()
    ]
    if piece.kind != "button":
        return {"type": piece.kind, "parameters": parameters}
    return {
        "type": "button",
        "sub_type": "url",
        "index": str(piece.position),
        "parameters": parameters,
    }


def _fillings(piece: _Piece, fillings: Mapping[str, str]) -> dict[str, Text]:
    texts = {}
    for mark in piece.marks:
        written = (fillings.get(piece.key(mark)) or "").strip()
        if not written:
            raise BadTemplate(f"Say what stands in “{_label(piece, mark)}”.")
        texts[mark] = compile_text(written)
    return texts


def _one_line(text: Text, values: Mapping[str, str]) -> str:
    """Return a value as WhatsApp takes it: no line break, tab or long gap, and never empty."""
    line = " ".join(text.render(values).split())
    if not line:
        raise MissingValue(next(iter(sorted(text.names)), "text"))
    return line


def _pieces(components: Sequence[Mapping[str, Any]]) -> Iterator[_Piece]:
    for component in components:
        kind = _kind(component)
        if kind in {"header", "body"}:
            example = component.get("example") or {}
            yield _Piece(kind, str(component.get("text", "")), example=example)
        elif kind == "buttons":
            for index, button in enumerate(component.get("buttons") or ()):
                yield _Piece(
                    "button", str(button.get("url", "")), index, str(button.get("text", ""))
                )


def _kind(component: Mapping[str, Any]) -> str:
    return str(component.get("type", "")).lower()


def _label(piece: _Piece, mark: str) -> str:
    if piece.kind == "button":
        return f"{{{{{mark}}}}} of the address of the button “{piece.label}”"
    return f"{{{{{mark}}}}} of the {'header' if piece.kind == 'header' else 'text'}"


def _example(piece: _Piece, number: int) -> str:
    given = piece.example.get(f"{piece.kind}_text") or []
    row = given[0] if given and isinstance(given[0], list) else given
    named = piece.example.get(f"{piece.kind}_text_named_params") or []
    if number < len(named):
        return str(named[number].get("example", ""))
    return str(row[number]) if number < len(row) else ""
