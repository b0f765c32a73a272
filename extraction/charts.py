"""The numbers behind a chart, as the table that they were: a row for each category.

The form is that of DrawingML charts (ECMA-376 part 1, chapter 21.2), which keep a copy of the cells
they were drawn from.
"""

from collections.abc import Iterator

from extraction import xml
from extraction.archives import Archive
from extraction.composing import Block
from extraction.limits import Limits
from extraction.pieces import Refused

LARGEST = 32 * 1024 * 1024  # bytes of one chart
DIGITS = 16
#: What of a series a value belongs to.
ROLES = {"tx": "name", "cat": "category", "xVal": "category", "val": "value", "yVal": "value"}


class Series:
    """One line or one colour of bars; by role, the values by their number."""

    def __init__(self) -> None:
        self.values: dict[str, dict[int, str]] = {role: {} for role in ROLES.values()}


class Chart:
    """Notes the series of a chart while it is read."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.series: list[Series] = []
        self._role = ""
        self._point = 0
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the start of an element."""
        if tag == "ser":
            self.series.append(Series())
            self._role = ""
        elif tag in ROLES:
            self._role = ROLES[tag]
        elif tag == "dLbls":
            self._role = ""
        elif tag == "pt":
            number = attributes.get("idx", "")
            self._point = int(number[:9]) if number.isdecimal() else 0

    def value(self, text: str) -> None:
        """Take a value of the role that was named last."""
        self._count += 1
        if self._count > self.limits.rows:
            raise Refused("too_many_rows", limit=self.limits.rows)
        if self.series and self._role:
            self.series[-1].values[self._role][self._point] = shown(text)

    def rows(self) -> Iterator[Block]:
        """Yield the table: the names of the series, then each category with its values."""
        names = [" ".join(one.values["name"].values()) for one in self.series]
        if any(names):
            yield Block(" | ".join(["", *names]), "table", first=True)
        found: dict[int, str] = {}
        for one in self.series:
            found = one.values["category"] | found
        numbers = sorted(
            {*found, *(number for one in self.series for number in one.values["value"])}
        )
        if len(numbers) * len(self.series) > self.limits.rows:
            raise Refused("too_many_rows", limit=self.limits.rows)
        for number in numbers:
            values = [one.values["value"].get(number, "") for one in self.series]
            yield Block(
                " | ".join([found.get(number, ""), *values]),
                "row",
                first=number == numbers[0] and not any(names),
            )


def shown(text: str) -> str:
    """Return a value with no more digits than a sheet shows."""
    if "." in text and len(text) > DIGITS:
        try:
            return f"{float(text):.15g}"
        except ValueError:
            pass
    return " ".join(text.split())


def rows(archive: Archive, part: str, limits: Limits) -> Iterator[Block]:
    """Yield the table behind a chart; nothing where it keeps none. Raises Refused."""
    chart = Chart(limits)
    depth = 0
    texts: list[str] = []

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > limits.depth:
            raise Refused("too_deep")
        texts.clear()
        chart.start(xml.local(name), attributes)

    def closed(name: str) -> None:
        nonlocal depth
        depth -= 1
        if xml.local(name) == "v":
            chart.value("".join(texts))

    content = archive.get(part, LARGEST)
    made = xml.parser(content)
    made.StartElementHandler = opened
    made.EndElementHandler = closed
    made.CharacterDataHandler = texts.append
    xml.step(made, content, last=True)
    yield from chart.rows()
