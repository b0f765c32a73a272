"""Every column that can hold words says what it keeps about people, so that nobody adds one unseen."""

import importlib
from collections import Counter
from pathlib import Path

from sqlalchemy import JSON, Enum, LargeBinary, String, inspect

import webapp
from webapp.extensions import Model
from webapp.retention.parts import PARTS, kinds


def wordy() -> set[str]:
    """Return the columns that can hold words, as "table.attribute"."""
    found = set()
    for mapper in Model.registry.mappers:
        for attribute in mapper.column_attrs:
            kind = attribute.columns[0].type
            if isinstance(kind, String | JSON | LargeBinary) and not isinstance(kind, Enum):
                found.add(f"{mapper.class_.__tablename__}.{attribute.key}")
    return found


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
        table = kept.by.class_
        first = {index.columns[0].name for index in table.__table__.indexes}
        first |= {inspect(table).primary_key[0].name}
        assert kept.by.key in first, kept.name
