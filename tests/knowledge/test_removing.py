"""A source that is removed is found nowhere at once, and then gone."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from tests.documents import making
from tests.knowledge.pieces import a_document, a_page, found, read, some_pages
from tests.queues import Queue
from webapp import storage
from webapp.accounts.models import AuditEntry
from webapp.documents.models import Document
from webapp.extensions import db
from webapp.jobs.models import Job, JobState
from webapp.knowledge import removing
from webapp.knowledge.index_tables import Posting, Tally
from webapp.knowledge.models import Chunk, Part, Reading, Source, SourceKind, SourceState
from webapp.websites.models import PageState, WebPage, Website

pytestmark = pytest.mark.usefixtures("app")


def left() -> dict[str, int]:
    """Return the tables in which anything is left."""
    tables: tuple[Any, ...] = (
        Source, Reading, Part, Chunk, Document, Website, WebPage, Tally, Posting,
    )  # fmt: skip
    counts = {
        table.__tablename__: db.session.scalar(select(func.count()).select_from(table)) or 0
        for table in tables
    }
    if db.engine.dialect.name == "sqlite":
        counts["index"] = db.session.scalar(text("SELECT count(*) FROM knowledge_index")) or 0
    return {name: count for name, count in counts.items() if count}


def test_it_is_found_nowhere_at_once(app: Flask, queue: Queue) -> None:
    source = a_document()
    read(source, [a_page(1, "We open at nine.")])
    removing.remove(source)
    db.session.commit()
    assert found("nine") == []
    assert source.state == SourceState.REMOVING
    assert queue.names() == ["knowledge.remove"]
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.subject_type, entry.subject_id) == (
        "document.removed", "document", str(source.id),
    )  # fmt: skip


def test_a_job_takes_everything_away_with_the_file(app: Flask, queue: Queue) -> None:
    source = making.stored(making.pdf(making.pages(2)), "house.pdf")
    path = db.session.get_one(Document, source.id).path
    read(source, some_pages(200))
    removing.remove(source)
    db.session.commit()
    queue.run()
    assert left() == {}
    with pytest.raises(FileNotFoundError):
        storage.size(path)
    assert db.session.scalars(select(Job.state)).all() == [JobState.SUCCESS]


def test_a_website_goes_with_its_pages(app: Flask, queue: Queue) -> None:
    source = a_document("hotel.example")
    source.kind = SourceKind.WEBSITE
    db.session.add(Website(source_id=source.id, url="https://h/", scope="https://h/", max_pages=9))
    reading = read(source, some_pages(3), place="https://h/")
    db.session.add(
        WebPage(source_id=source.id, url="https://h/", crawl=1, state=PageState.READ, reading_id=reading.id)
    )  # fmt: skip
    removing.remove(source)
    db.session.commit()
    queue.run()
    assert left() == {}


def test_others_stay(app: Flask, queue: Queue) -> None:
    stays, goes = a_document(), a_document()
    read(stays, [a_page(1, "We open at nine.")])
    read(goes, [a_page(1, "We open at ten.")])
    removing.remove(goes)
    db.session.commit()
    queue.run()
    assert found("open") == ["We open at nine."]
    assert left()["knowledge_sources"] == 1


def test_it_is_asked_for_once(app: Flask, queue: Queue) -> None:
    source = a_document()
    assert removing.remove(source) is not None
    db.session.commit()
    assert removing.remove(source) is None
    db.session.commit()
    assert queue.names() == ["knowledge.remove"]
