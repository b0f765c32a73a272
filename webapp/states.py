"""The one way in which a state changes."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Result, bindparam, update
from sqlalchemy.orm import object_session


def rows_changed(result: Result[Any]) -> int:
    """Return how many rows an INSERT, UPDATE or DELETE has changed.

    The session types every answer as one to read rows from; that of a change has this count.
    """
    return cast("CursorResult[Any]", result).rowcount


def move(row: Any, to: StrEnum, *, expect: Collection[StrEnum], **values: Any) -> bool:
    """Move a row to a state only if it is still in an expected one.

    The check and the change are one UPDATE, so of two workers, or two clicks, exactly one gets
    True. Either way the row then shows what the database holds.
    """
    table, session = type(row), object_session(row)
    if session is None:
        raise ValueError(f"{row!r} belongs to no session")
    session.flush()
    if hasattr(table, "version"):
        values["version"] = table.version + 1
    statement = (
        update(table)
        .where(table.id == row.id, table.state.in_(expect))
        .values(state=to, **values)
        .returning(table)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    if session.scalars(statement).one_or_none() is not None:
        return True  # what came back is the row as it is now
    session.refresh(row)
    return False


def stands(state: Any, *states: StrEnum) -> ColumnElement[bool]:
    """Return the condition that a state is one of some, with their names in the SQL itself.

    The partial indexes say ``WHERE state IN (…)``; neither database can tell that an index of that
    kind serves a query whose states are parameters.
    """
    one: ColumnElement[bool] = state == bindparam(None, states[0], literal_execute=True)
    some: ColumnElement[bool] = state.in_(
        bindparam(None, list(states), expanding=True, literal_execute=True)
    )
    # SQLite knows "= 'queued'", and not "IN ('queued')", as the condition of an index.
    return one if len(states) == 1 else some
