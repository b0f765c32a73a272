"""The placeholder language: ``{{ name }}``, a fall-back, and a few filters. Nothing else.

    Hello {{ first_name|title|default:"there" }}

No expressions, no attributes, no loops: a placeholder names a column, and filters are applied from
left to right. A value is never read as a text of its own: ``{{ x }}`` in a value stays as it is.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from webapp.message_templates.filters import DEFAULT, FILTERS, Filter, no_such_filter
from webapp.message_templates.names import LONGEST_NAME
from webapp.message_templates.names import name_of as name_of
from webapp.message_templates.names import unknown as unknown

LONGEST_TEXT = 20_000
MOST_PLACES = 100
# A value of nothing but these is blank: gaps, and what takes no room at all.
_UNSEEN = "".join(map(chr, [*range(0x21), 0x7F, 0x85, 0xA0, *range(0x2000, 0x2010)]))
_UNSEEN += "\u1680\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"


class BadTemplate(Exception):
    """A text that cannot be used; ``position`` is that of the character where it goes wrong."""

    def __init__(self, sentence: str, position: int = 0) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.position = position


class NotRenderable(Exception):
    """A text cannot be made for this recipient: ``code`` for lists, ``sentence`` for people."""

    code = "not_renderable"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class MissingValue(NotRenderable):
    """A placeholder without a fall-back has no value, or a blank one."""

    code = "missing_value"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no value for “{name}”, and the text has no fall-back for it.")
        self.name = name


@dataclass(frozen=True, slots=True)
class Place:
    """One placeholder: a name, and what is done to its value in order; a str is a fall-back."""

    name: str
    steps: tuple[Filter | str, ...] = ()

    def fill(self, values: Mapping[str, str]) -> str:
        """Return what stands here. Raises MissingValue."""
        value = values.get(self.name)
        result = value if value and value.strip(_UNSEEN) else None
        for step in self.steps:
            if isinstance(step, str):
                result = step if result is None else result
            elif result:
                result = step(result)
        if result is None:
            raise MissingValue(self.name)
        return result


class Fills(Protocol):
    """A piece of a text that differs from one recipient to the next."""

    def fill(self, values: Mapping[str, str]) -> str:
        """Return what stands here. Raises NotRenderable."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """A text that has been read: literal pieces and places, in order."""

    parts: tuple[str | Fills, ...]
    names: frozenset[str]

    def render(self, values: Mapping[str, str]) -> str:
        """Put the values in. Raises NotRenderable."""
        return "".join(
            [part if isinstance(part, str) else part.fill(values) for part in self.parts]
        )


# Straight quotation marks, those that phones and other languages write, and a mixture of both.
_FALL_BACK = re.compile(
    r"\s*(?:\"([^\"{}\n]*)\"|'([^'{}\n]*)'"
    r"|[“”„‟«»]([^“”„‟«»{}\n]*)[“”„‟«»]|[‘’‚‛]([^‘’‚‛{}\n]*)[‘’‚‛]"
    r"|[\"“”„‟«»]([^\"“”„‟«»{}\n]*)[\"“”„‟«»]|['‘’‚‛]([^'‘’‚‛{}\n]*)['‘’‚‛])\s*"
)
_WITH_FALL_BACK = re.compile(rf"[^|:]*:{_FALL_BACK.pattern}(?=\||$)")
_BRACES = re.compile(r"\{\{|\}\}")
_INSIDE = re.compile(r"[^{}\n]*")


def compile_text(text: str) -> Text:
    """Read a text once, to be rendered often. Raises BadTemplate."""
    if len(text) > LONGEST_TEXT:
        sentence = f"The text is too long: at most {LONGEST_TEXT:,} characters."
        raise BadTemplate(sentence, LONGEST_TEXT)
    parts: list[str | Place] = []
    reached = 0
    while found := _BRACES.search(text, reached):
        start = found.start()
        if found[0] == "}}":
            raise BadTemplate("There is a }} here without the {{ that belongs before it.", start)
        parts.append(text[reached:start])
        place, reached = _place(text, start)
        parts.append(place)
    parts = [part for part in (*parts, text[reached:]) if part]
    names = [part.name for part in parts if isinstance(part, Place)]
    if len(names) > MOST_PLACES:
        raise BadTemplate(f"There are too many placeholders: at most {MOST_PLACES}.")
    return Text(tuple(parts), frozenset(names))


def _place(text: str, start: int) -> tuple[Place, int]:
    begin = start + 2
    inside = _INSIDE.match(text, begin)
    end = inside.end() if inside else begin
    if end == begin and text.startswith("{", begin):
        raise BadTemplate("Write two opening braces, not three.", start)
    if not text.startswith("}}", end):
        raise BadTemplate("This placeholder is not closed: }} is missing.", start)
    name, *filters = _pieces(text[begin:end])
    steps, at = [], begin + len(name) + 1
    for written in filters:
        steps.append(_step(written, at))
        at += len(written) + 1
    return Place(_name(name, start), tuple(steps)), end + 2


def _pieces(inside: str) -> list[str]:
    """Split at each | that stands outside of a fall-back's quotation marks."""
    pieces: list[str] = []
    reached = 0
    while True:
        quoted = _WITH_FALL_BACK.match(inside, reached)
        bar = inside.find("|", quoted.end() if quoted else reached)
        if bar < 0:
            return [*pieces, inside[reached:]]
        pieces.append(inside[reached:bar])
        reached = bar + 1


def _name(written: str, start: int) -> str:
    stray = next((sign for sign in written if not _may_stand_in_name(sign)), None)
    if stray is not None:
        raise BadTemplate(
            f"Only the name of a column can stand between the braces, without “{stray}”. "
            'A filter comes after a |, such as {{ name|upper }} or {{ name|default:"friend" }}.',
            start,
        )
    if not (name := name_of(written)):
        raise BadTemplate("The name between the braces is missing, such as {{ name }}.", start)
    if len(written.strip()) > LONGEST_NAME:
        raise BadTemplate(f"This name is too long: at most {LONGEST_NAME} characters.", start)
    return name


def _may_stand_in_name(sign: str) -> bool:
    return sign in "_-" or sign.isspace() or unicodedata.category(sign)[0] in "LMN"


def _step(written: str, position: int) -> Filter | str:
    name, colon, argument = written.partition(":")
    name = name.strip().lower()
    if name == DEFAULT:
        if quoted := _FALL_BACK.fullmatch(argument):
            return next(group for group in quoted.groups() if group is not None)
        sentence = 'The fall-back needs quotation marks: write default:"friend", for example.'
        raise BadTemplate(sentence, position)
    if name not in FILTERS:
        raise BadTemplate(no_such_filter(name), position)
    if colon:
        raise BadTemplate(f"“{name}” is written alone, without anything after it.", position)
    return FILTERS[name]
