"""What a job's row said before somebody asked something of it.

It is kept in ``Job.before`` by the very statement that asks, and put back by one statement too, so
it is exact for one job and for a hundred thousand.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    SQLColumnExpression,
    Uuid,
    and_,
    cast,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from webapp.extensions import db
from webapp.jobs.known import Cause
from webapp.jobs.models import UNFINISHED, WAITING, Job, JobState
from webapp.states import stands

#: Every column that asking changes, but for when its message was sent: that is nobody's business.
COLUMNS = (
    *("state", "failures", "lost", "done", "total", "note", "run_at", "finished_at"),
    *("cancel_requested_at", "error", "advice", "traceback", "cause_id", "routine"),
    *("asked_by_id", "bulk_id", "before"),
)
#: PostgreSQL must be told what a text means; SQLite gives back what it was given.
_TYPES: dict[str, Any] = {
    "failures": Integer(), "lost": Integer(), "done": Integer(), "total": Integer(),
    "cause_id": Integer(), "asked_by_id": Integer(), "routine": Boolean(), "bulk_id": Uuid(),
    **dict.fromkeys(("run_at", "finished_at", "cancel_requested_at"), DateTime(timezone=True)),
}  # fmt: skip


class Wish(StrEnum):
    """What was asked of a job."""

    RETRY = "retry"
    CANCEL = "cancel"


def row_as_it_is(wish: Wish, left: JobState) -> ColumnElement[Any]:
    """Return what ``before`` becomes in an UPDATE: the row of now, as JSON made by the database.

    ``left`` is the state in which the UPDATE leaves the row. Of what was remembered before, what
    that itself remembered is dropped, so that it does not grow.
    """
    build = func.jsonb_build_object if _on_postgres() else func.json_object
    pairs: list[Any] = []
    for name in COLUMNS:
        pairs += [name, getattr(Job, name) if name != "before" else _before()]
    return build(
        "wish", wish.value, "left", left.value, "attempt", Job.attempt, "row", build(*pairs),
        type_=Job.before.type,
    )  # fmt: skip


def _before() -> ColumnElement[Any]:
    if _on_postgres():
        return func.jsonb_set(
            _unless_null(Job.before), literal_column("'{row,before}'"), literal_column("'null'")
        )
    return func.json(func.json_set(Job.before, "$.row.before", null()))


def remembered() -> dict[str, Any]:
    """Return the values by which an UPDATE puts back what the row said."""
    values = {name: _kept(name) for name in COLUMNS}
    # Retention may have removed it meanwhile, when no job had it.
    there = select(Cause.id).where(Cause.id == values["cause_id"]).correlate(Job)
    values["cause_id"] = there.scalar_subquery()
    # Its message may have been taken and refused meanwhile: the sweep publishes what waits.
    return {**values, "published_at": null(), "version": Job.version + 1}


def _kept(name: str) -> ColumnElement[Any]:
    postgres = _on_postgres()
    if name == "before":
        path = "$.row.before"
        return (
            _unless_null(Job.before[("row", name)])
            if postgres
            else func.json_extract(Job.before, path)
        )
    text = Job.before[("row", name)].as_string()
    return cast(text, _TYPES[name]) if postgres and name in _TYPES else text


def _unless_null(kept: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """Return SQL's NULL for JSON's."""
    return func.nullif(kept, literal_column("'null'::jsonb"))


def not_begun() -> ColumnElement[bool]:
    """Return the condition that nothing has happened since something was asked of a job.

    No attempt has begun, and its state is the one that the asking left. What shall wait again must
    have no twin.
    """
    return and_(
        Job.before.is_not(null()),
        Job.attempt == Job.before["attempt"].as_integer(),
        Job.state == Job.before["left"].as_string(),
        or_(
            Job.key.is_(None),
            Job.before[("row", "state")].as_string().not_in([state.value for state in WAITING]),
            ~has_twin(),
        ),
    )


def has_twin() -> ColumnElement[bool]:
    """Return the condition that the same work has been asked for by another job and is not finished."""
    twin = aliased(Job)
    return exists().where(
        twin.kind == Job.kind,
        twin.key == Job.key,
        stands(twin.state, *UNFINISHED),
        twin.id != Job.id,
    )


def _on_postgres() -> bool:
    return db.engine.dialect.name == "postgresql"
