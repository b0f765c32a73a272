"""Jobs found by what a person types: a name, a number, an address, the text of an error, a job's number.

Every word must be the beginning of a word of what the job is about, or of the reason why it failed.
"""

import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, union_all

from webapp.extensions import db
from webapp.jobs import words
from webapp.jobs.known import JobWord, SubjectWord
from webapp.jobs.models import Job, JobState
from webapp.jobs.streams import Order, Where, for_each, of_causes
from webapp.states import stands

#: A word that more things, or more failures, have than that is no help to find them by.
RARE = 5_000
#: The beginning of a job's number, as it is written or without its lines.
_JOB_NUMBER = re.compile(r"[0-9a-f]{8}[0-9a-f-]*")
_DIGITS = 32


class Told(NamedTuple):
    """A cause as it is searched."""

    id: int
    text: str


class Size(NamedTuple):
    """How many things and failures have a word; RARE + 1 stands for more."""

    subjects: int
    failures: int


@dataclass(frozen=True)
class Sought:
    """What somebody typed, and what the database knows of its words."""

    #: Of each reading every word must be found.
    readings: list[tuple[str, ...]]
    #: The causes in whose text a word begins, by the word.
    causes: dict[str, frozenset[int]]
    #: The first and last id that begin as a job's number was typed.
    numbers: tuple[uuid.UUID, uuid.UUID] | None

    def fits(self, job: Any) -> ColumnElement[bool]:
        """Say in SQL that a job is meant, whichever way its row was come by."""
        found = [and_(*(self.has(job, word) for word in reading)) for reading in self.readings]
        if self.numbers:
            found.append(job.id.between(*self.numbers))
        return or_(false(), *found)

    def has(self, job: Any, word: str) -> ColumnElement[bool]:
        """Say in SQL that a job is about something with a word, or failed with it."""
        about = select(SubjectWord.word).where(
            SubjectWord.subject_id == job.about_id, begins(SubjectWord.word, word)
        )
        own = select(JobWord.word).where(JobWord.job_id == job.id, begins(JobWord.word, word))
        failed: ColumnElement[bool] = own.exists()
        if self.causes[word]:
            failed = or_(job.cause_id.in_(self.causes[word]), failed)
        return or_(about.exists(), and_(stands(job.state, JobState.FAILURE), failed))

    def others(self, job: Any, reading: tuple[str, ...], word: str) -> list[ColumnElement[bool]]:
        """Say in SQL that a job has the words of a reading beside one."""
        return [self.has(job, other) for other in reading if other != word]

    def whole(self) -> list[int]:
        """Return the causes whose text alone has every word of a reading."""
        found = (
            frozenset.intersection(*(self.causes[word] for word in reading))
            for reading in self.readings
        )
        return sorted(frozenset().union(*found))

    def helpful(self, sizes: dict[str, Size]) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield words that together lead to every job but those that ``whole`` leads to.

        A job has words by its cause and words by its thing or its own part of the error. For each
        set of words that causes bring, the rarest of the others must be among the latter.
        """
        for reading in self.readings:
            brought = {
                frozenset(word for word in reading if cause in self.causes[word])
                for cause in frozenset().union(*(self.causes[word] for word in reading))
            }
            chosen = set()
            for by_cause in {frozenset(), *brought}:
                rest = [word for word in reading if word not in by_cause]
                if rest:
                    chosen.add(min(rest, key=lambda word: sum(sizes[word])))
            yield from ((reading, word) for word in sorted(chosen))


def sought(text: str, causes: Iterable[Told]) -> Sought:
    """Return what is looked for; ``causes`` are all that there are."""
    readings = words.typed(text)
    typed = dict.fromkeys(word for reading in readings for word in reading)
    by_word: dict[str, set[int]] = {word: set() for word in typed}
    for cause in causes:
        plain = words.kept([cause.text])
        for word in typed:
            if any(one.startswith(word) for one in plain):
                by_word[word].add(cause.id)
    return Sought(readings, {word: frozenset(ids) for word, ids in by_word.items()}, _numbers(text))


def sizes(wanted: Sought) -> dict[str, Size]:
    """Return how many have each word, in one statement that looks at some thousands of rows at most."""
    typed = list(wanted.causes)
    if not typed:
        return {}
    row = db.session.execute(
        select(*(_number(column, word) for word in typed for column in (SubjectWord, JobWord)))
    ).one()
    return {word: Size(row[2 * at], row[2 * at + 1]) for at, word in enumerate(typed)}


def _number(table: Any, word: str) -> Any:
    some = select(table.word).where(begins(table.word, word)).limit(RARE + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def candidates(
    wanted: Sought, known: dict[str, Size], facets: Sequence[str], order: Order, where: Where
) -> Select[Any] | None:
    """Select the ids of the first jobs that are meant; None when only frequent words lead to them."""
    ways: list[Select[Any]] = []
    if whole := wanted.whole():
        ways.append(of_causes(facets, whole, order, where))
    if wanted.numbers:
        ways.append(
            _first(select(Job.id).where(Job.id.between(*wanted.numbers), *where(Job)), order)
        )
    for reading, word in wanted.helpful(known):
        size = known[word]
        if max(size) > RARE:
            return None
        if size.subjects:
            ways.append(_about(wanted, reading, word, order, where))
        if size.failures:
            ways.append(_own(wanted, reading, word, order, where))
    if not ways:
        return select(Job.id).where(false())
    apart = [select(way.subquery().c.id) for way in ways]
    every = union_all(*apart).subquery() if len(apart) > 1 else apart[0].subquery()
    return _first(select(every.c.id).distinct(), order, every.c.id)


def _about(
    wanted: Sought, reading: tuple[str, ...], word: str, order: Order, where: Where
) -> Select[Any]:
    things = select(SubjectWord.subject_id).where(begins(SubjectWord.word, word)).distinct()
    table = things.subquery()
    return for_each(
        [table],
        order,
        lambda job: [
            job.about_id == table.c.subject_id,
            *where(job),
            *wanted.others(job, reading, word),
        ],
    )


def _own(
    wanted: Sought, reading: tuple[str, ...], word: str, order: Order, where: Where
) -> Select[Any]:
    query = select(Job.id).join(JobWord, JobWord.job_id == Job.id)
    failed = stands(Job.state, JobState.FAILURE)
    others = wanted.others(Job, reading, word)
    return _first(query.where(begins(JobWord.word, word), failed, *where(Job), *others), order)


def _first(query: Select[Any], order: Order, key: Any = Job.id) -> Select[Any]:
    return query.order_by(order.of(key)).limit(order.limit)


def begins(column: Any, word: str) -> ColumnElement[bool]:
    """Say in SQL that a column's words begin so, as a part of its index."""
    return and_(column >= word, column < word + words.LAST_SIGN)


def _numbers(text: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    plain = text.strip().lower()
    digits = plain.replace("-", "")
    if not _JOB_NUMBER.fullmatch(plain) or len(digits) > _DIGITS:
        return None
    return uuid.UUID(digits.ljust(_DIGITS, "0")), uuid.UUID(digits.ljust(_DIGITS, "f"))
