"""The job that reads a document: its pages are stored, cut and indexed, then take the older one's place.

In slices: each goes on from the rows that the one before has left, or from those of a worker that
was killed. A text in pages is cut while it is read, so that its progress is one of pages. Of other
files everything is stored first, since beginning in their middle costs nearly as much as reading
them whole.
"""

import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import select, update

from webapp import storage
from webapp.documents.models import Document
from webapp.extensions import db
from webapp.jobs.acting import things
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.queue import enqueue
from webapp.jobs.running import Ended, Impossible, NotNow, Run, when_ended
from webapp.knowledge import child, readings
from webapp.knowledge.looking import remembering
from webapp.knowledge.models import Reading, Source, SourceState
from webapp.states import move

log = structlog.get_logger(__name__)

#: Seconds after which a slice ends: what else waits in the queue has its turn between two.
SLICE = 5.0
#: Pieces are stored together that come within so many seconds: up to so many, and so many characters.
TOGETHER, PIECES, CHARACTERS = 0.25, 64, 1_000_000
#: What is read in pages, by the kind of file, and how one is called.
PAGES = {"pdf": "Page", "pptx": "Slide"}
STORAGE_AWAY = "The storage of files did not answer."
NO_TEXT = "There is no text in this file."
NO_TEXT_ADVICE = "Look at it, and upload it again with its text."
#: Every state in which a document may be read.
READABLE = tuple(state for state in SourceState if state != SourceState.REMOVING)
OPEN = (SourceState.WAITING, SourceState.READING)


def ask(source: Source) -> Job:
    """Ask for a document to be read; if that is under way, it ends with what is stored by now."""
    # Whoever ends the reading of what was stored before holds this row: he is waited for, or waits.
    db.session.execute(
        update(Source).where(Source.id == source.id).values(version=Source.version + 1)
    )
    ended = (SourceState.READY, SourceState.FAILED, SourceState.STOPPED)
    move(source, SourceState.WAITING, expect=ended, error=None, advice=None)
    return enqueue(
        JobKind.DOCUMENT_READ, about=source, key=f"source:{source.id}", source_id=source.id
    )


def go_on(run: Run, source: Source, *, seconds: float = SLICE) -> str | None:
    """Read for some seconds, and say what came of it; None: there is more to do.

    Commits. Raises NotNow when the storage is away, and Impossible when the file is gone or cannot
    be read.
    """
    if not move(source, SourceState.READING, expect=READABLE, error=None, advice=None):
        return "It is being removed."
    document = db.session.get_one(Document, source.id)
    try:
        reading = readings.begin(source, sha256=document.sha256, variant=document.encoding or "")
        slice_ = _Slice(
            run,
            reading,
            document.path,
            document.filename,
            document.encoding,
            time.monotonic() + seconds,
        )
        with remembering():
            db.session.commit()
            done = slice_.all_done()
            if not done:
                log.info("The time of this turn is over; the next one goes on", parts=reading.parts)
        return _end(source, reading) if done else None
    except readings.Overtaken:
        db.session.rollback()
        log.info("Another reading of this document has taken over")
        run.step()  # another worker's: then it says so
        return None
    except storage.Away:
        raise NotNow(STORAGE_AWAY, "It is tried again by itself.") from None
    except FileNotFoundError:
        _look_for_another(source, slice_.path)
        return None
    except child.NotRead as problem:
        raise Impossible(problem.sentence, problem.advice) from None


def _look_for_another(source: Source, path: str) -> None:
    """Make sure that the file is gone because another one has taken its place, else raise Impossible."""
    db.session.rollback()
    document = db.session.get_one(Document, source.id, populate_existing=True)
    if document.path == path:
        raise Impossible("The stored file is no longer there.", "Upload it again.")


def _end(source: Source, reading: Reading) -> str | None:
    """Let it be found, in the transaction that ends the job; None: it was replaced meanwhile."""
    if not move(source, SourceState.READY, expect=[SourceState.READING]):
        raise readings.Overtaken
    if not reading.chunks:
        raise Impossible(NO_TEXT, NO_TEXT_ADVICE)
    document = db.session.get_one(Document, source.id, populate_existing=True)
    if not readings.made_of(reading, document.sha256, document.encoding or ""):
        db.session.rollback()
        return None
    readings.go_live(reading)
    log.info("What was read can be found now", parts=reading.parts, passages=source.chunks)
    return f"{source.chunks:,} passages can be found."


