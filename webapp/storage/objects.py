"""Files in a folder or in a bucket, through obstore."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, S3Store

from webapp.extensions import settings
from webapp.storage.away import Away

if TYPE_CHECKING:
    from obstore.store import RetryConfig

PART = 1024 * 1024  # what is read of a file at once
BUCKET_PART = 5 * 1024 * 1024  # S3 takes no smaller one but the last
AT_ONCE = 2  # parts on their way to a bucket
TRIES: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}
#: How the library calls a file that it is still writing.
HALF = re.compile(r"#\d+$")


def put(path: str, parts: Iterator[bytes]) -> None:
    """Write it in parts, of which a few are in memory at once."""
    store, chunk = _store(), BUCKET_PART if _folder() is None else PART
    try:
        with _troubles():
            obstore.put(store, path, parts, chunk_size=chunk, max_concurrency=AT_ONCE)
    except FileNotFoundError as error:
        raise Away("The place for files is not there.") from error


def read(path: str, start: int) -> Iterator[bytes]:
    """Give it in parts, from a byte on."""
    store = _store()
    with _troubles():
        if start >= obstore.head(store, path)["size"]:
            return
        found = obstore.get(store, path, options={"range": {"offset": start}})
        for part in found.stream(min_chunk_size=PART):
            yield bytes(part)


def size(path: str) -> int:
    """Return its bytes."""
    with _troubles():
        return obstore.head(_store(), path)["size"]


def delete(path: str) -> None:
    """Remove it."""
    store = _store()
    with _troubles():
        try:
            obstore.delete(store, path)
        except (FileNotFoundError, NotFoundError):
            return


def paths(prefix: str) -> Iterator[tuple[str, datetime]]:
    """Go through the files under a folder."""
    with _troubles():
        for some in obstore.list(_store(), prefix):
            yield from ((one["path"], one["last_modified"]) for one in some)


def tidy(before: datetime) -> int:
    """Remove half-written files from a folder; a bucket shows none."""
    folder = _folder()
    if folder is None:
        return 0
    removed = 0
    for file in folder.rglob("*#*"):
        if HALF.search(file.name) and _written(file) < before:
            file.unlink(missing_ok=True)
            removed += 1
    return removed


def on_disk(path: str) -> Path | None:
    """Return where a file of a folder lies."""
    folder = _folder()
    if folder is None:
        return None
    if not folder.is_dir():  # such as one that is not mounted yet
        raise Away("The place for files is not there.")
    if not (folder / path).is_file():
        raise FileNotFoundError(path)
    return folder / path


def _written(file: Path) -> datetime:
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except FileNotFoundError:  # it has just become whole
        return datetime.max.replace(tzinfo=UTC)


def _folder() -> Path | None:
    url = settings().storage_url
    return Path(unquote(urlsplit(url).path)) if url.startswith("file:") else None


def _store() -> ObjectStore:
    try:
        return opened(settings().storage_url)
    except (BaseError, OSError) as error:
        raise Away("The place for files is not there.") from error


@cache
def opened(url: str) -> ObjectStore:
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
