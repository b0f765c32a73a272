"""Every column that can hold words says what it keeps about people, so that nobody adds one unseen."""

import importlib
from collections import Counter
from pathlib import Path

from sqlalchemy import JSON, Enum, LargeBinary, String, UniqueConstraint

import webapp
from webapp.extensions import Model
from webapp.jobs.known import Cause, Subject
from webapp.jobs.models import Job
from webapp.retention.parts import PARTS, kinds


def wordy() -> set[str]:
    """Return the columns that can hold words, as "table.attribute"."""
    names = {
        attribute.columns[0]: attribute.key
        for mapper in Model.registry.mappers
        for attribute in mapper.column_attrs
    }
    return {
        f"{table.name}.{names.get(column, column.name)}"
        for table in Model.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, String | JSON | LargeBinary)
        and not isinstance(column.type, Enum)
    }


def declared() -> Counter[str]:
    return Counter(
        f"{table.__tablename__}.{name}"
        for part in PARTS
        for lists in (part.sentences, part.letters, part.own, part.published, part.free)
        for table, names in lists.items()
        for name in names.split()
    )


def test_every_column_with_words_says_what_it_keeps_about_people() -> None:
    assert wordy() - set(declared()) == set()


def test_nothing_is_said_of_columns_that_are_not_there() -> None:
    assert set(declared()) - wordy() == set()


def test_only_letters_and_sentences_may_also_be_somebodys_own() -> None:
    twice = {name for name, count in declared().items() if count > 1}
    assert twice == set()


def test_whatever_is_somebodys_own_is_taken_away_by_the_same_slice() -> None:
    silent = [
        part
        for part in PARTS
        if part.own and part.finally_forget is None and part.forget.__name__ == "_nothing"
    ]
    assert silent == []


def test_every_slice_that_says_something_is_heard() -> None:
    folder = Path(webapp.__file__).parent
    said = {path.parent.name for path in folder.glob("*/forgetting.py")}
    heard = [importlib.import_module(f"webapp.{name}.forgetting").KEEPS for name in sorted(said)]
    assert all(any(keeps is part for part in PARTS) for keeps in heard)
    assert len(PARTS) == len(said)


def test_a_kind_of_data_has_one_name_and_an_index_by_which_its_old_rows_are_found() -> None:
    assert len(kinds()) == sum(len(part.old) for part in PARTS)
    for kept in kinds().values():
        column = kept.by.expression
        first = {next(iter(index.columns)).name for index in column.table.indexes}
        first |= {part.name for part in column.table.primary_key}
        assert column.name in first, kept.name


def test_whatever_refers_to_what_is_removed_is_found_by_an_index():
    gone = {kept.key.class_ for kept in kinds().values() if kept.values is None}
    gone |= {Job, Subject, Cause}
    referring = [
        key.parent
        for table in Model.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table in {one.__table__ for one in gone}
    ]
    assert len(referring) >= 5
    assert [str(column) for column in referring if not has_an_index(column)] == []


def has_an_index(column) -> bool:
    """Say whether its rows are found by its value, whatever else is so of them."""
    if column.table.primary_key.columns[0] is column:
        return True
    for index in column.table.indexes:
        only = index.dialect_options["postgresql"]["where"]
        if index.columns[0] is column and str(only) in {"None", f"{column.name} IS NOT NULL"}:
            return True
    return any(
        isinstance(one, UniqueConstraint) and one.columns[0] is column
        for one in column.table.constraints
    )
