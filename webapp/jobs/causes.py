"""Why jobs fail: failures that differ only in numbers, names or addresses have one cause."""

import hashlib
import re
import traceback
import uuid
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select, update

from webapp.clock import now
from webapp.extensions import db, insertion
from webapp.jobs import words
from webapp.jobs.known import Cause, JobWord

#: How exactly it is known when a job last failed for a cause.
A_WHILE = timedelta(minutes=1)
LEFT_OUT = "…"
#: What differs between two failures of one cause: what is quoted, addresses, file names, numbers.
_DIFFERS = re.compile(
    r"""
      “[^”]*” | "[^"]*" | «[^»]*» | (?<!\w)'[^']*'(?!\w) | (?<!\w)‘[^’]*’(?!\w)
    | \b[a-z][a-z0-9+.-]*://\S+
    | [^\s@]+@[^\s@]+\.\w+
    | \b[\w-]+(?:\.[\w-]+)*\.[a-z][a-z0-9]{1,4}\b(?=[\s:,;)]|\.?\s|\.?$)
    | \b(?=[\w-]*\d)[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\b
    | \+?\(?\b\d(?:[\d.,:/()\s-]*\d)?
    | \b(?=\w*\d)\w+\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_OURS = re.compile(r"(?:^|/)((?:webapp|worker|extraction)/.*\.py)$")


class Parted(NamedTuple):
    """A sentence without what differs from one failure to the next, and that."""

    same: str
    different: list[str]


def parted(sentence: str) -> Parted:
    """Take out of a sentence what differs."""
    different = [found.group() for found in _DIFFERS.finditer(sentence)]
    same = _DIFFERS.sub(LEFT_OUT, sentence)
    return Parted(
        " ".join(re.sub(rf"{LEFT_OUT}(?:\s*{LEFT_OUT})+", LEFT_OUT, same).split()), different
    )


def note(
    error_text: str,
    advice: str | None,
    exception: BaseException | None = None,
    *,
    job_id: uuid.UUID | None = None,
) -> int:
    """Return the number of the cause of a failure, noted when it is new.

    ``exception`` is a fault that nobody foresaw: its type and the last place in our own code tell
    it from others that are told with the same sentence. With ``job_id`` the job is found by what
    its own sentence has beside that of the cause.
    """
    sentence, place = parted(error_text), None if exception is None else place_of(exception)
    fingerprint = hashlib.sha256(f"{sentence.same}\n{place or ''}".encode()).hexdigest()
    if job_id is not None:
        _keep_words(job_id, sentence.different)
    known = db.session.execute(_KNOWN, {"print": fingerprint}).one_or_none()
    if known is None:
        return _add(fingerprint, sentence.same, advice, place)
    if known.last_at < now() - A_WHILE:
        seen = update(Cause).where(Cause.id == known.id).values(last_at=now(), advice=advice)
        db.session.execute(seen.execution_options(synchronize_session=False))
    return int(known.id)


_KNOWN = select(Cause.id, Cause.last_at).where(Cause.fingerprint == bindparam("print"))


def place_of(exception: BaseException) -> str:
    """Return what went wrong and where in our own code, in a form that the next version keeps."""
    name = type(exception).__name__
    for frame in reversed(traceback.extract_tb(exception.__traceback__)):
        if ours := _OURS.search(frame.filename.replace("\\", "/")):
            return f"{name} in {frame.name}, {ours.group(1)}"[:200]
    return name


def _add(fingerprint: str, text: str, advice: str | None, place: str | None) -> int:
    moment = now()
    adding = (
        insertion(Cause)
        .values(
            fingerprint=fingerprint,
            text=text,
            advice=advice,
            place=place,
            first_at=moment,
            last_at=moment,
        )
        .on_conflict_do_update(index_elements=["fingerprint"], set_={"last_at": moment})
    )
    return int(db.session.execute(adding.returning(Cause.id)).scalar_one())


def _keep_words(job_id: uuid.UUID, different: list[str]) -> None:
    old = delete(JobWord).where(JobWord.job_id == job_id)
    db.session.execute(old.execution_options(synchronize_session=False))
    if found_by := words.kept(different):
        db.session.execute(
            insertion(JobWord),
            [{"job_id": job_id, "word": word} for word in found_by],
        )
