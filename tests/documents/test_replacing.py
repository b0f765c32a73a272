"""Another file takes the place of a document's older one."""

import io
import threading

import pytest
from sqlalchemy import event, select

from tests.bookings.asking import audited
from tests.documents.uploads import (
    HOURS,
    JSON,
    alerts,
    content,
    fine,
    kept,
    send,
    take,
    with_settings,
)
from webapp import storage
from webapp.clock import now
from webapp.documents import uploading
from webapp.documents.models import Document
from webapp.jobs.models import Job
from webapp.knowledge.models import Chunk, Source, SourceState

pytestmark = pytest.mark.usefixtures("place")


def at(document):
    return f"/documents/{document.source_id}/replace"


def test_another_file_takes_the_place_of_the_older_one(db, queue, otto):
    document = take(db, name="Hours.txt")
    source, older = document.source, document.path
    document.encoding = "cp1252"
    source.state, source.read_at, source.error = SourceState.READY, now(), "Was wrong."
    for job in db.session.query(Job):
        db.session.delete(job)
    db.session.commit()
    fine(otto.get(at(document)))

    answer = send(otto, (b"We open at ten.", "Hours 2027.txt"), to=at(document))

    assert answer.status_code == 303
    assert (document.filename, document.size, document.encoding) == ("Hours 2027.txt", 15, None)
    assert (source.name, source.state, source.error) == ("Hours 2027.txt", "waiting", None)
    assert source.read_at is not None
    assert content(document) == b"We open at ten."
    assert [path for path, _ in storage.paths("documents")] == [document.path] != [older]
    assert [job.args for job in db.session.query(Job)] == [{"source_id": source.id}]
    assert len(audited(db, "document.replaced")) == 1


def test_a_name_that_somebody_gave_stays(db, otto):
    document = take(db)
    document.source.name = "When we are open"
    db.session.commit()

    send(otto, (b"We open at ten.", "Hours 2027.txt"), to=at(document))

    assert document.source.name == "When we are open"
    assert document.filename == "Hours 2027.txt"


@pytest.mark.parametrize("headers", [None, JSON])
def test_the_same_bytes_change_nothing_and_it_is_said(db, otto, headers):
    document = take(db)
    document.source.state = SourceState.READY
    db.session.commit()
    before = document.path

    answer = send(otto, (HOURS, "Other.txt"), to=at(document), headers=headers)

    assert answer.status_code == (202 if headers else 303)
    if headers:
        [told] = answer.json["documents"]
        assert (told["unchanged"], told["status"]) == (True, "ready")
        assert "Nothing has changed" in told["note"]
    assert (document.path, document.filename) == (before, "Hours.txt")
    assert document.source.state == SourceState.READY
    assert content(document) == HOURS


@pytest.mark.parametrize("headers", [None, JSON])
def test_bytes_that_are_another_document_are_refused_and_it_is_said_which(db, otto, headers):
    document, other = take(db), take(db, b"We open at ten.", "Other.txt")

    answer = send(otto, (b"We open at ten.", "New.txt"), to=at(document), headers=headers)

    assert answer.status_code == 409
    told = answer.json["error"] if headers else alerts(answer)[0]
    assert "another document already, “Other.txt”" in told
    if headers:
        assert answer.json["errors"][0]["source_id"] == other.source_id
    assert content(document) == HOURS


def test_one_that_is_replaced_just_before_its_file_is_opened_is_read_as_the_new_one(db, app, queue):
    """The job has learnt where the older file lies, and it is gone when the job opens it."""
    document, ends = take(db), []
    source_id = document.source_id

    def replace():
        with app.app_context():
            uploading.replace(
                db.session.get_one(Document, source_id), io.BytesIO(b"We open at ten."), ""
            )
            ends.append("replaced")
            db.session.remove()

    def once_it_is_being_read(_session):
        with db.engine.connect() as connection:
            state = connection.scalar(select(Source.state).where(Source.id == source_id))
        if state == SourceState.READING and not ends:
            ends.append("begun")
            other = threading.Thread(target=replace)
            other.start()
            other.join(60)

    db.session.commit()
    event.listen(db.session, "after_commit", once_it_is_being_read)
    try:
        queue.run()
    finally:
        event.remove(db.session, "after_commit", once_it_is_being_read)

    assert ends == ["begun", "replaced"]
    assert (document.source.state, document.source.error) == (SourceState.READY, None)
    assert db.session.scalars(select(Chunk.text)).all() == ["We open at ten."]


def test_a_document_that_is_leaving_or_was_never_there_is_not_replaced(db, otto):
    document = take(db)
    document.source.state = SourceState.REMOVING
    db.session.commit()

    assert otto.get(at(document)).status_code == 404
    assert send(otto, (b"new", "New.txt"), to=at(document)).status_code == 404
    assert otto.get("/documents/123456/replace").status_code == 404


def test_one_that_leaves_while_the_new_file_comes_says_so_and_keeps_nothing(db):
    document = take(db)
    source_id = document.source_id

    class Slow(io.BytesIO):
        def seek(self, *where):  # it has been read: now somebody removes the document
            source = db.session.get_one(Source, source_id)
            source.state = SourceState.REMOVING
            db.session.commit()
            return super().seek(*where)

    with pytest.raises(uploading.NotTaken, match="being removed"):
        uploading.replace(document, Slow(b"new"), "New.txt")

    [one] = kept(db)
    assert [path for path, _ in storage.paths("documents")] == [one.path]


@pytest.mark.parametrize("sent", [(), ((bytes(2 * 1024 * 1024), "Large.bin"),)])
def test_nothing_and_too_much_are_refused_where_a_file_is_replaced_too(
    db, app, otto, monkeypatch, sent
):
    with_settings(app, monkeypatch, upload_megabytes=1)
    document = take(db)

    answer = send(otto, *sent, to=at(document))

    fine(answer, 413 if sent else 422)
    assert alerts(answer)
    assert content(document) == HOURS
