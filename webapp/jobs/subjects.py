"""What jobs are about, kept under the name and the words by which people know it."""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import bindparam, delete, select

from webapp.accounts.acting import subject_of
from webapp.extensions import db, insertion
from webapp.jobs import words
from webapp.jobs.known import Subject, SubjectWord

LENGTH = Subject.name.type.length or 300

#: Of each type of row, what else is known by its name or number: a customer's bookings.
relatives: dict[str, Callable[[Any], Iterable[Any]]] = {}


def note(about: Any) -> int | None:
    """Return the number of the subject that a row is, noted when it is new or is called otherwise.

    The name is the row's ``told_as``, further words to find it by are its ``found_by``; both are
    optional. One statement while the name is what it was.
    """
    kind, ref = subject_of(about)
    if kind is None or ref is None:
        return None
    name = told_as(about)
    known = db.session.execute(_KNOWN, {"type": kind, "ref": ref}).one_or_none()
    if known is not None and known.name == name:
        return int(known.id)
    return _write(about, kind, ref, name, known=known is not None)


#: Held until the commit: retention takes away subjects of which no job is left.
_KNOWN = (
    select(Subject.id, Subject.name)
    .where(Subject.type == bindparam("type"), Subject.ref == bindparam("ref"))
    .with_for_update(key_share=True, read=True)
)


def renamed(about: Any) -> None:
    """Let the jobs about a row be found by what it is called now; to be called where it is changed.

    What is known by its name too is noted anew as well. Nothing is done for what no job is about.
    """
    kind, _ = subject_of(about)
    others = relatives.get(kind or "", lambda _row: ())(about)
    for row in (about, *others):
        kind, ref = subject_of(row)
        if db.session.execute(_KNOWN, {"type": kind, "ref": ref}).one_or_none() is not None:
            _write(row, str(kind), str(ref), told_as(row), known=True)


def told_as(about: Any) -> str:
    """Return what people call a row."""
    kind, ref = subject_of(about)
    name = getattr(about, "told_as", None) or f"{str(kind).capitalize()} {ref}"
    return " ".join(str(name).split())[:LENGTH]


def _write(about: Any, kind: str, ref: str, name: str, *, known: bool) -> int:
    subject_id = db.session.execute(
        insertion(Subject)
        .values(type=kind, ref=ref, name=name)
        .on_conflict_do_update(index_elements=["type", "ref"], set_={"name": name})
        .returning(Subject.id)
    ).scalar_one()
    if known:
        mine = delete(SubjectWord).where(SubjectWord.subject_id == subject_id)
        db.session.execute(mine.execution_options(synchronize_session=False))
    found_by = words.kept((name, *getattr(about, "found_by", ())))
    if found_by:
        db.session.execute(
            insertion(SubjectWord).on_conflict_do_nothing(),
            [{"subject_id": subject_id, "word": word} for word in found_by],
        )
    return int(subject_id)
