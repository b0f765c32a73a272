"""Documents are read again: one, all that failed, all that were read with other settings."""

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from tests.documents import making
from tests.documents.test_reading import BROKEN, HOURS, ask, otto_asks, standing
from tests.queues import Queue
from webapp.accounts.models import AuditEntry
from webapp.documents import again, reading
from webapp.documents.again import Which
from webapp.documents.models import Document
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.knowledge import removing
from webapp.knowledge.models import Reading, SourceState
from webapp.notices.models import Notice

__all__ = ["otto_asks"]
pytestmark = pytest.mark.usefixtures("app")


def a_document(number: int) -> bytes:
    return making.pdf([[f"We open at {number}."]])


def test_one_is_read_again_and_found_meanwhile(queue: Queue) -> None:
    source = ask(making.pdf(HOURS))
    queue.run()
    first = db.session.scalars(select(Reading.id)).one()
    again.read_again(source)
    db.session.commit()
    assert standing(source) == SourceState.WAITING
    assert source.read_at is not None
    queue.run()
    assert standing(source) == SourceState.READY
    assert db.session.scalars(select(Reading.id)).one() != first
    assert "document.read_again" in db.session.scalars(select(AuditEntry.action)).all()


def test_one_that_is_being_removed_is_not(app: Flask) -> None:
    source = ask(making.pdf(HOURS))
    removing.remove(source)
    with pytest.raises(again.BeingRemoved):
        again.read_again(source)


def test_all_that_failed_are_read_again_by_one_job(queue: Queue) -> None:
    good, bad = ask(making.pdf(HOURS)), [ask(BROKEN + bytes([number])) for number in range(3)]
    queue.run()
    assert again.count(Which.FAILED) == 3
    again.all_again(Which.FAILED)
    db.session.commit()
    ran = queue.run()
    assert ran == ["documents.read_again", *["documents.read"] * 3]
    job = db.session.scalars(select(Job).where(Job.kind == JobKind.DOCUMENTS_READ_AGAIN)).one()
    assert (job.state, job.result) == (
        JobState.SUCCESS, {"answer": "3 documents are read again."},
    )  # fmt: skip
    assert (job.done, job.total) == (3, 3)
    assert standing(good) == SourceState.READY
    assert {standing(one) for one in bad} == {SourceState.FAILED}


def test_all_that_were_read_with_other_settings_are_read_again(queue: Queue) -> None:
    sources = [ask(a_document(number)) for number in range(3)]
    queue.run()
    assert again.count(Which.OUTDATED) == 0
    old = sources[1].id
    db.session.execute(update(Reading).where(Reading.source_id == old).values(made_with="0-1-2"))
    db.session.commit()
    assert again.count(Which.OUTDATED) == 1
    again.all_again(Which.OUTDATED)
    db.session.commit()
    assert queue.run() == ["documents.read_again", "documents.read"]
    assert again.count(Which.OUTDATED) == 0


def test_a_chosen_encoding_does_not_make_a_reading_outdated(queue: Queue) -> None:
    source = making.stored("Über uns: geöffnet ab neun.".encode("cp1252"), "text.txt")
    db.session.get_one(Document, source.id).encoding = "cp1252"
    reading.ask(source)
    db.session.commit()
    queue.run()
    assert standing(source) == SourceState.READY
    assert again.count(Which.OUTDATED) == 0


def test_more_than_one_batch_is_asked_for(queue: Queue) -> None:
    count = again.AT_ONCE + 5
    for number in range(count):
        source = making.stored(a_document(number), f"{number}.pdf")
        source.state = SourceState.FAILED
    db.session.commit()
    again.all_again(Which.FAILED)
    db.session.commit()
    queue.run(limit=1)
    asked = select(func.count()).where(Job.kind == JobKind.DOCUMENT_READ)
    assert db.session.scalar(asked) == count


@pytest.mark.usefixtures("otto_asks")
def test_whoever_asks_for_many_gets_one_notice(queue: Queue) -> None:
    for number in range(3):
        making.stored(a_document(number), f"{number}.pdf").state = SourceState.FAILED
    db.session.commit()
    again.all_again(Which.FAILED)
    db.session.commit()
    queue.run()
    assert [one.text for one in db.session.scalars(select(Notice))] == [
        "3 documents are read again."
    ]
