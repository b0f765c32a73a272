"""Looking through every table with texts for somebody, and masking what is found."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import or_, select, tuple_, update

from webapp.extensions import db
from webapp.forgetting import Column, Key, Table, end_of_window, key_of
from webapp.looking import a_look
from webapp.retention.parts import PARTS, texts
from webapp.retention.words import Words

Columns = list[Column]


def sweep(words: Words, reached: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Mask every text that has one of the words; after each step say where, and in how many rows.

    ``reached`` says by table how far an earlier sweep came, and is kept up to date: it goes on
    there, so that a second one looks only at what has come since. Each step may be committed, with
    ``reached``.
    """
    for table, sentences, letters in texts():
        name = table.__tablename__
        after = read_key(table, reached.get(name))
        while (last := end_of_window(table, after)) is not None:
            found = _find(table, sentences, letters, words, after, last)
            masked = sum(_mask(table, key, values, sentences, words) for key, values in found)
            reached[name] = write_key(last)
            yield name, masked
            after = last


def unfinished(words: Words) -> bool:
    """Say whether somebody else must still deal with a row that has one of the words."""
    for part in PARTS:
        for table, busy in part.busy.items():
            names = f"{part.sentences.get(table, '')} {part.letters.get(table, '')}".split()
            hits = [words.stand_in(getattr(table, name), by_name=False) for name in names]
            if db.session.scalar(select(key_of(table)[0]).where(busy, or_(*hits)).limit(1)):
                return True
    return False


def _find(
    table: Table, sentences: Columns, letters: Columns, words: Words, after: Key | None, last: Key
) -> list[tuple[Key, dict[str, Any]]]:
    """Return the rows of a window that may have one of the words: key, and values by column."""
    key = key_of(table)
    columns = [*sentences, *letters]
    hits = [
        *(words.stand_in(column, by_name=True) for column in sentences),
        *(words.stand_in(column, by_name=False) for column in letters),
    ]
    query = select(*key, *columns).where(tuple_(*key) <= tuple_(*last), or_(*hits))
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*after))
    for part in PARTS:
        if table in part.busy:
            query = query.where(~part.busy[table])
    names = [column.key for column in columns]
    with a_look() as look:
        rows = look.execute(query).all()
    return [
        (tuple(row[: len(key)]), dict(zip(names, row[len(key) :], strict=True))) for row in rows
    ]


def _mask(
    table: Table, key: Key, values: dict[str, Any], sentences: Columns, words: Words
) -> int:  # fmt: skip
    by_name = {column.key for column in sentences}
    changed = {}
    for name, value in values.items():
        masked = words.masked(value, by_name=name in by_name)
        if masked != value:
            changed[name] = _short(getattr(table, name), masked)
    if not changed:
        return 0
    same = [column == part for column, part in zip(key_of(table), key, strict=True)]
    # Only as it was looked at: whoever has written another text meanwhile is met by the next sweep.
    unchanged = [
        getattr(table, name) == values[name] for name in changed if isinstance(values[name], str)
    ]
    db.session.execute(
        update(table)
        .where(*same, *unchanged)
        .values(**changed)
        .execution_options(synchronize_session=False)
    )
    return 1


def _short(column: Column, value: Any) -> Any:
    length = getattr(column.type, "length", None)
    return value[:length] if length and isinstance(value, str) else value


def read_key(table: Table, stored: Sequence[Any] | None) -> Key | None:
    """Return a key as it was stored with ``write_key``."""
    if stored is None:
        return None
    kinds = [column.type.python_type for column in key_of(table)]
    return tuple(kind(part) for kind, part in zip(kinds, stored, strict=True))


def write_key(key: Key) -> list[Any]:
    """Return a key as JSON can hold it."""
    return [str(part) if isinstance(part, uuid.UUID) else part for part in key]
