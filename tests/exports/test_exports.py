"""A file is asked for, written by a job, downloaded, and removed after a while."""

import csv
import dataclasses
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from webapp import storage
from webapp.accounts.models import AuditEntry
from webapp.clock import now
from webapp.exports import asking, cleaning, writing
from webapp.exports.models import KEPT_FOR, Export
from webapp.extensions import db as database
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.queue import enqueue
from webapp.services.models import Service
from webapp.storage.models import StoredFile

NAMES = ["Zoë", "=cmd()", "a,b", 'say "hi"', "two\nlines"]


@writing.writer("tests.names")
def names(args: dict[str, Any]) -> Iterator[list[str]]:
    yield ["Name", "Number"]
    for number in range(args["count"]):
        yield [NAMES[number % len(NAMES)], f"+9198{number:08d}"]


@writing.writer("tests.services")
def services(_args: dict[str, Any]) -> Iterator[list[str]]:
    """Ask the database again and again, so that a transaction is open while parts are stored."""
    yield ["Name"]
    for _ in range(40):
        for name in database.session.scalars(select(Service.name)):
            yield from ([name] for _ in range(1_000))


@writing.writer("tests.broken")
def broken(_args: dict[str, Any]) -> Iterator[list[str]]:
    yield ["Name"]
    raise RuntimeError("no rows today")


@pytest.fixture
def service(db) -> Service:
    made = Service(
        name="A",
        slug="a",
        minutes=30,
        price=0,
        currency="INR",
        hours={},
        zone="UTC",
        published=True,
    )
    db.session.add(made)
    db.session.commit()
    return made


def asked(db, count=5, filename="Names.csv", **more):
    export = asking.ask("tests.names", filename, count=count, **more)
    db.session.commit()
    return export


def test_the_file_is_what_a_spreadsheet_opens_without_being_asked(db, queue, otto):
    export = asked(db)
    queue.run()

    answer = otto.get(f"/exports/{export.id}/file")

    assert answer.data.startswith("\ufeffName,Number\r\n".encode())
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert [row[0] for row in rows[1:]] == ["Zoë", "'=cmd()", "a,b", 'say "hi"', "two\nlines"]
    assert rows[1][1] == "+919800000000"
    assert answer.mimetype == "text/csv"
    assert answer.content_length == export.size == len(answer.data)
    assert export.rows == 5


@pytest.mark.parametrize(
    ("filename", "plain", "exact"),
    [
        ("Names.csv", "Names.csv", "Names.csv"),
        ('Zoë "x"\r\n.csv', "Zoe  x   .csv", "Zo%C3%AB%20%22x%22%0D%0A.csv"),
        ("名.csv", "file.csv", "%E5%90%8D.csv"),
    ],
)
def test_a_download_carries_its_name_in_any_language(db, queue, otto, filename, plain, exact):
    export = asked(db, filename=filename)
    queue.run()

    header = otto.get(f"/exports/{export.id}/file").headers["Content-Disposition"]

    assert header == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}"


@pytest.fixture
def in_the_database(app, monkeypatch):
    """Keep files in the database, where whoever stores and whoever has a transaction meet."""
    changed = dataclasses.replace(app.extensions["settings"], storage_url=storage.DATABASE)
    monkeypatch.setitem(app.extensions, "settings", changed)


def test_a_file_is_written_and_removed_where_files_lie_in_the_database(
    db, queue, otto, in_the_database, service
):
    export = asking.ask("tests.services", "Services.csv")
    db.session.commit()
    queue.run()

    answer = otto.get(f"/exports/{export.id}/file")
    assert answer.data.decode("utf-8-sig").splitlines() == ["Name", *["A"] * 40_000]
    export.created_at = now() - KEPT_FOR - timedelta(minutes=1)
    enqueue(JobKind.EXPORTS_CLEAN)
    db.session.commit()
    queue.run()
    assert db.session.query(StoredFile).count() == 0


def test_its_page_shows_the_job_and_then_the_link(db, queue, otto):
    export = asked(db, rows=5)
    before = otto.get(f"/exports/{export.id}")
    queue.run()
    after = otto.get(f"/exports/{export.id}")

    assert "Write the file" in before.text
    assert "hx-trigger" in before.text
    assert "5 rows" in after.text
    assert f"/exports/{export.id}/file" in after.text
    assert "hx-trigger" not in after.text


def test_a_viewer_sees_that_there_is_a_file_and_does_not_get_it(db, queue, vera):
    export = asked(db)
    queue.run()

    assert f"/exports/{export.id}/file" not in vera.get(f"/exports/{export.id}").text
    assert vera.get(f"/exports/{export.id}/file").status_code == 403


def test_a_double_click_makes_one_file_and_another_question_another(db, service):
    first, second = (asked(db, about=service) for _ in range(2))
    other = asked(db, count=6, about=service)

    assert first.id == second.id != other.id
    assert db.session.query(Export).count() == 2
    assert [one.export.id for one in asking.of(service)] == [other.id, first.id]
    assert all(one.job is not None for one in asking.of(service))


def test_what_is_not_written_yet_is_not_given_out(db, otto):
    export = asked(db)

    answer = otto.get(f"/exports/{export.id}/file")

    assert answer.status_code == 409
    assert "not written yet" in answer.text


def test_a_file_that_is_gone_says_so(db, queue, otto):
    export = asked(db)
    queue.run()
    storage.delete(export.path)

    assert "removed after 7 days" in otto.get(f"/exports/{export.id}/file").text
    assert "removed after 7 days" in otto.get("/exports/4711").text


def test_a_run_that_was_killed_leaves_nothing_and_the_next_writes_all(db, queue, otto):
    export = asked(db)
    export.path = f"exports/{export.id}-0.csv"
    storage.put(export.path, iter([b"half a fi"]))
    left = export.path
    queue.run()

    with pytest.raises(FileNotFoundError):
        b"".join(storage.read(left))
    assert otto.get(f"/exports/{export.id}/file").data.count(b"\r\n") == 6


def test_an_error_in_the_middle_makes_no_file(db, queue):
    export = asking.ask("tests.broken", "x.csv")
    db.session.commit()
    queue.run()

    job = db.session.query(Job).one()
    assert job.state == JobState.RETRY
    assert (export.ready_at, export.path) == (None, f"exports/{export.id}-1.csv")
    with pytest.raises(FileNotFoundError):
        b"".join(storage.read(f"exports/{export.id}-1.csv"))


def test_a_kind_of_file_that_nobody_writes_fails_at_once(db, queue):
    asking.ask("tests.unknown", "x.csv")
    db.session.commit()
    queue.run()

    assert db.session.query(Job).one().state == JobState.FAILURE


def test_files_are_removed_after_a_week(db, queue):
    old, new = asked(db), asked(db, count=6)
    queue.run()
    path = old.path
    old.created_at = now() - KEPT_FOR - timedelta(minutes=1)
    enqueue(JobKind.EXPORTS_CLEAN)
    db.session.commit()
    queue.run()

    assert [export.id for export in db.session.query(Export)] == [new.id]
    with pytest.raises(FileNotFoundError):
        b"".join(storage.read(path))
    assert db.session.query(AuditEntry).filter_by(action="export.removed").count() == 1
    assert cleaning.remove_some() == 0


def test_a_job_whose_file_has_been_removed_says_so(db, queue):
    export = asked(db)
    db.session.delete(export)
    db.session.commit()
    queue.run()

    job = db.session.query(Job).one()
    assert (job.state, job.error) == (JobState.FAILURE, "The file was asked for too long ago.")
