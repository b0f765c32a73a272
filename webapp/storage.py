"""Files: on a disk or in a bucket, because on a platform web and worker share no disk."""

from collections.abc import Iterator
from typing import BinaryIO


class NotSetUp(Exception):
    """STORAGE_URL is not set, so there is no place for files."""


def put(path: str, content: BinaryIO | Iterator[bytes]) -> int:
    """Store a file in parts, never whole in memory, and return its size in bytes. Raises NotSetUp."""
    raise NotImplementedError


def read(path: str, *, start: int = 0) -> Iterator[bytes]:
    """Go through a file in parts, from a byte on. Raises FileNotFoundError and NotSetUp."""
    raise NotImplementedError


def delete(path: str) -> None:
    """Remove a file; one that is not there is no error."""
    raise NotImplementedError
