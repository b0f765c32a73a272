"""Files: on a disk, in a bucket, or in the database, because on a platform web and worker share no disk."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Protocol

from webapp.clock import now
from webapp.extensions import settings
from webapp.storage import blocks, objects
from webapp.storage.away import Away

__all__ = ["DATABASE", "Away", "delete", "local_copy", "paths", "put", "read", "size", "tidy"]

DATABASE = "database:"
COPY = "bellhop-copy-"
PART = 1024 * 1024  # what is read of an open file at once
#: What a process that died has left is not touched while it might still be written.
ABANDONED = timedelta(hours=1)


class Place(Protocol):
    """What a place for files can do; ``put`` overwrites, and what breaks off leaves nothing."""

    def put(self, path: str, parts: Iterator[bytes]) -> None: ...
    def read(self, path: str, start: int) -> Iterator[bytes]: ...
    def size(self, path: str) -> int: ...
    def delete(self, path: str) -> None: ...
    def paths(self, prefix: str) -> Iterator[tuple[str, datetime]]: ...
    def tidy(self, before: datetime) -> int: ...
    def on_disk(self, path: str) -> Path | None: ...


def put(path: str, content: IO[bytes] | Iterator[bytes]) -> int:
    """Store a file in parts, never whole in memory, and return its size in bytes.

    It is there when this returns and not before: what breaks off leaves nothing behind, and a file
    of that path is the older one until then. Call it outside of a transaction: it takes as long as
    the file is large, and the place may be the database itself. Raises Away.
    """
    size = 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for part in parts:
            size += len(part)
            yield part

    # An open file is an iterator too, of lines, and a line may be as long as the file.
    parts = content if not hasattr(content, "read") else iter(lambda: content.read(PART), b"")
    _place().put(path, counted())
    return size


def read(path: str, *, start: int = 0) -> Iterator[bytes]:
    """Go through a file in parts, from a byte on; from its end on there is nothing.

    Raises FileNotFoundError and Away.
    """
    yield from _place().read(path, start)


def size(path: str) -> int:
    """Return how many bytes a file has. Raises FileNotFoundError and Away."""
    return _place().size(path)


def delete(path: str) -> None:
    """Remove a file; one that is not there is no error. Call it outside of a transaction.

    Raises Away.
    """
    _place().delete(path)


@contextmanager
def local_copy(path: str) -> Iterator[Path]:
    """Give a file as one on this machine's disk, for a program that reads it; never write to it.

    Where files lie in a folder it is the file itself, else a copy in the temporary folder that is
    gone afterwards. Raises FileNotFoundError and Away.
    """
    place = _place()
    if (there := place.on_disk(path)) is not None:
        yield there
        return
    _remove_old_copies()
    with tempfile.NamedTemporaryFile(prefix=COPY) as copy:
        for part in place.read(path, 0):
            copy.write(part)
        copy.flush()
        yield Path(copy.name)


def paths(prefix: str) -> Iterator[tuple[str, datetime]]:
    """Go through the files under a folder such as ``documents``, each with when it was stored.

    Raises Away.
    """
    return _place().paths(prefix)


def tidy() -> int:
    """Remove what processes that died have left half-written; return how many. Raises Away.

    A bucket does that by itself, when it is told to give up uploads that were not completed.
    """
    return _place().tidy(now() - ABANDONED)


def _remove_old_copies() -> None:
    """Remove what programs that were killed have left in this machine's temporary folder."""
    before = (now() - ABANDONED).timestamp()
    for file in Path(tempfile.gettempdir()).glob(f"{COPY}*"):
        with suppress(FileNotFoundError):  # another process was faster
            if file.stat().st_mtime < before:
                file.unlink()


def _place() -> Place:
    return blocks if settings().storage_url == DATABASE else objects
