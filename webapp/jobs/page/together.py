"""Several questions as one statement: a page may ask the database only so often.

Each part of it gives rows of the same columns, and names itself in the first. What differs from one
job to another is a bind parameter, so that a statement is put together and compiled once: a page
that asks every second would otherwise spend half its time on that.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, Text, bindparam, cast, literal, null, type_coerce, union_all

from webapp.database import Glance
from webapp.extensions import STORED_JSON, UtcDateTime, nearest
from webapp.jobs.models import Job

Found = Mapping[str, Sequence["Row"]]

_COLUMNS: dict[str, Any] = {
    "part": Text(), "of": Job.id.type, "number": Integer(), "at": UtcDateTime(),
    "attempt": Integer(), "began_at": UtcDateTime(), "what": Text(), "text": Text(),
    "who": Text(), "reason": Text(), "args": STORED_JSON,
}  # fmt: skip


class Parts(NamedTuple):
    """Some questions, and the values of their parameters."""

    selects: tuple[Select[Any], ...] = ()
    values: Mapping[str, Any] = {}


class Row(NamedTuple):
    """A row of any part."""

    part: str
    of: Any
    number: Any
    at: Any
    attempt: Any
    began_at: Any
    what: Any
    text: Any
    who: Any
    reason: Any
    args: Any


def row(part: str, **values: Any) -> list[Any]:
    """Return the columns that all parts have in common; what a part has not is NULL."""
    values["part"] = literal(part, Text())
    return [
        (type_coerce(values[name], type_) if name in values else cast(null(), type_)).label(name)
        for name, type_ in _COLUMNS.items()
    ]


def given(name: str, kind: Any) -> Any:
    """Return a bind parameter that ``ask`` is given a value for."""
    return bindparam(name, type_=kind, required=False)


def ask(*parts: Parts) -> Found:
    """Ask all of them at once, and return the rows of each by its name; no rows, no name."""
    statement = _statement(tuple(select for part in parts for select in part.selects))
    values = {name: value for part in parts for name, value in part.values.items()}
    found: dict[str, list[Row]] = {}
    for one in map(Row._make, statement.rows(nearest(), **values)):
        found.setdefault(one.part, []).append(one)
    return found


@cache
def _statement(selects: tuple[Select[Any], ...]) -> Glance:
    return Glance(union_all(*selects))
