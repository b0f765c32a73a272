"""What somebody typed to find jobs by, and what it takes for a job to be meant.

Every word must be the beginning of a word of what the job is about, or of the reason why it failed.
"""

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, false, or_, select

from webapp.jobs import words
from webapp.jobs.known import JobWord, SubjectWord
from webapp.jobs.models import JobState
from webapp.states import stands

#: The beginning of a job's number, as it is written or without its lines.
_JOB_NUMBER = re.compile(r"[0-9a-f]{8}[0-9a-f-]*")
_DIGITS = 32


class Told(NamedTuple):
    """A cause as it is searched."""

    id: int
    text: str


class Size(NamedTuple):
    """How many things and failures have a word; a number at its cap stands for more."""

    subjects: int
    failures: int


class Part(NamedTuple):
    """One way in which a job can have every word of a reading."""

    reading: tuple[str, ...]
    #: The causes that bring the other words; None where none need be brought.
    causes: list[int] | None
    #: What is left to the thing that it is about, and to its own part of the error.
    rest: tuple[str, ...]


@dataclass(frozen=True)
class Sought:
    """What somebody typed, and what the database knows of its words."""

    #: Of each reading every word must be found.
    readings: list[tuple[str, ...]]
    #: The causes in whose text a word begins, by the word.
    causes: dict[str, frozenset[int]]
    #: The first and last id that begin as a job's number was typed.
    numbers: tuple[uuid.UUID, uuid.UUID] | None
    #: How many have each word, where that is known: what nobody has is not asked for.
    sizes: Mapping[str, Size] = field(default_factory=dict)

    def fits(self, job: Any) -> ColumnElement[bool]:
        """Say in SQL that a job is meant, whichever way its row was come by."""
        found = [and_(*self.others(job, reading)) for reading in self.readings]
        if self.numbers:
            found.append(job.id.between(*self.numbers))
        return or_(false(), *found)

    def has(self, job: Any, word: str) -> ColumnElement[bool]:
        """Say in SQL that a job is about something with a word, or failed with it."""
        size = self.sizes.get(word, Size(1, 1))
        found, failed = [], []
        if size.subjects:
            found.append(begins_one(SubjectWord, SubjectWord.subject_id == job.about_id, word))
        if self.causes[word]:
            failed.append(job.cause_id.in_(self.causes[word]))
        if size.failures:
            failed.append(begins_one(JobWord, JobWord.job_id == job.id, word))
        if failed:
            found.append(and_(stands(job.state, JobState.FAILURE), or_(*failed)))
        return or_(false(), *found)

    def others(
        self, job: Any, reading: tuple[str, ...], word: str | None = None
    ) -> list[ColumnElement[bool]]:
        """Say in SQL that a job has the words of a reading beside one, the rarest first: it spares the others."""
        rarest = sorted(reading, key=lambda one: (self.sizes.get(one, (0, 0)), one))
        return [self.has(job, other) for other in rarest if other != word]

    def parts(self) -> Iterator[Part]:
        """Yield which words a cause brings, and which are left to the thing or the job's own error."""
        for reading in self.readings:
            known = frozenset().union(*(self.causes[word] for word in reading))
            brought = {
                frozenset(word for word in reading if cause in self.causes[word]) for cause in known
            }
            for by_cause in sorted({frozenset(), *brought}, key=sorted):
                causes = [self.causes[word] for word in by_cause]
                yield Part(
                    reading,
                    sorted(frozenset.intersection(*causes)) if causes else None,
                    tuple(word for word in reading if word not in by_cause),
                )


def typed_words(text: str) -> list[str]:
    """Return each word of each reading of a text."""
    return list(dict.fromkeys(word for reading in words.typed(text) for word in reading))


def sought(text: str, causes: Iterable[Told], sizes: Mapping[str, Size] | None = None) -> Sought:
    """Return what is looked for; ``causes`` are all that there are."""
    readings = words.typed(text)
    typed = dict.fromkeys(word for reading in readings for word in reading)
    by_word: dict[str, set[int]] = {word: set() for word in typed}
    for cause in causes:
        plain = words.kept([cause.text])
        for word in typed:
            if any(one.startswith(word) for one in plain):
                by_word[word].add(cause.id)
    return Sought(
        readings,
        {word: frozenset(ids) for word, ids in by_word.items()},
        _numbers(text),
        sizes or {},
    )


def begins(column: Any, word: str) -> ColumnElement[bool]:
    """Say in SQL that a column's words begin so, as a part of its index."""
    return and_(column >= word, column < word + words.LAST_SIGN)


def begins_one(table: Any, mine: ColumnElement[bool], word: str) -> ColumnElement[bool]:
    """Say in SQL that one of the words that are ``mine`` begins so: the first that does not come before it.

    Not by EXISTS, for which PostgreSQL may gather all rows with a frequent word beforehand, or read
    the index of all words for each thing anew.
    """
    after = select(table.word).where(mine, table.word >= word).order_by(table.word).limit(1)
    found: ColumnElement[bool] = (
        after.correlate_except(table).scalar_subquery() < word + words.LAST_SIGN
    )
    return found


def _numbers(text: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    plain = text.strip().lower()
    digits = plain.replace("-", "")
    if not _JOB_NUMBER.fullmatch(plain) or len(digits) > _DIGITS:
        return None
    return uuid.UUID(digits.ljust(_DIGITS, "0")), uuid.UUID(digits.ljust(_DIGITS, "f"))
