"""What is kept about people and for how long: said by each slice, carried out by retention.

A slice says it in its ``forgetting.py``, once for each of its columns that can hold words.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    ColumnElement,
    Delete,
    LargeBinary,
    SQLColumnExpression,
    Text,
    Update,
    cast,
    delete,
    func,
    inspect,
    schema,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute

from webapp.extensions import Model, db
from webapp.looking import a_look
from webapp.states import rows_changed

#: What stands where somebody's name, number or address stood.
MASK = "[erased]"
#: Unless somebody has chosen otherwise.
DEFAULT_DAYS = 90
#: Rows of a table that are looked through at once.
WINDOW = 3_000

Table = type[Model]
Column = InstrumentedAttribute[Any]
Key = tuple[Any, ...]
#: The columns of some tables, by their names in Python.
Columns = Mapping[Table, str]


class Person(NamedTuple):
    """A customer who is to be forgotten, and everything by which they are known to us."""

    customer_id: int
    names: frozenset[str]
    #: E.164.
    phones: frozenset[str]
    #: In small letters.
    emails: frozenset[str]
    booking_ids: tuple[int, ...]

    @property
    def called(self) -> str:
        """How the customer is called afterwards."""
        return f"Erased customer {self.customer_id}"

    @property
    def subjects(self) -> tuple[tuple[str, str], ...]:
        """As what their rows are named where something is about them: type and id."""
        return (
            ("customer", str(self.customer_id)),
            *(("booking", str(number)) for number in self.booking_ids),
        )


#: Works in steps: after each it says how many things it has dealt with, and may be committed.
Steps = Iterator[int]


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A kind of data that is removed, or made to tell of nobody, when it is old enough."""

    name: str
    title: str
    #: How it is counted: "12 jobs".
    unit: str
    goes: str
    stays: str
    days: int | None = DEFAULT_DAYS
    #: Nobody can choose less.
    least: int = 1
    key: Column
    #: Grows with the age of a row and has an index: a UUIDv7, an id, or ``at`` itself.
    by: Column | schema.Column[Any]
    at: Column | schema.Column[Any]
    #: Whether a row still has what is removed; and whether nothing needs that any more.
    holds: ColumnElement[bool]
    free: ColumnElement[bool]
    #: What is written into such a row, which stays; None: the row goes.
    values: Mapping[str, Any] | None = None
    #: For what takes more than that: deals with the rows of some keys, each step at most so many
    #: rows. A row that is not ``free`` any more it leaves alone.
    steps: Callable[[Sequence[Any], int], Steps] | None = None

    def remove(self, keys: Sequence[Any], size: int) -> Steps:
        """Remove what grew old of the rows of some keys, unless they are needed again."""
        if self.steps is not None:
            yield from self.steps(keys, size)
            return
        table: Any = self.key.class_
        these = self.key.in_(keys), self.free
        if self.values is None:
            yield delete_rows(table, *these)
        else:
            yield change_rows(table, *these, **self.values)


def _nothing(_person: Person) -> Steps:
    return iter(())


def _no_objection(_person: Person) -> list[str]:
    return []


@dataclass(frozen=True, kw_only=True)
class Keeps:
    """What a slice keeps about people. Each column that can hold words stands in exactly one list."""

    #: Sentences of the house: names, numbers and addresses in them are masked wherever they stand.
    sentences: Columns = field(default_factory=dict)
    #: What was written to or by other people: only numbers and addresses are masked, since a name
    #: there may be somebody else's.
    letters: Columns = field(default_factory=dict)
    #: A person's own, which ``forget`` or ``finally_forget`` takes away.
    own: Columns = field(default_factory=dict)
    #: Texts that somebody published to be found: a person must look at them.
    published: Columns = field(default_factory=dict)
    #: Of the house, its staff, its machines: never about a customer.
    free: Columns = field(default_factory=dict)
    #: Rows of these tables that must be dealt with by somebody else before they are masked.
    busy: Mapping[Table, ColumnElement[bool]] = field(default_factory=dict)
    #: What else must go when a row of a table was masked, such as the words by which it is found: called
    #: with its key, in the same transaction.
    when_masked: Mapping[Table, Callable[[Any], None]] = field(default_factory=dict)
    old: tuple[Kept, ...] = ()
    #: Why a person cannot be forgotten yet, in sentences.
    objections: Callable[[Person], list[str]] = _no_objection
    #: Takes away what is the person's own, in steps; doing it again does no harm.
    forget: Callable[[Person], Steps] = _nothing
    #: The same for what the person is known by, in the one transaction that ends it.
    finally_forget: Callable[[Person], None] | None = None


def key_of(table: Table) -> tuple[ColumnElement[Any], ...]:
    """Return the columns of a table's primary key."""
    return tuple(inspect(table).primary_key)


def text_of(column: Column) -> SQLColumnExpression[str]:
    """Return a column as a text to look for something in, whether it holds text, JSON or bytes."""
    if isinstance(column.type, JSON):
        return cast(column, Text)
    if isinstance(column.type, LargeBinary):
        if db.engine.dialect.name == "postgresql":
            return func.encode(column, "escape")
        return cast(column, Text)
    return column


def end_of_window(table: Table, after: Key | None) -> Key | None:
    """Return the key of the last row of the next ``WINDOW`` by the primary key; None when there is none."""
    key = key_of(table)
    query = select(*key).order_by(*key)
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*after))
    with a_look() as look:
        found = look.execute(query.offset(WINDOW - 1).limit(1)).one_or_none()
        if found is None:
            backwards = select(*key).order_by(*(column.desc() for column in key)).limit(1)
            found = look.execute(backwards).one_or_none()
    if found is None or (after is not None and tuple(found) <= after):
        return None
    return tuple(found)


def matching(table: Table, condition: ColumnElement[bool]) -> Iterator[list[Any]]:
    """Go through a whole table and give the keys of rows to which something applies, window by window.

    For what no index finds. Looks without a transaction, so the caller commits before it goes on.
    """
    (key,) = key_of(table)
    after: Key | None = None
    while (last := end_of_window(table, after)) is not None:
        query = select(key).where(key <= last[0], condition)
        if after is not None:
            query = query.where(key > after[0])
        with a_look() as look:
            found = [row[0] for row in look.execute(query)]
        if found:
            yield found
        after = last


def remove_children(table: Table, condition: ColumnElement[bool], size: int) -> Steps:
    """Remove the rows of a table to which something applies, so many in a step."""
    (key,) = key_of(table)
    query = select(key).where(condition).limit(size)
    while some := db.session.scalars(query).all():
        delete_rows(table, key.in_(some))
        yield 0


def delete_rows(table: Table, *where: ColumnElement[bool]) -> int:
    """Remove the rows to which all of this applies; return how many those were."""
    return _run(delete(table).where(*where))


def change_rows(table: Table, *where: ColumnElement[bool], **values: Any) -> int:
    """Write values into the rows to which all of this applies; return how many those were."""
    return _run(update(table).where(*where).values(values))


def _run(statement: Delete | Update) -> int:
    return rows_changed(db.session.execute(statement.execution_options(synchronize_session=False)))
