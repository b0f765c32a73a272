"""What somebody typed to find jobs by, and what it takes for a job to be meant.

Every word must be the beginning of a word of what the job is about, or of the reason why it failed.
"""

import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select

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

    def fits(self, job: Any) -> ColumnElement[bool]:
        """Say in SQL that a job is meant, whichever way its row was come by."""
        found = [and_(*(self.has(job, word) for word in reading)) for reading in self.readings]
        if self.numbers:
            found.append(job.id.between(*self.numbers))
        return or_(false(), *found)

    def has(self, job: Any, word: str) -> ColumnElement[bool]:
        """Say in SQL that a job is about something with a word, or failed with it."""
        about = select(SubjectWord.word).where(
            SubjectWord.subject_id == job.about_id, begins_one(SubjectWord.word, word)
        )
        own = select(JobWord.word).where(JobWord.job_id == job.id, begins_one(JobWord.word, word))
        failed = some(own, JobWord)
        if self.causes[word]:
            failed = or_(job.cause_id.in_(self.causes[word]), failed)
        return or_(some(about, SubjectWord), and_(stands(job.state, JobState.FAILURE), failed))

    def others(self, job: Any, reading: tuple[str, ...], word: str) -> list[ColumnElement[bool]]:
        """Say in SQL that a job has the words of a reading beside one."""
        return [self.has(job, other) for other in reading if other != word]

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


def some(query: Select[Any], table: Any) -> ColumnElement[bool]:
    """Say in SQL that there is some row.

    Not by EXISTS, for which PostgreSQL may gather all rows with a frequent word beforehand.
    """
    return query.limit(1).correlate_except(table).scalar_subquery().is_not(None)


def begins_one(column: Any, word: str) -> ColumnElement[bool]:
    """Say in SQL that one of the few words of a thing begins so.

    Not as a part of the index of all words, which PostgreSQL would read for each thing anew where it
    takes a frequent word for a rare one.
    """
    found: ColumnElement[bool] = func.substr(column, 1, len(word)) == word
    return found


def _numbers(text: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    plain = text.strip().lower()
    digits = plain.replace("-", "")
    if not _JOB_NUMBER.fullmatch(plain) or len(digits) > _DIGITS:
        return None
    return uuid.UUID(digits.ljust(_DIGITS, "0")), uuid.UUID(digits.ljust(_DIGITS, "f"))
