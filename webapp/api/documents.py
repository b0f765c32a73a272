"""Documents: uploaded, and followed until they can be found."""

import hashlib
from typing import Any

from flask import Response, abort, request, url_for
from marshmallow import Schema, fields, validate
from werkzeug.datastructures import FileStorage

from webapp import storage, uploads
from webapp.accounts import bearer
from webapp.accounts.scopes import Scope
from webapp.api.errors import refuse
from webapp.api.fields import told
from webapp.api.operations import operation
from webapp.api.repeating import Made, digest, remembered
from webapp.documents import naming, uploading
from webapp.documents.models import Document
from webapp.extensions import db
from webapp.knowledge.models import SourceState

TAG = "Documents"
MOVING = (SourceState.WAITING, SourceState.READING)
NO_FILE = "Send a form with a file in the field “file”."
NOT_A_FORM = "Send the file in a form: multipart/form-data, with the field “file”."
AWAY = "The place for files did not answer. Nothing was stored."
STATES = [state.value for state in SourceState]


class DocumentSchema(Schema):
    """A document that was uploaded."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    size = fields.Integer(required=True, **told("Bytes."))
    status = fields.String(
        required=True,
        validate=validate.OneOf(["processing", *STATES]),
        **told("“processing” until it has been read; “ready”: what it says is found."),
    )
    duplicate = fields.Boolean(
        required=True, **told("The same file was here already: this is the document of then.")
    )
    pages = fields.Integer(required=True, **told("Pages or sheets that can be found."))
    passages = fields.Integer(required=True)
    error = fields.String(required=True, allow_none=True, **told("Why it could not be read."))
    advice = fields.String(required=True, allow_none=True)
    task_id = fields.UUID(required=True, allow_none=True, **told("The task that reads it."))
    created_at = fields.DateTime(required=True)
    read_at = fields.DateTime(required=True, allow_none=True)


@operation(
    "/documents",
    Scope.DOCUMENTS_WRITE,
    out=DocumentSchema,
    post=True,
    status=202,
    file=True,
    once=True,
    tag=TAG,
    given={200: DocumentSchema},
    also={409: "The same file is just being removed.", 415: "The body is no form."},
)
def upload_document() -> Response:
    """Upload a document.

    It is stored at once and read by a task. The same file again, under whatever name, makes no second
    document: the answer is then 200 with `duplicate`.
    """
    sent = _sent()
    fingerprint = hashlib.file_digest(sent.stream, "sha256").hexdigest()  # type: ignore[arg-type]  # a file, which IO is not called
    sent.stream.seek(0)
    return remembered(lambda: _take(sent), digest(sent.filename or "", fingerprint))


def _sent() -> FileStorage:
    if request.mimetype != "multipart/form-data":
        abort(415, NOT_A_FORM)
    sent = request.files.get("file")
    if sent is None or not (sent.filename or uploads.size_of(sent.stream)):
        refuse(file=NO_FILE)
    if uploads.size_of(sent.stream) > uploads.most_bytes():
        abort(413, uploads.too_large())
    return sent


def _take(sent: FileStorage) -> Made:
    by = bearer.token().user_id
    db.session.commit()  # storing takes as long as the file is large
    try:
        document = uploading.take(sent.stream, sent.filename, by=by)
    except uploading.Known as twin:
        return _made(twin.document, duplicate=True)
    except uploading.NotTaken as problem:
        db.session.rollback()
        abort(409, str(problem))
    except storage.Away:
        db.session.rollback()
        abort(503, AWAY)
    return _made(document, duplicate=False)


def _made(document: Document, *, duplicate: bool) -> Made:
    body = DocumentSchema().dump(shown(document, duplicate=duplicate))
    place = url_for("api.get_document", document_id=document.source_id)
    db.session.commit()
    return Made(body, 200 if duplicate else 202, place)


@operation("/documents/<int:document_id>", Scope.DOCUMENTS_READ, out=DocumentSchema, tag=TAG)
def get_document(document_id: int) -> dict[str, Any]:
    """Look at a document."""
    return shown(db.get_or_404(Document, document_id))


def shown(document: Document, *, duplicate: bool = False) -> dict[str, Any]:
    """Return a document as programs see it."""
    source = document.source
    job = uploading.job_of(document)
    return {
        "id": source.id,
        "name": naming.shown(source.name),
        "size": document.size,
        "status": "processing" if source.state in MOVING else source.state,
        "duplicate": duplicate,
        "pages": source.parts,
        "passages": source.chunks,
        "error": source.error,
        "advice": source.advice,
        "task_id": job and job.id,
        "created_at": source.created_at,
        "read_at": source.read_at,
    }
