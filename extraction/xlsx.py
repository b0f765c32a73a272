"""Workbooks: each sheet in stretches of rows, the place of each row as the program shows it.

calamine (Rust) reads a sheet as one rectangle, in a fiftieth of the time of anything in Python. It
gives up on some files, and aborts the whole process on a rectangle that memory cannot hold: those
are left to openpyxl, which reads row by row. What is found too large beforehand goes there at once;
what aborts all the same is read again with ``hints.careful``.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, BinaryIO, NamedTuple, TypeVar

import python_calamine as calamine

from extraction.cells import column, texts
from extraction.composing import Composer
from extraction.limits import Hints, Limits
from extraction.pieces import Begin, End, Piece, Refused
from extraction.rows import Row, blocks
from extraction.workbook import Workbook, examined

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PIECE = 200_000  # characters
#: Of a row longer than this that is mostly empty, the empty cells are not written.
WIDE = 20
T = TypeVar("T")


class GaveUp(Exception):
    """A library could not read the file or a sheet of it."""


class Table(NamedTuple):
    """A sheet that can be read."""

    name: str
    rows: Callable[[], Iterator[Row]]


def read(file: BinaryIO, limits: Limits, hints: Hints) -> Iterator[Begin | Piece | End]:
    """Yield the sheets that hold something, hidden ones too, in stretches of at most 500 rows.

    Rows without content are left out, and their numbers with them. Formulas are their results.
    """
    old = file.read(8) == OLE
    found = Workbook() if old else examined(file, limits)
    file.seek(0)
    yield Begin("xls" if old else "xlsx", about=dict(found.about))
    composer = Composer("sheet", limits, hints, size=PIECE)
    unread: list[str] = []
    careful = (found.sparse or hints.careful) and not old
    for table in tables(file, found, careful=careful, old=old):
        try:
            yield from composer.pieces(blocks(counted(table.rows(), limits)), table.name)
        except GaveUp:
            unread.append(table.name)
    if not composer.number:
        raise Refused("broken" if unread else "nothing_to_read", kind="xls" if old else "xlsx")
    yield End({"sheets_not_read": unread} if unread else {})


def counted(rows: Iterator[Row], limits: Limits) -> Iterator[Row]:
    """Yield the rows, and refuse a sheet with more cells than are read."""
    cells = 0
    for row in rows:
        cells += len(row.cells)
        if cells > limits.cells:
            raise Refused("too_long", limit=limits.characters)
        yield row


def tables(file: BinaryIO, found: Workbook, *, careful: bool, old: bool) -> Iterator[Table]:
    """Yield the sheets, by whichever library reads them; the old kind only calamine does."""
    if not careful:
        try:
            book = attempt(partial(calamine.load_workbook, file))
        except GaveUp as why:
            if old:
                raise Refused("broken", kind="xls") from why
        else:
            yield from _fast(file, book, found)
            return
    yield from _slow(file)


def attempt(do: Callable[[], T]) -> T:
    """Call calamine. Raises GaveUp, or Refused when it says that there is a password."""
    try:
        return do()
    except calamine.PasswordError:
        raise Refused("password", kind="xlsx") from None
    except (calamine.CalamineError, OSError, ValueError, OverflowError) as error:
        raise GaveUp from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # pyo3's, which no module exports
            raise GaveUp from error
        raise


def _fast(file: BinaryIO, book: calamine.CalamineWorkbook, found: Workbook) -> Iterator[Table]:
    others: dict[str, Table] | None = None
    for sheet in book.sheets_metadata:
        if sheet.typ not in (calamine.SheetTypeEnum.WorkSheet, calamine.SheetTypeEnum.MacroSheet):
            continue
        try:
            opened = attempt(partial(book.get_sheet_by_name, sheet.name))
        except GaveUp:
            if others is None:
                others = _others(file)
            yield others.get(sheet.name) or Table(sheet.name, _nothing)
            continue
        errors = found.errors.get(sheet.name, {})
        yield Table(sheet.name, partial(rows_of, opened, errors))


def _others(file: BinaryIO) -> dict[str, Table]:
    try:
        return {table.name: table for table in _slow(file)}
    except Refused:
        return {}


def _nothing() -> Iterator[Row]:
    raise GaveUp


def rows_of(sheet: calamine.CalamineSheet, errors: Mapping[str, str]) -> Iterator[Row]:
    """Yield the rows of calamine's rectangle that hold something."""
    if sheet.start is None:
        return
    first, width = sheet.start[1], sheet.width
    letters = [column(number) for number in range(first, first + width)]
    numbers = {int(at.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) for at in errors}
    for number, values in enumerate(sheet.iter_rows(), 1):
        if number in numbers:
            row: list[Any] = [
                value if value != "" else errors.get(f"{letter}{number}", "")
                for letter, value in zip(letters, values, strict=False)
            ]
        elif values.count("") == width:
            continue
        else:
            row = values
        found = placed(texts(row), letters, number)
        if found:
            yield found


def placed(cells: list[str], letters: list[str], number: int) -> Row | None:
    """Return a row from its first to its last cell that holds something; None without any."""
    last = len(cells)
    while last and not cells[last - 1].strip():
        last -= 1
    if not last:
        return None
    first = 0
    while not cells[first].strip():
        first += 1
    at = f"{letters[first]}{number}"
    if first < last - 1:
        at = f"{at}:{letters[last - 1]}{number}"
    if last > WIDE and (held := [cell for cell in cells if cell.strip()]) and len(held) < last // 2:
        return Row(held, at)
    return Row(cells[:last], at)


def _slow(file: BinaryIO) -> Iterator[Table]:
    """Yield the sheets as openpyxl streams them. Raises Refused when it cannot."""
    import openpyxl

    file.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        except (MemoryError, RecursionError):
            raise
        except Exception as error:  # whatever a broken file makes it stumble over
            raise Refused("broken", kind="xlsx", why=type(error).__name__) from error
    for sheet in book.worksheets:
        yield Table(str(sheet.title), partial(streamed, sheet))


def streamed(sheet: Any) -> Iterator[Row]:
    """Yield the rows of a sheet that hold something; what ``<dimension>`` claims is not believed."""
    letters = [column(number) for number in range(256)]
    sheet.reset_dimensions()
    try:
        for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
            if not any(value is not None and value != "" for value in values):
                continue
            while len(letters) < len(values):
                letters.append(column(len(letters)))
            found = placed(texts([_plain(value) for value in values]), letters, number)
            if found:
                yield found
    except (MemoryError, RecursionError, Refused):
        raise
    except Exception as error:
        raise GaveUp from error


def _plain(value: Any) -> Any:
    """Return a day without a time as calamine does: a whole number of days is a date."""
    return (
        value.date()
        if isinstance(value, datetime) and value.time() == datetime.min.time()
        else value
    )
