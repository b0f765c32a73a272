"""Files: on a disk or in a bucket, because on a platform web and worker share no disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, S3Store

from webapp.extensions import settings

if TYPE_CHECKING:
    from obstore.store import RetryConfig

PART = 1024 * 1024  # what is read of a file at once
UPLOAD_PART = 8 * 1024 * 1024  # S3 takes no part of less than 5 MiB but the last
AT_ONCE = 2  # parts on their way to a bucket
TRIES: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}


class NotSetUp(Exception):
    """STORAGE_URL is not set, so there is no place for files."""


class Away(Exception):
    """The storage did not answer or refused; trying again later may help."""


def put(path: str, content: BinaryIO | Iterator[bytes]) -> int:
    """Store a file in parts, never whole in memory, and return its size in bytes.

    It is there when this returns and not before: what breaks off leaves nothing behind. Raises
    NotSetUp and Away.
    """
    size = 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for part in parts:
            size += len(part)
            yield part

    parts = content if isinstance(content, Iterator) else iter(lambda: content.read(PART), b"")
    store = _store()
    try:
        with _troubles():
            obstore.put(store, path, counted(), chunk_size=UPLOAD_PART, max_concurrency=AT_ONCE)
    except FileNotFoundError as error:
        raise Away("The place for files is not there.") from error
    return size


def read(path: str, *, start: int = 0) -> Iterator[bytes]:
    """Go through a file in parts, from a byte on; from its end on there is nothing.

    Raises FileNotFoundError, NotSetUp and Away.
    """
    store = _store()
    with _troubles():
        if start >= obstore.head(store, path)["size"]:
            return
        found = obstore.get(store, path, options={"range": {"offset": start}})
        for part in found.stream(min_chunk_size=PART):
            yield bytes(part)


def delete(path: str) -> None:
    """Remove a file; one that is not there is no error. Raises NotSetUp and Away."""
    store = _store()
    with _troubles():
        try:
            obstore.delete(store, path)
        except (FileNotFoundError, NotFoundError):
            return


def possible() -> bool:
    """Say whether there is a place for files."""
    return settings().storage_url is not None


def _store() -> ObjectStore:
    url = settings().storage_url
    if url is None:
        raise NotSetUp("STORAGE_URL is not set, so there is no place for files.")
    try:
        return _open(url)
    except (BaseError, OSError) as error:
        raise Away("The place for files is not there.") from error


@cache
def _open(url: str) -> ObjectStore:
    """Open the place. A bucket's keys and endpoint are read from AWS_… by the library itself."""
    if url.startswith("file:"):
        return LocalStore(unquote(urlsplit(url).path), mkdir=True)
    return S3Store.from_url(
        url, client_options={"timeout": "60s", "allow_http": True}, retry_config=TRIES
    )


@contextmanager
def _troubles() -> Iterator[None]:
    try:
        yield
    except NotFoundError as error:
        raise FileNotFoundError(str(error)) from None
    except (BaseError, PermissionError) as error:
        raise Away("The storage did not answer.") from error
