"""What an operator does with files: uploads one, or puts another one in the place of one."""

import hashlib
from contextlib import suppress
from typing import IO

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from webapp import storage
from webapp.accounts.acting import record
from webapp.documents import naming, reading
from webapp.documents.models import Document
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.knowledge.models import Source, SourceKind, SourceState
from webapp.states import move

PART = 1024 * 1024
FOLDER = "documents"
STAYS = [state for state in SourceState if state != SourceState.REMOVING]


class NotTaken(Exception):
    """The file is not kept; the text says why, and what can be done."""


class Unchanged(NotTaken):
    """It is what the document is already."""


class Known(Exception):
    """The same bytes are a document already; the text says under which name, if under another."""

    def __init__(self, document: Document, name: str) -> None:
        called = document.source.name
        other = "" if called == name else f", as “{called}”"
        super().__init__(f"This file is here already{other}.")
        self.document = document


def take(stream: IO[bytes], filename: str | None, *, by: int | None) -> Document:
    """Keep a file as a new document, and ask for its reading; ``by`` is the user's number.

    Whatever it holds is taken; the job says what is wrong with it. The stream must be one that can
    be gone back in. Commits: storing is slow, and no transaction may be open meanwhile. Of two who
    upload the same at once, one gets Known. Raises Known, NotTaken and storage.Away.
    """
    (sha256, size), name = _weigh(stream), naming.shown(filename)
    _look_for_twin(sha256, name)
    path = _store(stream, sha256)
    try:
        source = Source(kind=SourceKind.DOCUMENT, name=name, size=size, asked_by_id=by)
        document = Document(source=source, filename=name, sha256=sha256, size=size, path=path)
        db.session.add_all([source, document])
        db.session.flush()
        reading.ask(source)
        record("document.uploaded", f"Uploaded {name}", about=source)
        db.session.commit()
    except BaseException as error:
        _take_back(path, sha256, name, error)
        raise
    return document


def replace(document: Document, stream: IO[bytes], filename: str | None) -> None:
    """Put another file in the place of a document's, and ask for its reading.

    What was read of the older one is found until the newer one has been read. Who never gave the
    document a name of its own sees it under the new file's. Commits, as ``take`` does. Raises
    Unchanged, Known, NotTaken and storage.Away.
    """
    (sha256, size), name = _weigh(stream), naming.shown(filename)
    source_id = document.source_id
    if sha256 == document.sha256:
        raise Unchanged("This is the file that the document holds already. Nothing has changed.")
    _look_for_twin(sha256, name)
    path = _store(stream, sha256)
    try:
        source = db.session.get(Source, source_id)
        if source is None or not move(
            source, SourceState.WAITING, expect=STAYS, error=None, advice=None
        ):
            raise NotTaken("This document is being removed, so no file can take its place.")
        db.session.refresh(document)  # somebody else may have replaced it meanwhile
        before, older = document.filename, document.path
        if source.name == before:
            source.name = name
        source.size = size
        document.filename, document.sha256, document.size = name, sha256, size
        document.path, document.encoding = path, None
        db.session.flush()
        reading.ask(source)
        record("document.replaced", f"Replaced {before} by {name}", about=source)
        db.session.commit()
    except BaseException as error:
        _take_back(path, sha256, name, error)
        raise
    with suppress(storage.Away):  # then it is removed as one that no document names
        storage.delete(older)


def job_of(document: Document) -> Job | None:
    """Return the newest job that reads or has read a document."""
    return db.session.scalar(
        select(Job)
        .where(
            Job.subject_type == SourceKind.DOCUMENT.value,
            Job.subject_id == str(document.source_id),
            Job.kind == JobKind.DOCUMENT_READ,
        )
        .order_by(Job.id.desc())
        .limit(1)
    )


def _weigh(stream: IO[bytes]) -> tuple[str, int]:
    """Return the SHA-256 and the size of a file, and go back to its beginning."""
    digest = hashlib.sha256()
    while part := stream.read(PART):
        digest.update(part)
    size = stream.tell()
    stream.seek(0)
    return digest.hexdigest(), size


def _look_for_twin(sha256: str, name: str) -> None:
    twin = db.session.scalar(select(Document).where(Document.sha256 == sha256))
    if twin is not None:
        if twin.source.state == SourceState.REMOVING:
            raise NotTaken("The same file is just being removed. Upload it again in a minute.")
        raise Known(twin, name)


def _store(stream: IO[bytes], sha256: str) -> str:
    """Put it where only this upload will ever look: no other one's removal can take it away."""
    path = f"{FOLDER}/{sha256[:2]}/{sha256}-{uuid7().hex}"
    db.session.commit()
    storage.put(path, stream)
    return path


def _take_back(path: str, sha256: str, name: str, error: BaseException) -> None:
    """Leave nothing of an upload that came to nothing, and say if another one was faster."""
    db.session.rollback()
    with suppress(storage.Away):
        storage.delete(path)
    if isinstance(error, IntegrityError):
        _look_for_twin(sha256, name)
