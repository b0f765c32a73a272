"""One part of an Office file, element by element: what is gone or said twice is left out."""

from collections.abc import Callable
from xml.parsers.expat import XMLParserType

from extraction import xml
from extraction.limits import Limits
from extraction.pieces import Refused

Attributes = dict[str, str]

#: What holds properties: a "tab" in there is a place, a "del" a mark on the paragraph's end.
PROPERTIES = frozenset(
    {"pPr", "rPr", "tblPr", "trPr", "tcPr", "sectPr", "sdtPr", "defRPr", "endParaRPr"}
)
#: Text that was taken away, or stands elsewhere by now.
GONE = frozenset({"del", "moveFrom"})
#: How something looked before it was changed.
BEFORE = frozenset(
    {"pPrChange", "rPrChange", "sectPrChange", "tblPrChange", "tcPrChange", "trPrChange"}
)


class Walk:
    """Calls ``starts`` and ``ends`` by the names of elements, without those that are left out.

    Of an AlternateContent, which says the same for programs of different age, the first choice that
    holds text is read.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        #: Characters of text that were met.
        self.characters = 0
        #: How many elements with properties this one is in.
        self.properties = 0
        self.starts: dict[str, Callable[[Attributes], None]] = {
            "AlternateContent": self._start_choices,
            "Choice": self._start_choice,
            "Fallback": self._start_choice,
        }
        self.ends: dict[str, Callable[[], None]] = {
            "AlternateContent": self._end_choices,
            "Choice": self._end_choice,
        }
        self._depth = 0
        self._skipped = 0
        self._names: dict[str, str] = {}
        #: For each AlternateContent: characters met before it, and whether one was chosen.
        self._choices: list[tuple[int, bool]] = []

    def parser(self, start: bytes) -> XMLParserType:
        """Return a parser that leads through a part, which begins like this."""
        made = xml.parser(start)
        made.StartElementHandler = self._start
        made.EndElementHandler = self._end
        made.CharacterDataHandler = self._text
        return made

    def skip(self) -> None:
        """Leave out what is in the element that has just started."""
        self._skipped = 1

    def text(self, text: str) -> None:
        """Take what stands in an element. To be replaced."""

    def _text(self, text: str) -> None:
        if not self._skipped:
            self.text(text)

    def _start(self, name: str, attributes: Attributes) -> None:
        self._depth += 1
        if self._depth > self.limits.depth:
            raise Refused("too_deep")
        if self._skipped:
            self._skipped += 1
            return
        tag = self._names.get(name)
        if tag is None:
            tag = self._names[name] = xml.local(name)
        if tag in self.starts:
            self.starts[tag](attributes)
        if tag in PROPERTIES:
            self.properties += 1
        elif tag in BEFORE or (tag in GONE and not self.properties):
            self.skip()

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._skipped:
            self._skipped -= 1
            if self._skipped:
                return
        tag = self._names[name]
        if tag in PROPERTIES:
            self.properties -= 1
        if tag in self.ends:
            self.ends[tag]()

    def _start_choices(self, _: Attributes) -> None:
        self._choices.append((self.characters, False))

    def _start_choice(self, _: Attributes) -> None:
        if self._choices and self._choices[-1][1]:
            self.skip()

    def _end_choice(self) -> None:
        if self._choices:
            before, chosen = self._choices[-1]
            self._choices[-1] = before, chosen or self.characters > before

    def _end_choices(self) -> None:
        self._choices.pop()
