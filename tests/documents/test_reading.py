"""A document is read by a job: with the real reader of files in its own process, from real files."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.documents import making
from tests.knowledge.pieces import found, told
from tests.knowledge.positions import untrue
from tests.people import person
from tests.queues import Queue
from webapp import storage
from webapp.accounts import acting
from webapp.accounts.models import Role
from webapp.clock import now
from webapp.documents import reading
from webapp.documents.models import Document
from webapp.extensions import db
from webapp.jobs import owners
from webapp.jobs.acting import asking
from webapp.jobs.claiming import claim
from webapp.jobs.models import Job, JobState
from webapp.jobs.running import Run
from webapp.knowledge.models import Chunk, Part, Reading, Source, SourceState
from webapp.notices.models import Level, Notice

pytestmark = pytest.mark.usefixtures("app")

HOURS = [["We open at nine.", "On Sundays the house"], ["is closed. A room costs 1,200."]]
#: So many pages that they are stored in several batches.
LONG = 2 * reading.PIECES + 10
BROKEN = b"%PDF-1.4\n" + b"nothing of a PDF follows " * 40


@pytest.fixture
def otto_asks(app: Flask) -> Iterator[None]:
    """Let somebody who works here ask for all that follows."""
    acting.act_as(acting.Actor(person("Otto", Role.OPERATOR).id))
    yield
    acting.act_as(acting.NOBODY)


def ask(content: bytes, name: str = "house.pdf") -> Source:
    """Store a file, and ask for its reading."""
    source = making.stored(content, name)
    reading.ask(source)
    db.session.commit()
    return source


def standing(source: Source) -> SourceState:
    """Return its state as it is now."""
    db.session.refresh(source)
    return source.state


def live(source: Source) -> Reading:
    of = select(Reading).where(Reading.source_id == source.id, Reading.live)
    return db.session.scalars(of).one()


def job() -> Job:
    """Return the newest job."""
    newest = select(Job).order_by(Job.id.desc()).limit(1)
    return db.session.scalars(newest.execution_options(populate_existing=True)).one()


def replaced(source: Source, content: bytes) -> None:
    """Put other bytes in the place of a document, as its page does."""
    other = making.stored(content, "other.pdf")
    newer, document = (
        db.session.get_one(Document, other.id),
        db.session.get_one(Document, source.id),
    )
    sha256, path = newer.sha256, newer.path
    db.session.delete(newer)
    db.session.flush()
    document.sha256, document.path = sha256, path
    db.session.delete(other)
    reading.ask(source)
    db.session.commit()


def a_run() -> Run:
    """Claim the newest job, as a worker does."""
    job_id = job().id
    db.session.commit()
    run = claim(job_id, worker=owners.me())
    assert run is not None
    return run


def test_a_document_is_read_and_found(queue: Queue) -> None:
    source = ask(making.pdf(HOURS))
    assert standing(source) == SourceState.WAITING
    assert queue.run() == ["documents.read"]
    assert standing(source) == SourceState.READY
    assert source.read_at is not None
    assert (source.parts, source.chunks) == (2, 2)
    assert " ".join(found("closed on Sundays")[0].split()) == (
        "We open at nine. On Sundays the house is closed."
    )
    first = db.session.scalars(select(Chunk).order_by(Chunk.ordinal)).first()
    assert first is not None
    assert first.place == {"page": 1, "page_to": 2}
    done = job()
    assert (done.state, done.result) == (JobState.SUCCESS, {"answer": "2 passages can be found."})
    assert (done.subject_type, done.subject_id) == ("document", str(source.id))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pages.pdf", making.pdf(making.pages(40))),
        ("prices.xlsx", making.xlsx(making.prices(900, 8))),
        ("prices.csv", "\n".join(",".join(map(str, row)) for row in making.prices(700)).encode()),
        ("text.txt", "\n\n".join("\n".join(page) for page in making.pages(30)).encode()),
        ("text.md", "\n\n".join(f"# Page {page[0]}\n\n{' '.join(page)}" for page in making.pages(30)).encode()),
    ],
    ids=["pdf", "xlsx", "csv", "txt", "md"],
)  # fmt: skip
def test_every_passage_stands_where_it_says(queue: Queue, name: str, content: bytes) -> None:
    source = ask(content, name)
    queue.run()
    assert standing(source) == SourceState.READY, source.error
    reading_id = live(source).id
    of = select(Part).where(Part.reading_id == reading_id).order_by(Part.ordinal)
    chunks = db.session.scalars(
        select(Chunk).where(Chunk.reading_id == reading_id).order_by(Chunk.ordinal)
    ).all()
    assert len(chunks) > 20
    assert untrue(db.session.scalars(of).all(), chunks) == []


def test_it_goes_on_where_a_slice_ended(queue: Queue) -> None:
    content = making.pdf(making.pages(LONG))
    whole = ask(content)
    queue.run()
    undisturbed = told(live(whole))
    db.session.execute(update(Document).values(sha256="another"))
    source, run, slices = ask(content), a_run(), 1
    while (answer := reading.go_on(run, db.session.get_one(Source, source.id), seconds=0)) is None:
        db.session.commit()
        slices += 1
    db.session.commit()
    assert slices > 2
    assert answer == f"{source.chunks:,} passages can be found."
    assert told(live(source)) == undisturbed


def test_progress_is_told_in_pages(queue: Queue) -> None:
    source = ask(making.pdf(making.pages(LONG)))
    run, seen = a_run(), set()
    while reading.go_on(run, db.session.get_one(Source, source.id), seconds=0) is None:
        db.session.commit()
        seen.add((job().done, job().total, job().note))
    assert len(seen) > 1
    for done, total, note in seen:
        assert (total, note) == (LONG, f"Page {done} of {LONG}")


@pytest.mark.usefixtures("otto_asks")
def test_whoever_asked_is_told_once_that_it_is_ready(queue: Queue) -> None:
    ask(making.pdf(HOURS))
    queue.run()
    notice = db.session.scalars(select(Notice)).one()
    assert notice.level == Level.OK
    assert notice.title.startswith("Done: Read the document")
    assert notice.text == "2 passages can be found."


@pytest.mark.usefixtures("otto_asks")
def test_a_broken_file_says_what_is_wrong_and_harms_nobody(queue: Queue) -> None:
    source, other = ask(BROKEN), ask(making.pdf(HOURS))
    queue.run()
    assert (standing(source), standing(other)) == (SourceState.FAILED, SourceState.READY)
    assert source.error
    assert source.advice
    failed = db.session.scalars(select(Job).where(Job.subject_id == str(source.id))).one()
    assert (failed.state, failed.error, failed.advice) == (
        JobState.FAILURE, source.error, source.advice,
    )  # fmt: skip
    bad = db.session.scalars(select(Notice).where(Notice.level == Level.BAD)).one()
    assert bad.text == f"{source.error} {source.advice}"


def test_what_was_found_before_stays_when_reading_again_fails(queue: Queue) -> None:
    source = ask(making.pdf(HOURS))
    queue.run()
    replaced(source, BROKEN)
    queue.run()
    assert standing(source) == SourceState.FAILED
    assert found("open at nine")
    replaced(source, making.pdf([["We open at ten."]]))
    assert (standing(source), source.error) == (SourceState.WAITING, None)
    queue.run()
    assert standing(source) == SourceState.READY
    assert found("open") == ["We open at ten."]


def test_a_document_replaced_while_it_is_read_ends_with_the_new_bytes(queue: Queue) -> None:
    source = ask(making.pdf(making.pages(LONG)))
    run = a_run()
    begun = job().id
    assert reading.go_on(run, source, seconds=0) is None
    db.session.commit()
    replaced(source, making.pdf([["We open at ten."]]))
    assert job().id == begun
    while reading.go_on(run, db.session.get_one(Source, source.id), seconds=0) is None:
        db.session.commit()
    db.session.commit()
    assert found("open") == ["We open at ten."]


def test_a_file_that_is_gone_cannot_be_read(queue: Queue) -> None:
    source = ask(making.pdf(HOURS))
    storage.delete(db.session.get_one(Document, source.id).path)
    queue.run()
    assert standing(source) == SourceState.FAILED
    assert (source.error, source.advice) == (
        "The stored file is no longer there.", "Upload it again.",
    )  # fmt: skip


def test_a_place_for_files_that_is_away_for_a_while_fails_no_document(
    app: Flask, queue: Queue
) -> None:
    source = ask(making.pdf(HOURS))
    folder = Path(unquote(urlsplit(app.extensions["settings"].storage_url).path))
    aside = folder.rename(folder.with_name("not-mounted"))
    try:
        queue.run()
        job = db.session.scalars(select(Job)).one()
        assert (job.state, job.error) == (JobState.RETRY, reading.STORAGE_AWAY)
        assert standing(source) == SourceState.READING
    finally:
        aside.rename(folder)

    db.session.execute(update(Job).values(run_at=now()))
    db.session.commit()
    queue.sweep()
    queue.run()

    assert standing(source) == SourceState.READY


def test_a_file_without_text_says_so(queue: Queue) -> None:
    source = ask(making.pdf([[], []]))
    queue.run()
    assert standing(source) == SourceState.FAILED
    assert source.error
    assert source.read_at is None


def test_stopped_while_it_waits_it_can_be_asked_for_again(queue: Queue) -> None:
    source = ask(making.pdf(HOURS))
    asking.cancel(job())
    db.session.commit()
    assert standing(source) == SourceState.STOPPED
    asking.retry(job())
    db.session.commit()
    queue.run()
    assert standing(source) == SourceState.READY
    assert source.error is None


def test_stopped_while_it_is_read_it_keeps_what_it_has_and_goes_on_later(queue: Queue) -> None:
    source = ask(making.pdf(making.pages(LONG)))
    assert reading.go_on(a_run(), source, seconds=0) is None
    db.session.commit()
    begun = db.session.scalars(select(Reading)).one()
    kept = begun.parts
    assert 0 < kept < LONG
    db.session.execute(update(Job).values(state=JobState.PENDING))
    asking.cancel(job())
    db.session.commit()
    assert standing(source) == SourceState.STOPPED
    asking.retry(job())
    db.session.commit()
    queue.run()
    assert standing(source) == SourceState.READY
    assert live(source).id == begun.id


def test_a_job_whose_workers_die_fails_its_document(queue: Queue) -> None:
    source = ask(making.pdf(HOURS))
    job_id = job().id
    db.session.commit()
    while claim(job_id, worker=f"{owners.host()}1:long ago"):
        queue.sweep()
    db.session.refresh(source)
    assert job().state == JobState.FAILURE
    assert standing(source) == SourceState.FAILED
    assert source.error == job().error


def test_asked_for_twice_it_is_read_once(queue: Queue) -> None:
    source = ask(making.pdf(HOURS))
    reading.ask(source)
    db.session.commit()
    assert queue.run() == ["documents.read"]


def test_one_that_is_removed_meanwhile_is_let_go(queue: Queue) -> None:
    source = ask(making.pdf(making.pages(LONG)))
    run = a_run()
    assert reading.go_on(run, source, seconds=0) is None
    db.session.commit()
    source.state = SourceState.REMOVING
    db.session.commit()
    assert reading.go_on(run, source, seconds=0) == "It is being removed."
