"""The product's worker, which reads of a document no more than its bytes: ``celery -A tests.documents.worker_app``."""

import hashlib
from functools import partial
from typing import Any

import worker.tasks
from webapp import storage
from webapp.documents.models import Document
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.running import Run
from worker import tasking
from worker.app import app

assert app
assert worker.tasks


def weigh(run: Run, source_id: int) -> dict[str, Any]:
    """Return what the worker sees of the file, as a whole and as a program would."""
    path = db.session.get_one(Document, source_id).path
    run.step(note="Reading.")
    digest = hashlib.sha256()
    for part in storage.read(path):
        digest.update(part)
    with storage.local_copy(path) as file:
        copy = hashlib.sha256(file.read_bytes()).hexdigest()
    return {"sha256": digest.hexdigest(), "copy": copy, "size": storage.size(path)}


tasking.TASKS[JobKind.DOCUMENT_READ.value] = partial(tasking._run, body=weigh)
