"""The pages on which documents are uploaded and replaced.

With a script each file is sent by itself and answered in JSON, hence with a bar of its own; without
one they come in a single form. What may be sent at once is UPLOAD_MEGABYTES either way.
"""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import FileStorage

from webapp import storage, uploads
from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.documents import naming, uploading
from webapp.documents.models import Document
from webapp.extensions import db, settings
from webapp.knowledge.models import SourceState
from webapp.notices import links
from webapp.pages import goes_to, render, say

bp = Blueprint("uploads", __name__, url_prefix="/documents")

NO_FILE = "Choose a file."
AWAY = "The place for files did not answer. Try again in a minute."
STORED = "It is stored, and is being read now."
MOVING = (SourceState.WAITING, SourceState.READING)


@dataclass
class Outcome:
    """What became of one file."""

    filename: str
    document: Document | None = None
    #: What there is to say of it; a problem when there is a status.
    note: str = STORED
    status: int | None = None
    #: It is an older document.
    duplicate: bool = False
    unchanged: bool = False

    @property
    def url(self) -> str | None:
        """Where its document is shown."""
        return None if self.document is None else _page_of(self.document)

    @property
    def new(self) -> bool:
        """Whether something was stored."""
        return self.status is None and not self.duplicate and not self.unchanged

    def as_json(self) -> dict[str, Any]:
        """Return it for a program."""
        if self.document is None:
            return {"file": self.filename, "error": self.note}
        job, state = uploading.job_of(self.document), self.document.source.state
        return {
            "file": self.filename,
            "source_id": self.document.source_id,
            "job_id": job and str(job.id),
            "status": "processing" if state in MOVING else state.value,
            "url": self.url,
            "duplicate": self.duplicate,
            "unchanged": self.unchanged,
            "note": self.note,
            **({"error": self.note} if self.status else {}),
        }


@bp.get("/new")
@needs(Role.OPERATOR)
def new() -> ResponseReturnValue:
    """Ask for documents."""
    return _page([])


@bp.post("")
@needs(Role.OPERATOR)
def upload() -> ResponseReturnValue:
    """Keep each file, and let a job read it; one that cannot be kept does not stop the others."""
    by = current_user.id
    outcomes = [_taken(sent, by) for sent in _sent()]
    if not outcomes:
        outcomes = [Outcome("", note=NO_FILE, status=422)]
    if _wants_json():
        return _in_json(outcomes)
    if len(outcomes) == 1 and outcomes[0].status is None:
        return _goes_to_it(outcomes[0])
    if all(outcome.new for outcome in outcomes):
        say(f"{len(outcomes)} files are stored, and are being read now.")
        return goes_to(_list())
    return _page(outcomes, status=next((one.status for one in outcomes if one.status), 200))


@bp.get("/<int:source_id>/replace")
@needs(Role.OPERATOR)
def replace(source_id: int) -> ResponseReturnValue:
    """Ask for another file in the place of a document's."""
    return _page([], _find(source_id))


@bp.post("/<int:source_id>/replace")
@needs(Role.OPERATOR)
def put_in_place(source_id: int) -> ResponseReturnValue:
    """Put another file in the place of a document's, and let a job read it."""
    document, sent = _find(source_id), _sent()
    outcome = _replaced(document, sent[0]) if sent else Outcome("", note=NO_FILE, status=422)
    if _wants_json():
        return _in_json([outcome])
    if outcome.status is None:
        return _goes_to_it(outcome)
    return _page([outcome], _find(source_id), status=outcome.status)


def _too_large() -> ResponseReturnValue:
    """Say what the limit is; nothing of what is sent is kept."""
    outcome = Outcome("", note=_limit(), status=413)
    if _wants_json():
        return _in_json([outcome])
    source_id = (request.view_args or {}).get("source_id")
    return _page([outcome], _find(source_id) if source_id else None, status=413)


uploads.accept(
    bp,
    {"uploads.upload": Role.OPERATOR, "uploads.put_in_place": Role.OPERATOR},
    refused=_too_large,
)


def _sent() -> list[FileStorage]:
    """Return the files; a field in which none was chosen is sent as one without name and bytes."""
    sent = request.files.getlist("file")
    return [one for one in sent if one.filename or uploads.size_of(one.stream)]


def _taken(sent: FileStorage, by: int) -> Outcome:
    name = naming.shown(sent.filename)
    try:
        _fitting(sent)
        return Outcome(name, uploading.take(sent.stream, sent.filename, by=by))
    except uploading.Known as twin:
        return Outcome(name, twin.document, str(twin), duplicate=True)
    except (uploading.NotTaken, storage.Away) as problem:
        return _problem(name, problem)


def _replaced(document: Document, sent: FileStorage) -> Outcome:
    name = naming.shown(sent.filename)
    try:
        _fitting(sent)
        uploading.replace(document, sent.stream, sent.filename)
    except uploading.Unchanged as same:
        return Outcome(name, document, str(same), unchanged=True)
    except uploading.Known as twin:
        note = f"This file is another document already, “{twin.document.source.name}”."
        return Outcome(name, twin.document, note, status=409, duplicate=True)
    except (uploading.NotTaken, storage.Away) as problem:
        return _problem(name, problem)
    return Outcome(name, document)


class _TooLarge(uploading.NotTaken):
    """The file alone is larger than a file may be, though the whole form hardly is."""


def _fitting(sent: FileStorage) -> None:
    db.session.rollback()  # who asks is known; storing takes as long as the file is large
    if uploads.size_of(sent.stream) > uploads.most_bytes():
        raise _TooLarge(_limit())


def _problem(name: str, problem: Exception) -> Outcome:
    db.session.rollback()
    if isinstance(problem, storage.Away):
        return Outcome(name, note=AWAY, status=503)
    return Outcome(name, note=str(problem), status=413 if isinstance(problem, _TooLarge) else 409)


def _limit() -> str:
    most = settings().upload_megabytes
    return (
        f"This is larger than {most} MB, which is the most that can be uploaded at once. "
        "Split it into smaller files."
    )


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _in_json(outcomes: list[Outcome]) -> ResponseReturnValue:
    fine = [one.as_json() for one in outcomes if one.status is None]
    bad = [one.as_json() for one in outcomes if one.status]
    if not fine:
        status = outcomes[0].status or 422
        return jsonify(documents=[], errors=bad, error=outcomes[0].note), status
    return jsonify(documents=fine, errors=bad), 202


def _goes_to_it(outcome: Outcome) -> ResponseReturnValue:
    say(outcome.note, "ok" if outcome.new else "info")
    return goes_to(outcome.url or _list())


def _page(
    outcomes: list[Outcome], document: Document | None = None, *, status: int = 200
) -> ResponseReturnValue:
    return render(
        "documents/upload.html",
        outcomes=outcomes,
        document=document,
        most=settings().upload_megabytes,
        limit=_limit(),
        back=_page_of(document) if document else _list(),
        list_url=_list(),
        status=status,
    )


def _find(source_id: int) -> Document:
    document = db.session.get(Document, source_id)
    if document is None or document.source.state == SourceState.REMOVING:
        abort(404)
    return document


def _page_of(document: Document) -> str:
    return links.page_of("document", str(document.source_id)) or _list()


def _list() -> str:
    return links.path_of("knowledge.index") or url_for(".new")
