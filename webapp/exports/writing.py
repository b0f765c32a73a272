"""How a file is written: the rows of its writer, as CSV, in parts to the storage."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import structlog

from webapp import storage
from webapp.clock import now
from webapp.exports.cells import safe
from webapp.exports.models import Export
from webapp.extensions import db
from webapp.jobs.running import Impossible, Run

log = structlog.get_logger(__name__)

#: Gives the rows of a file for what was asked (ids and filters), the header first.
Writer = Callable[[dict[str, Any]], Iterable[list[Any]]]

#: Each by its name. Who has something to export registers it: this slice knows none of them.
writers: dict[str, Writer] = {}

BOM = b"\xef\xbb\xbf"  # without it Excel takes UTF-8 for the code page of its country
PART = 256 * 1024
LOOK_EVERY = 500  # rows


def writer(what: str) -> Callable[[Writer], Writer]:
    """Register what writes the rows of a kind of file, such as "campaign.recipients".

    It may read in slices, each with a query of its own: between two rows the job may commit.
    """

    def register(function: Writer) -> Writer:
        writers[what] = function
        return function

    return register


def write(run: Run, export: Export) -> str:
    """Write the file and return how that went, in words.

    What a run that was killed has left in the storage is removed first. The file can be had from
    the commit on that ends the job, and not before.
    """
    if export.what not in writers:
        raise Impossible("This kind of file is not made any more.", "Ask for it again on its page.")
    left, path = export.path, f"exports/{export.id}-{run.attempt}.csv"
    if left:
        db.session.commit()
        storage.delete(left)
    counted = _Counted(run, writers[export.what](export.args))
    export.path = path
    run.step(done=0, note="Writing the file.")
    try:
        size = storage.put(path, _between(in_parts(counted)))
    except BaseException:
        db.session.rollback()
        storage.delete(path)
        raise
    log.info("Stored the file", rows=counted.rows, bytes=size)
    export.size = size
    export.rows, export.ready_at, export.version = counted.rows, now(), export.version + 1
    return f"{counted.rows:,} rows are ready to be downloaded."


def _between(parts: Iterator[bytes]) -> Iterator[bytes]:
    """End the transaction of the rows before a part is stored: the storage may be the database."""
    for part in parts:
        db.session.commit()
        yield part


class _Counted:
    """The rows of a writer, counted while they pass by; the job tells how far it is."""

    def __init__(self, run: Run, rows: Iterable[list[Any]]) -> None:
        self.run, self.source, self.rows = run, rows, 0

    def __iter__(self) -> Iterator[list[Any]]:
        for number, row in enumerate(self.source):  # the header is number 0
            self.rows = number
            if number % LOOK_EVERY == 0:
                self.run.report(done=number, note=f"{number:,} rows so far.")
            yield row


def in_parts(rows: Iterable[list[Any]]) -> Iterator[bytes]:
    """Give the file in parts of a quarter of a megabyte: UTF-8, lines ended as RFC 4180 has it."""
    yield BOM
    part = io.StringIO()
    line = csv.writer(part)
    for row in rows:
        line.writerow([safe(cell) for cell in row])
        if part.tell() >= PART:
            yield part.getvalue().encode()
            part.seek(0)
            part.truncate()
    yield part.getvalue().encode()