@dataclass(slots=True)
class _Slice:
    """A few seconds of work at a reading."""

    run: Run
    reading: Reading
    path: str
    filename: str
    encoding: str | None
    end: float
    told: bool = False

    def all_done(self) -> bool:
        """Work until the end of the slice, or until everything is stored and cut."""
        return (self.reading.whole or self._stored()) and self._cut()

    def _stored(self) -> bool:
        """Store what the file says; True at its end. However short the time, something is stored."""
        waiting: list[dict[str, Any]] = []
        since, size = time.monotonic(), 0
        with closing(self._lines()) as lines:
            for line in lines:
                if line["is"] != "piece":
                    self._learn(line, waiting)
                    continue
                waiting.append(line)
                size += len(line["text"])
                soon = time.monotonic() - since < TOGETHER
                if soon and size < CHARACTERS and len(waiting) < PIECES:
                    continue
                self._store(waiting)
                if self.reading.format in PAGES:
                    self._cut()
                if self._over():
                    return False
                waiting, since, size = [], time.monotonic(), 0
        return True

    def _lines(self) -> Generator[dict[str, Any], None, None]:
        """Go through what the file says after what is stored; closing this ends who reads it."""
        with storage.local_copy(self.path) as file:
            yield from child.extract(
                file,
                name=self.filename,
                start=self.reading.parts,
                encoding=self.encoding,
                alive=self._tell,
            )

    def _learn(self, line: dict[str, Any], waiting: list[dict[str, Any]]) -> None:
        """Keep what the file says of itself; at its end, also what is not stored yet."""
        self.reading.about = {**self.reading.about, **line["about"]}
        if line["is"] == "begin":
            self.reading.format, self.reading.total = line["format"], line["total"]
            log.info("Opened the file", kind_of_file=line["format"], pages=line["total"])
        else:
            self._store(waiting, whole=True)

    def _store(self, pieces: list[dict[str, Any]], *, whole: bool = False) -> None:
        readings.add_parts(self.reading, pieces, whole=whole)
        db.session.commit()
        self._tell()

    def _cut(self) -> bool:
        """Cut and index what is stored; False: the time is over, or the next page is wanted."""
        return readings.cut(self.reading, until=self._until)

    def _until(self) -> bool:
        db.session.commit()
        self._tell()
        return self._over()

    def _over(self) -> bool:
        return time.monotonic() > self.end

    def _tell(self) -> None:
        """Say how far it is: once early, since a worker that dies without a word is held against it."""
        tell = self.run.report if self.told else self.run.step
        self.told = True
        tell(*self._progress())

    def _progress(self) -> tuple[int | None, int | None, str]:
        reading = self.reading
        called = PAGES.get(reading.format, "Part")
        if reading.whole or (reading.format in PAGES and reading.total):
            total = reading.total if reading.format in PAGES else reading.parts
            done = min(reading.cut, total or reading.parts)
            return done, total or reading.parts, f"{called} {done:,} of {total or reading.parts:,}"
        if not reading.parts:
            return None, None, "Opening the file"
        return None, None, f"{called} {reading.parts:,} is read"


def _learn_of_the_end(ended: Ended) -> None:
    """Let a document know that its reading has failed, or was stopped; what is stored of it stays."""
    if ended.kind != JobKind.DOCUMENT_READ or ended.state == JobState.SUCCESS:
        return
    args = db.session.scalar(select(Job.args).where(Job.id == ended.id)) or {}
    source = db.session.get(Source, args.get("source_id"))
    if source is not None and ended.state == JobState.FAILURE:
        move(source, SourceState.FAILED, expect=OPEN, error=ended.error, advice=ended.advice)
    elif source is not None:
        move(source, SourceState.STOPPED, expect=OPEN, error=ended.error)


def _wait_again(job: Job) -> None:
    """Say that a document waits whose job was asked to run again."""
    source = db.session.get(Source, job.args.get("source_id"))
    if source is not None:
        ended = (SourceState.FAILED, SourceState.STOPPED)
        move(source, SourceState.WAITING, expect=ended, error=None, advice=None)


when_ended.append(_learn_of_the_end)
things.register(JobKind.DOCUMENT_READ, waits=_wait_again, ended=_learn_of_the_end)
