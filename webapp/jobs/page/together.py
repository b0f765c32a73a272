"""Several questions as one statement: a page may ask the database only so often.

Each part of it gives rows of the same columns, and names itself in the first.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Integer, Select, Text, cast, literal, null, type_coerce, union_all

from webapp.extensions import STORED_JSON, db
from webapp.jobs.models import Job

Found = Mapping[str, Sequence[Any]]

_COLUMNS: dict[str, Any] = {
    "part": Text(), "of": Job.id.type, "number": Integer(), "at": Job.created_at.type,
    "attempt": Integer(), "began_at": Job.created_at.type, "what": Text(), "text": Text(),
    "who": Text(), "reason": Text(), "args": STORED_JSON,
}  # fmt: skip


def row(part: str, **values: Any) -> list[Any]:
    """Return the columns that all parts have in common; what a part has not is NULL."""
    values["part"] = literal(part, Text())
    return [
        (type_coerce(values[name], type_) if name in values else cast(null(), type_)).label(name)
        for name, type_ in _COLUMNS.items()
    ]


def ask(parts: Iterable[Select[Any]]) -> Found:
    """Ask all of them at once, and return the rows of each by its name; no rows, no name."""
    found: dict[str, list[Any]] = {}
    for one in db.session.execute(union_all(*parts)):
        found.setdefault(one.part, []).append(one)
    return found
