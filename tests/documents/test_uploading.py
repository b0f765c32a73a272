"""Files are uploaded: kept as they are, told apart by their bytes, each with its own outcome."""

import dataclasses
import hashlib
import io
import os
import threading

import pytest
from flask import current_app
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from sqlalchemy import event, select, update
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from tests.bookings.asking import audited, csrf
from tests.contracts.test_pages_lint import faults, faults_of_a_whole
from webapp import storage
from webapp.accounts.models import Role, User
from webapp.clock import now
from webapp.documents import uploading
from webapp.documents.models import Document
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.jobs.queue import enqueue
from webapp.knowledge.models import Chunk, Source, SourceKind, SourceState
from webapp.storage import objects
from webapp.storage.leftovers import OLD
from webapp.storage.models import StoredFile

JSON = {"Accept": "application/json"}
HOURS = b"We open at nine."


@pytest.fixture(params=["folder", "database"], autouse=True)
def place(request, app, monkeypatch, tmp_path):
    """Keep files in each place that needs no server of its own."""
    url = "database:" if request.param == "database" else f"file://{tmp_path}/files"
    with_settings(app, monkeypatch, storage_url=url)


def with_settings(app, monkeypatch, **values):
    changed = dataclasses.replace(app.extensions["settings"], **values)
    monkeypatch.setitem(app.extensions, "settings", changed)


def send(client, *files, to="/documents", headers=None):
    """Send files, each bytes and a name, as a form does."""
    fields = {**csrf(client), "file": [FileStorage(io.BytesIO(data), name) for data, name in files]}
    boundary, body = encode_multipart(fields)
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(to, data=body, content_type=kind, headers=headers)


def kept(db):
    documents = db.session.query(Document).order_by(Document.source_id).all()
    db.session.commit()
    return documents


def content(document):
    path = document.path
    uploading.db.session.commit()
    return b"".join(storage.read(path))


def take(db, data=HOURS, name="Hours.txt"):
    db.session.commit()
    return uploading.take(io.BytesIO(data), name, by=None)


def alerts(answer):
    found = HTMLParser(answer.text).css("main [role=alert]")
    return [" ".join(node.text().split()) for node in found]


def fine(answer, status=200):
    """Return the text of a page that is well made."""
    assert answer.status_code == status
    assert [*faults_of_a_whole(answer), *faults(answer)] == []
    return answer.text


def test_a_file_is_kept_as_it_is_and_a_job_is_asked_to_read_it(db, queue, otto):
    fine(otto.get("/documents/new"))

    answer = send(otto, (HOURS, "Hours.txt"))

    assert answer.status_code == 303
    [document] = kept(db)
    sha256 = hashlib.sha256(HOURS).hexdigest()
    assert (document.filename, document.sha256, document.size) == ("Hours.txt", sha256, 16)
    assert document.path.startswith(f"documents/{sha256[:2]}/{sha256}")
    assert content(document) == HOURS
    source = document.source
    assert (source.kind, source.state) == (SourceKind.DOCUMENT, SourceState.WAITING)
    assert (source.name, source.size) == ("Hours.txt", 16)
    assert db.session.get(User, source.asked_by_id).role == Role.OPERATOR
    [job] = db.session.query(Job).all()
    assert (job.kind, job.args) == (JobKind.DOCUMENT_READ, {"source_id": source.id})
    assert queue.names() == [JobKind.DOCUMENT_READ]
    assert [entry.subject_type for entry in audited(db, "document.uploaded")] == ["document"]


def test_a_program_is_told_in_json_that_it_is_being_read(db, queue, otto):
    answer = send(otto, (HOURS, "Hours.txt"), headers=JSON)

    assert answer.status_code == 202
    [told] = answer.json["documents"]
    [document], [job] = kept(db), db.session.query(Job).all()
    assert told["source_id"] == document.source_id
    assert told["job_id"] == str(job.id)
    assert (told["status"], told["duplicate"], told["file"]) == ("processing", False, "Hours.txt")
    assert told["url"].startswith("/")


def test_the_same_bytes_twice_are_one_document_and_its_page_is_where_it_leads(db, queue, otto):
    send(otto, (HOURS, "Hours.txt"))

    answer = send(otto, (HOURS, "Again.txt"), headers=JSON)
    page = send(otto, (HOURS, "Again.txt"))

    [told] = answer.json["documents"]
    assert (answer.status_code, told["duplicate"], told["status"]) == (202, True, "processing")
    assert told["source_id"] == kept(db)[0].source_id
    assert told["note"] == "This file is here already, as “Hours.txt”."
    assert page.status_code == 303
    assert page.location == told["url"]
    assert len(kept(db)) == db.session.query(Job).count() == 1


def test_each_of_many_has_its_own_outcome_and_a_bad_one_stops_no_other(
    db, app, queue, otto, monkeypatch
):
    with_settings(app, monkeypatch, upload_megabytes=1)
    take(db, b"older", "Older.txt")
    slightly = bytes(1024 * 1024 + 1)

    answer = send(otto, (b"", "Empty.txt"), (slightly, "Large.bin"), (b"older", "Twin.txt"))

    text = fine(answer, 413)
    assert "Large.bin: This is larger than 1 MB" in alerts(answer)[0]
    assert "as “Older.txt”" in text
    assert [one.filename for one in kept(db)] == ["Older.txt", "Empty.txt"]


def test_many_at_once_lead_to_the_list(db, queue, otto):
    answer = send(otto, (b"one", "One.txt"), (b"two", "Two.txt"))

    assert answer.status_code == 303
    assert [one.filename for one in kept(db)] == ["One.txt", "Two.txt"]


