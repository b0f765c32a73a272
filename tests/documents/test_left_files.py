"""Files that no document names are removed."""

import os

import pytest
from flask import current_app
from sqlalchemy import select, update

from tests.documents.uploads import HOURS, content, take
from webapp import storage
from webapp.clock import now
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.jobs.queue import enqueue
from webapp.storage import objects
from webapp.storage.leftovers import OLD
from webapp.storage.models import StoredFile

pytestmark = pytest.mark.usefixtures("place")


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
