"""Files in the database, in blocks: for a platform that gives no bucket.

Each block is a transaction of its own on a connection of its own, so that a long upload keeps no
other writer out, and a reader holds one block in memory and no transaction between two.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy import delete as remove
from sqlalchemy.exc import SQLAlchemyError

from webapp.clock import now
from webapp.database import reading
from webapp.extensions import db
from webapp.states import rows_changed
from webapp.storage.away import Away
from webapp.storage.models import StoredBlock, StoredFile

BLOCK = 1024 * 1024
BLOCKS_AT_ONCE = 8  # how many are removed in one transaction
LISTED_AT_ONCE = 500


def put(path: str, parts: Iterator[bytes]) -> None:
    """Write the blocks, then let the file be seen in place of an older one."""
    with _transaction(writes=True) as connection:
        file_id = _number_of(connection.execute(insert(StoredFile).values(path=path)))
    try:
        size = 0
        for number, block in enumerate(_cut(parts)):
            _add(file_id, number, block)
            size += len(block)
        older = _show(file_id, path, size)
    except BaseException:
        with suppress(Away):  # then it is removed as what a dead process has left
            _forget(file_id)
        raise
    for one in older:
        _forget(one)


def read(path: str, start: int) -> Iterator[bytes]:
    """Give the blocks from a byte on, each fetched when it is asked for."""
    file_id, size = _find(path)
    first = start // BLOCK
    for number in range(first, -(-size // BLOCK)):
        content = _block(file_id, number)
        yield content[start - first * BLOCK :] if number == first else content


def size(path: str) -> int:
    """Return its bytes."""
    return _find(path)[1]


def delete(path: str) -> None:
    """Hide the file, then remove its blocks a few at a time."""
    with _transaction(writes=True) as connection:
        hidden = _hide(connection, path)
    for file_id in hidden:
        _forget(file_id)


def paths(prefix: str) -> Iterator[tuple[str, datetime]]:
    """Go through the files under a folder, in the order in which they were stored."""
    after = 0
    while rows := _list(prefix, after):
        yield from ((row.path, row.written_at) for row in rows)
        after = rows[-1].id


def tidy(before: datetime) -> int:
    """Remove the files that are not whole and have got no block since a moment."""
    left = select(StoredFile.id).where(~StoredFile.whole, StoredFile.written_at < before)
    with _transaction(writes=False) as connection:
        abandoned = connection.scalars(left).all()
    for file_id in abandoned:
        _forget(file_id)
    return len(abandoned)


def on_disk(path: str) -> Path | None:  # noqa: ARG001 - no file of the database does
    """Say that it lies on no disk of ours."""
    return None


@contextmanager
def _transaction(*, writes: bool) -> Iterator[Connection]:
    """Run a short transaction beside the session's; what the database refuses becomes Away."""
    if writes and db.engine.dialect.name == "sqlite" and db.session().in_transaction():
        raise RuntimeError(
            "Commit before you store: of SQLite's writers this session may be the one."
        )
    token = reading.set(not writes)
    try:
        with db.engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise Away("The database did not take or give a block.") from error
    finally:
        reading.reset(token)


def _cut(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Make blocks of parts of any size."""
    waiting = bytearray()
    for part in parts:
        waiting += part
        while len(waiting) >= BLOCK:
            yield bytes(waiting[:BLOCK])
            del waiting[:BLOCK]
    if waiting:
        yield bytes(waiting)


def _add(file_id: int, number: int, content: bytes) -> None:
    with _transaction(writes=True) as connection:
        connection.execute(
            insert(StoredBlock).values(file_id=file_id, number=number, content=content)
        )
        connection.execute(
            update(StoredFile).where(StoredFile.id == file_id).values(written_at=now())
        )


def _show(file_id: int, path: str, size: int) -> list[int]:
    """Let it be seen; return the files that it takes the place of."""
    with _transaction(writes=True) as connection:
        older = _hide(connection, path)
        mine = update(StoredFile).where(StoredFile.id == file_id)
        shown = connection.execute(mine.values(whole=True, size=size, written_at=now()))
        if rows_changed(shown) != 1:
            raise Away("It took so long that what was written was taken for abandoned.")
    return older


def _hide(connection: Connection, path: str) -> list[int]:
    hide = update(StoredFile).where(StoredFile.path == path, StoredFile.whole)
    return list(connection.scalars(hide.values(whole=False).returning(StoredFile.id)))


def _forget(file_id: int) -> None:
    """Remove a file that nobody sees: its blocks some at a time, then itself."""
    mine = StoredBlock.file_id == file_id
    some = select(StoredBlock.number).where(mine).limit(BLOCKS_AT_ONCE)
    while True:
        with _transaction(writes=True) as connection:
            gone = connection.execute(remove(StoredBlock).where(mine, StoredBlock.number.in_(some)))
            if rows_changed(gone) == 0:
                connection.execute(remove(StoredFile).where(StoredFile.id == file_id))
                return


def _find(path: str) -> tuple[int, int]:
    """Return the number and the size of a file."""
    wanted = select(StoredFile.id, StoredFile.size).where(StoredFile.path == path, StoredFile.whole)
    with _transaction(writes=False) as connection:
        row = connection.execute(wanted).one_or_none()
    if row is None:
        raise FileNotFoundError(path)
    return row.id, row.size


def _block(file_id: int, number: int) -> bytes:
    wanted = select(StoredBlock.content).where(
        StoredBlock.file_id == file_id, StoredBlock.number == number
    )
    with _transaction(writes=False) as connection:
        content = connection.scalar(wanted)
    if content is None:  # removed while it is read
        raise FileNotFoundError(f"block {number} of file {file_id}")
    return bytes(content)


def _list(prefix: str, after: int) -> list[Any]:
    query = (
        select(StoredFile.id, StoredFile.path, StoredFile.written_at)
        .where(
            StoredFile.path.startswith(f"{prefix}/", autoescape=True),
            StoredFile.whole,
            StoredFile.id > after,
        )
        .order_by(StoredFile.id)
        .limit(LISTED_AT_ONCE)
    )
    with _transaction(writes=False) as connection:
        return list(connection.execute(query))


def _number_of(result: Any) -> int:
    [number] = result.inserted_primary_key
    return int(number)
