"""The paragraphs and tables in the XML of an Office file, in the order in which they are written.

WordprocessingML and DrawingML (ECMA-376 part 1, chapters 17 and 21) call a paragraph "p", its text
"t" and a table "tbl", so that one walk serves documents and slides. It keeps no tree: what is read
is told as blocks as soon as it is whole.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from extraction import xml
from extraction.archives import Archive
from extraction.composing import Block
from extraction.limits import Limits
from extraction.pieces import Refused
from extraction.walking import Attributes, Walk

#: What stands for a letter, where it stands in running text.
LETTERS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
OFF = ("0", "false", "off")
#: A table with a longer row is a layout: it is read as paragraphs, cell after cell.
LONGEST_ROW = 4_000
FIRST_ROW = 0x20  # the bit of a table's look that makes its first row a header


class Style(NamedTuple):
    """What a paragraph says of itself besides its text."""

    #: The id of its style; of a slide's paragraph what its shape is for, "title" or the like.
    name: str
    #: 0 for the topmost, 9 for none; None when the paragraph does not say.
    outline: int | None
    numbered: bool


class Paragraph:
    """One that is being read."""

    __slots__ = ("after", "name", "numbered", "outline", "parts")

    def __init__(self, name: str) -> None:
        self.parts: list[str] = []
        self.name = name
        self.outline: int | None = None
        self.numbered = False
        #: What stands in boxes that hang on it.
        self.after: list[Block] = []


class Table:
    """One that is being read, row by row."""

    __slots__ = ("cells", "header", "number", "row", "told")

    def __init__(self, number: int) -> None:
        self.number = number
        self.row = 0
        self.told = 0
        self.header = False
        self.cells: list[list[Block]] = []

    def blocks(self) -> list[Block]:
        """Return the row that has just ended, and begin the next."""
        cells, self.cells = self.cells, []
        self.row += 1
        inside = [block for cell in cells for block in cell]
        if (
            (len(cells) < 2 and not self.told)
            or any(block.kind in ("heading", "table", "row") for block in inside)
            or sum(len(block.text) for block in inside) > LONGEST_ROW
        ):
            return inside
        if not inside:
            return []
        line = " | ".join(
            " ".join(word for block in cell for word in block.text.split()) for cell in cells
        )
        first = self.told == 0
        self.told += 1
        kind = "table" if first and self.header else "row"
        return [Block(line.rstrip(), kind, 0, f"table {self.number}, row {self.row}", first)]


class Paragraphs(Walk):
    """Finds the blocks of one part after another."""

    def __init__(self, limits: Limits, kind_of: Callable[[Style], tuple[str, int]]) -> None:
        super().__init__(limits)
        self.kind_of = kind_of
        self._number = 0
        self._table_number = 0
        self._in_text = 0
        #: What the shape is for that is being read.
        self._role = ""
        #: The note that is being read.
        self._note = ""
        self._found: list[Block] = []
        #: Where whole paragraphs go: the innermost cell or box.
        self._into: list[list[Block]] = [self._found]
        self._open: list[Paragraph] = []
        self._tables: list[Table] = []
        self.starts |= {
            "t": self._start_text,
            "p": self._start_paragraph,
            "pStyle": self._start_style,
            "outlineLvl": self._start_outline,
            "numPr": self._start_numbers,
            "sym": self._start_symbol,
            "tbl": self._start_table,
            "tblPr": self._start_look,
            "tblLook": self._start_look,
            "tblHeader": self._start_header,
            "tc": self._start_cell,
            "txbxContent": self._start_box,
            "footnote": self._start_note,
            "endnote": self._start_note,
            "sp": self._start_shape,
            "ph": self._start_placeholder,
            **{name: self._letter(letter) for name, letter in LETTERS.items()},
        }
        self.ends |= {
            "t": self._end_text,
            "p": self._end_paragraph,
            "tbl": self._end_table,
            "tr": self._end_row,
            "tc": self._end_cell,
            "txbxContent": self._end_box,
            "sp": self._end_shape,
        }

    def of(self, archive: Archive, part: str) -> Iterator[Block]:
        """Yield the blocks of a part. Raises Refused."""
        made = None
        for block in archive.blocks(part):
            made = made or self.parser(block)
            xml.step(made, block)
            yield from self._whole()
        xml.step(made or self.parser(b""), b"", last=True)
        yield from self._whole()

    def _whole(self) -> list[Block]:
        found = self._found[:]
        self._found.clear()
        return found

    # --- text

    def text(self, text: str) -> None:
        if not self._in_text:
            return
        self.characters += len(text)
        if self.characters > self.limits.characters:
            raise Refused("too_long", limit=self.limits.characters)
        self._add(text)

    def _add(self, text: str) -> None:
        if self._open:
            self._open[-1].parts.append(text)
        elif text.strip():
            self._into[-1].append(Block(text.strip()))

    def _letter(self, letter: str) -> Callable[[Attributes], None]:
        def start(_: Attributes) -> None:
            if self._open and not self.properties:
                self._open[-1].parts.append(letter)

        return start

    def _start_symbol(self, attributes: Attributes) -> None:
        try:
            code = int(_value(attributes, "char"), 16)
        except ValueError:
            return
        # What lies in the area for private use means something in one font only.
        if 32 <= code < 0xD800 and self._open:
            self._open[-1].parts.append(chr(code))

    def _start_text(self, _: Attributes) -> None:
        self._in_text += 1

    def _end_text(self) -> None:
        self._in_text -= 1

    # --- paragraphs

    def _start_paragraph(self, _: Attributes) -> None:
        self._open.append(Paragraph(self._role))

    def _end_paragraph(self) -> None:
        done = self._open.pop()
        into = self._into[-1]
        text = "".join(done.parts).strip()
        if text:
            kind, level = self.kind_of(Style(done.name, done.outline, done.numbered))
            into.append(Block(text, kind, level, self._place()))
        into += done.after

    def _place(self) -> str:
        """Return where the paragraph is that has just ended; those in tables are not counted."""
        if self._note:
            return self._note
        if self._tables:
            return f"table {self._tables[-1].number}, row {self._tables[-1].row + 1}"
        self._number += 1
        return f"paragraph {self._number}"

    def _start_style(self, attributes: Attributes) -> None:
        if self._open:
            self._open[-1].name = _value(attributes, "val")

    def _start_outline(self, attributes: Attributes) -> None:
        value = _value(attributes, "val")
        if self._open and value.isdecimal():
            self._open[-1].outline = int(value[:3])

    def _start_numbers(self, _: Attributes) -> None:
        if self._open:
            self._open[-1].numbered = True

    def _start_note(self, attributes: Attributes) -> None:
        if _value(attributes, "type") in ("", "normal"):
            self._note = f"note {_value(attributes, 'id')}"
        else:
            self.skip()  # a line between text and notes, or what says that they go on

    def _start_box(self, _: Attributes) -> None:
        self._into.append([])

    def _end_box(self) -> None:
        found = self._into.pop()
        if self._open:
            self._open[-1].after += found
        else:
            self._into[-1] += found

    def _start_shape(self, _: Attributes) -> None:
        self._role = ""

    def _end_shape(self) -> None:
        self._role = ""

    def _start_placeholder(self, attributes: Attributes) -> None:
        self._role = _value(attributes, "type")

    # --- tables

    def _start_table(self, _: Attributes) -> None:
        self._table_number += 1
        self._tables.append(Table(self._table_number))

    def _end_table(self) -> None:
        self._tables.pop()

    def _start_look(self, attributes: Attributes) -> None:
        if not self._tables:
            return
        first = _value(attributes, "firstRow")
        look = _value(attributes, "val")
        if first:
            self._tables[-1].header = first not in OFF
        elif look:
            self._tables[-1].header = bool(_hexadecimal(look) & FIRST_ROW)

    def _start_header(self, attributes: Attributes) -> None:
        if self._tables and _value(attributes, "val") not in OFF:
            self._tables[-1].header = True

    def _start_cell(self, _: Attributes) -> None:
        self._into.append([])

    def _end_cell(self) -> None:
        found = self._into.pop()
        if self._tables:
            self._tables[-1].cells.append(found)
        else:
            self._into[-1] += found

    def _end_row(self) -> None:
        if self._tables:
            self._into[-1] += self._tables[-1].blocks()


def _value(attributes: Attributes, name: str) -> str:
    """Return an attribute by its name without a namespace; "" when it is not there."""
    for key, value in attributes.items():
        if xml.local(key) == name:
            return value
    return ""


def _hexadecimal(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return 0
