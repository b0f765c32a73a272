"""Lists of jobs that stay quick however many there are and however few of them are looked for.

There are some hundreds of facets (``Job.facet``: kind, queue, what about, who). A list looks at the
newest few of each that fits, by the index (facet, state, id), and puts them together. What that
costs depends on how many facets there are, and neither on the number of jobs nor on what the
database believes of its columns.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    String,
    any_,
    func,
    literal,
    select,
    true,
    type_coerce,
)
from sqlalchemy.orm import aliased
from sqlalchemy.types import TypeEngine

from webapp.extensions import db
from webapp.jobs.models import NOBODY, Job, JobState
from webapp.states import stands

#: What else must hold of a job: asked for whatever stands for its row.
Where = Callable[[Any], Sequence[ColumnElement[bool]]]


class Facet(NamedTuple):
    """What jobs have in common."""

    word: str
    kind: str
    queue: str
    about_type: str
    who: str
    routine: bool


class Order(NamedTuple):
    """How many jobs of a list, and which: the newest, the oldest, or any."""

    limit: int
    ascending: bool = False
    any: bool = False

    def of(self, key: Any) -> Any:
        """Return the order of a key."""
        return key.asc() if self.ascending else key.desc()


def first(query: Select[Any], order: Order, key: Any = Job.id) -> Select[Any]:
    """Select the first of a query's rows."""
    return (query if order.any else query.order_by(order.of(key))).limit(order.limit)


def _next_facets() -> Select[Any]:
    least = select(func.min(Job.facet).label("facet")).cte("facets", recursive=True)
    after = select(func.min(Job.facet)).where(Job.facet > least.c.facet).correlate(least)
    facets = least.union_all(select(after.scalar_subquery()).where(least.c.facet.is_not(None)))
    return select(facets.c.facet).where(facets.c.facet.is_not(None))


#: Each facet that some job has: the index is asked for the next one, again and again.
FACETS = _next_facets()


def facet(word: str) -> Facet:
    """Return what a facet says."""
    kind, queue, about_type, who, routine = word.split(" ")
    return Facet(word, kind, queue, "" if about_type == NOBODY else about_type, who, routine == "r")


def on_postgresql() -> bool:
    """Say which database this is."""
    return db.engine.dialect.name == "postgresql"


def each(
    values: Sequence[Any], name: str, kind: TypeEngine[Any]
) -> tuple[FromClause, ColumnElement[Any]]:
    """Return some values of a kind as a table, and its column."""
    if on_postgresql():
        given = literal(list(values), ARRAY(kind))
        table = func.unnest(given).table_valued("value").render_derived(name=name)
    else:
        table = func.json_each(literal(json.dumps(list(values)))).table_valued("value", name=name)
    return table, table.c.value


def one_of(column: Any, values: Sequence[str]) -> ColumnElement[bool]:
    """Say in SQL that a column is one of many values."""
    if on_postgresql():
        found: ColumnElement[bool] = column == any_(literal(list(values), ARRAY(String())))
        return found
    among: ColumnElement[bool] = column.in_(select(each(values, "v", String())[1]))
    return among


def for_each(tables: Sequence[FromClause], order: Order, where: Where) -> Select[Any]:
    """Select the ids of the first jobs for each row of some tables, to which ``where`` refers.

    PostgreSQL has LATERAL for that; SQLite lets a list of ids depend on the row before.
    """
    one = aliased(Job)
    some = first(select(one.id).where(*where(one)), order, one.id)
    joined: tuple[Any, ColumnElement[bool]]
    if on_postgresql():
        part = some.correlate(*tables).lateral()
        query, joined = select(part.c.id).select_from(tables[0]), (part, true())
    else:
        found = aliased(Job)
        query = select(found.id).select_from(tables[0])
        joined = (found, found.id.in_(some.correlate(*tables)))
    for table in tables[1:]:
        query = query.join(table, true())
    query = query.join(*joined)
    return query.limit(order.limit) if order.any else query


def of_facets(
    words: Sequence[str], states: Sequence[JobState], order: Order, where: Where
) -> Select[Any]:
    """Select the ids of the first jobs of some facets in some states."""
    facets, facet_word = each(words, "f", String())
    in_states, state = each([one.value for one in states], "s", String())
    return for_each(
        [facets, in_states],
        order,
        lambda job: [job.facet == facet_word, _text(job.state) == state, *where(job)],
    )


def of_causes(
    words: Sequence[str], causes: Sequence[int], order: Order, where: Where
) -> Select[Any]:
    """Select the ids of the first jobs of some facets that failed for some causes."""
    facets, facet_word = each(words, "cf", String())
    of_these, cause = each(causes, "c", Integer())
    return for_each(
        [of_these, facets],
        order,
        lambda job: [
            stands(job.state, JobState.FAILURE),
            job.cause_id == cause,
            job.facet == facet_word,
            *where(job),
        ],
    )


def _text(state: Any) -> ColumnElement[Any]:
    """Return a state as the text that it is stored as, for a comparison with another column."""
    return type_coerce(state, String())