def test_some_of_many_are_told_apart_in_json(db, app, otto, monkeypatch):
    with_settings(app, monkeypatch, upload_megabytes=1)

    answer = send(otto, (bytes(1024 * 1024 + 1), "Large.bin"), (b"b", "B.txt"), headers=JSON)

    assert answer.status_code == 202
    assert [one["file"] for one in answer.json["documents"]] == ["B.txt"]
    [problem] = answer.json["errors"]
    assert problem["file"] == "Large.bin"
    assert "larger than 1 MB" in problem["error"]


@pytest.mark.parametrize("headers", [None, JSON])
def test_an_empty_choice_is_refused_at_the_field(db, otto, headers):
    answer = send(otto, (b"", ""), headers=headers)

    assert answer.status_code == 422
    assert "Choose a file." in (answer.json["error"] if headers else alerts(answer)[0])
    assert kept(db) == []


def test_a_file_without_a_name_gets_one(db, otto):
    send(otto, (HOURS, "\u202e"))

    assert kept(db)[0].filename == "Document"


@pytest.mark.parametrize("megabytes", [2, 9])
@pytest.mark.parametrize("headers", [None, JSON])
def test_too_large_is_refused_before_it_is_read_with_the_limit_in_words(
    db, app, otto, vera, monkeypatch, megabytes, headers
):
    with_settings(app, monkeypatch, upload_megabytes=1)

    answer = send(otto, (bytes(megabytes * 1024 * 1024), "Large.bin"), headers=headers)

    assert answer.status_code == 413
    told = answer.json["error"] if headers else alerts(answer)[0]
    assert "larger than 1 MB" in told
    if not headers:
        fine(answer, 413)
    assert kept(db) == []
    assert db.session.query(Job).count() == 0


def test_only_who_may_upload_may_send_much(db, app, vera, client, monkeypatch):
    assert send(vera, (bytes(5 * 1024 * 1024), "Large.bin")).status_code == 413
    assert send(vera, (HOURS, "Hours.txt")).status_code == 403
    assert client.post("/documents", data=bytes(5 * 1024 * 1024)).status_code in {400, 413}
    assert kept(db) == []


@pytest.mark.parametrize("headers", [None, JSON])
def test_a_storage_that_is_away_is_said_and_nothing_is_added(db, app, otto, monkeypatch, headers):
    with_settings(app, monkeypatch, storage_url="file:///proc/nowhere")

    answer = send(otto, (HOURS, "Hours.txt"), headers=headers)

    assert answer.status_code == 503
    assert "did not answer" in (answer.json["error"] if headers else alerts(answer)[0])
    assert kept(db) == []


@pytest.mark.parametrize(
    "data", [b"", b"\0\xff\xfe", b"MZ\x90", b"%PDF-1.7", b"<script>alert(1)</script>"]
)
def test_whatever_a_file_holds_it_is_kept_for_the_job_to_say_what_is_wrong(db, otto, data):
    assert send(otto, (data, "Something.bin")).status_code == 303

    assert content(kept(db)[0]) == data


def test_of_two_who_upload_the_same_at_once_one_makes_the_document(db, app, kind):
    """Both have looked, and found no twin, before either has said that it is there."""
    both, ends = threading.Barrier(2), []

    class Slow(io.BytesIO):
        """A file that is read a second time, to be stored, when both have looked for a twin."""

        rewound = False

        def seek(self, *where):
            self.rewound = True
            return super().seek(*where)

        def read(self, *size):
            if self.rewound and self.tell() == 0:
                both.wait(20)
            return super().read(*size)

    def upload(number):
        with app.app_context():
            try:
                document = uploading.take(Slow(HOURS), f"{number}.txt", by=None)
                ends.append(("new", document.source_id))
            except uploading.Known as twin:
                ends.append(("twin", twin.document.source_id))
            finally:
                db.session.remove()

    db.session.commit()
    threads = [threading.Thread(target=upload, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(what for what, _ in ends) == ["new", "twin"]
    assert len({source_id for _, source_id in ends}) == 1
    [document] = kept(db)
    assert content(document) == HOURS
    db.session.commit()
    assert [path for path, _ in storage.paths("documents")] == [document.path]


def test_while_its_twin_is_being_removed_it_is_said_that_it_is_too_soon(db, otto):
    document = take(db)
    document.source.state = SourceState.REMOVING
    db.session.commit()

    answer = send(otto, (HOURS, "Hours.txt"))

    assert answer.status_code == 409
    assert "just being removed" in alerts(answer)[0]


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


def test_files_that_no_document_names_are_removed_after_a_day(db, queue):
    document = take(db)
    storage.put("documents/ab/left-over", iter([b"x"]))
    storage.put("audience/left-over", iter([b"x"]))
    clean(db, queue)
    assert len(list(storage.paths("documents"))) == 2

    for path in ("documents/ab/left-over", "audience/left-over", path_of(db, document)):
        age(db, path)
    clean(db, queue)

    assert [path for path, _ in storage.paths("documents")] == [path_of(db, document)]
    assert list(storage.paths("audience")) == []
    assert content(document) == HOURS


def path_of(db, document):
    path = document.path
    db.session.commit()
    return path


def clean(db, queue):
    for job in db.session.scalars(select(Job)):
        db.session.delete(job)
    queue.redis.flushall()
    enqueue(JobKind.FILES_CLEAN)
    db.session.commit()
    queue.run()
    assert db.session.scalars(select(Job.state)).all() == ["SUCCESS"]
    db.session.commit()


def age(db, path):
    """Let a file have been stored long ago."""
    if current_app.extensions["settings"].storage_url.startswith("file:"):
        os.utime(objects.on_disk(path), 2 * ((now() - 2 * OLD).timestamp(),))
    db.session.execute(
        update(StoredFile).where(StoredFile.path == path).values(written_at=now() - 2 * OLD)
    )
    db.session.commit()
