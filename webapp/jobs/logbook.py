"""What is logged while a job runs is kept with its attempt, so that its page can show it.

Lines wait in this process, and are stored with what the job commits anyway: with each step and at
its end. A line is given up only after the commit that stored it, so what an attempt said before it
failed is kept, although everything else that it did is undone.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import insert

from webapp.extensions import db
from webapp.jobs.history import JobLog
from webapp.jobs.redacting import redact

#: An attempt keeps so many lines, and so many characters of them.
LINES, CHARACTERS = 500, 64 * 1024
LINE_CHARACTERS = 2_000
FULL = "More was logged than is kept here. All of it stands in the log of the worker's process."
#: What structlog adds to every line, and a job's page says elsewhere.
_KNOWN = {
    *("event", "level", "logger", "timestamp", "exc_info", "stack_info"),
    *("request_id", "job_id", "kind", "attempt", "wake"),
}


class Line(NamedTuple):
    """What was logged, when, and how bad it is."""

    at: datetime
    level: str
    text: str


class Logbook:
    """What one attempt at a job has logged and not yet stored."""

    def __init__(self, job_id: UUID, attempt: int) -> None:
        self.job_id, self.attempt = job_id, attempt
        self.waiting: list[Line] = []
        self.written = self.lines = self.characters = 0

    def add(self, line: Line) -> None:
        """Keep a line, as long as there is room for it."""
        if self.lines > LINES:
            return
        text = redact(line.text[: 2 * LINE_CHARACTERS])[:LINE_CHARACTERS]
        self.lines += 1
        self.characters += len(text)
        if self.lines > LINES or self.characters > CHARACTERS:
            self.lines = LINES + 1
            line, text = line._replace(level="warning"), FULL
        self.waiting.append(line._replace(text=text))

    def write(self) -> None:
        """Write what waits, in the caller's transaction; after its commit, ``stored`` forgets it."""
        self.written = len(self.waiting)
        if self.waiting:
            mine = {"job_id": self.job_id, "attempt": self.attempt}
            db.session.execute(insert(JobLog), [mine | line._asdict() for line in self.waiting])

    def stored(self) -> None:
        """Forget what the last ``write`` wrote: it has been committed."""
        del self.waiting[: self.written]
        self.written = 0


_open: ContextVar[Logbook | None] = ContextVar("logbook", default=None)


@contextmanager
def kept(job_id: UUID, attempt: int) -> Iterator[Logbook]:
    """Keep what is logged in here as said by an attempt at a job."""
    _listen()
    book = Logbook(job_id, attempt)
    token = _open.set(book)
    try:
        yield book
    finally:
        _open.reset(token)


def commit() -> None:
    """Commit, with what the job that runs here has logged until now."""
    book = _open.get()
    if book is None or not book.waiting:
        db.session.commit()
        return
    book.write()
    db.session.commit()
    book.stored()


class _Listener(logging.Handler):
    """Hears every line of this process, and keeps those that are said while a job runs."""

    def handle(self, record: logging.LogRecord) -> bool:
        """Hear a line, or let it pass at once: most are said while no job runs."""
        return False if _open.get() is None else bool(super().handle(record))

    def emit(self, record: logging.LogRecord) -> None:
        book = _open.get()
        if book is None:
            return
        try:
            moment = datetime.fromtimestamp(record.created, UTC)
            book.add(Line(moment, record.levelname.lower(), words(record)))
        except Exception:
            self.handleError(record)


_listener = _Listener(logging.INFO)


def _listen() -> None:
    """Hear what is logged from INFO on, however little of it the process prints."""
    root = logging.getLogger()
    if _listener in root.handlers:
        return
    for handler in root.handlers:
        handler.setLevel(max(handler.level, root.level))
    root.setLevel(min(root.level, logging.INFO))
    root.addHandler(_listener)


def words(record: logging.LogRecord) -> str:
    """Return what a record says, in one text: ours say an event and what belongs to it."""
    if isinstance(record.msg, dict):
        said = record.msg
        more = ", ".join(f"{key}: {value}" for key, value in said.items() if _is_told(key))
        text = f"{said.get('event', '')}{f' ({more})' if more else ''}"
        error = said.get("exc_info")
    else:
        text, error = record.getMessage(), record.exc_info
    return f"{text}: {_last_line(error)}" if error else text


def _is_told(key: str) -> bool:
    return key not in _KNOWN and not key.startswith("_")


def _last_line(error: Any) -> str:
    """Return the kind and the words of an exception; its traceback stands on the page already."""
    problem = error[1] if isinstance(error, tuple) else error
    return f"{type(problem).__name__}: {problem}" if isinstance(problem, BaseException) else ""
