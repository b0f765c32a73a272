"""Files are uploaded: kept as they are, told apart by their bytes, each with its own outcome."""

import hashlib
import io
import threading

import pytest

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
from webapp.accounts.models import Role, User
from webapp.documents import uploading
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.knowledge.models import SourceKind, SourceState

pytestmark = pytest.mark.usefixtures("place")


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
