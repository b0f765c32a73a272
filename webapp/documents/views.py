"""The page of a document, and what can be done with it."""

from collections.abc import Iterator
from itertools import chain

from flask import Blueprint, Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import BindParameter, String, bindparam, cast, func, select

from webapp import storage
from webapp.accounts import polls
from webapp.accounts.access import needs
from webapp.accounts.models import Role, User
from webapp.documents import again, encodings
from webapp.documents.models import Document
from webapp.exports.views import attachment
from webapp.extensions import db
from webapp.jobs.models import Job
from webapp.knowledge import listing, naming, removing, showing
from webapp.knowledge.forms import NameForm
from webapp.knowledge.models import Source, SourceKind, SourceState
from webapp.notices import links
from webapp.pages import goes_to, interval, render, say

bp = Blueprint("documents", __name__, url_prefix="/documents")
links.register("document", "documents.show", "source_id", called=naming.name_of)

_ID: BindParameter[int] = bindparam("source_id")
#: The document may change, and so may the jobs about it.
CHANGES = select(Source.version).where(Source.id == _ID).scalar_subquery() + (
    select(func.coalesce(func.sum(Job.version), 0))
    .where(Job.subject_type == SourceKind.DOCUMENT.value, Job.subject_id == cast(_ID, String))
    .scalar_subquery()
)
GONE = "This document has been removed."
BEING_REMOVED = "This document is being removed."
AWAY = "The place for files does not answer. Try again in a minute."
NO_FILE = "The file is not there any more. Upload it again."


@bp.get("/<int:source_id>")
@needs(Role.VIEWER)
@polls.polled(CHANGES)
def show(source_id: int) -> ResponseReturnValue:
    """Show a document with its jobs, live while it is being read."""
    version = polls.version()
    document = _find(source_id)
    source = document.source
    jobs = listing.jobs_of(source)
    moving = [job.created_at for job in jobs if not job.finished]
    return render(
        "documents/show.html",
        block="live_part",
        document=document,
        source=source,
        reading=showing.reading_shown(source.id),
        by=db.session.get(User, source.asked_by_id) if source.asked_by_id else None,
        jobs=jobs,
        encodings=encodings.CHOICES,
        version=version,
        interval_ms=interval(min(moving)) if moving else None,
    )


@bp.get("/<int:source_id>/name")
@needs(Role.OPERATOR)
def name(source_id: int) -> ResponseReturnValue:
    """Ask for another name."""
    document = _there(source_id)
    return _name_page(document, NameForm(obj=document.source))


@bp.post("/<int:source_id>/name")
@needs(Role.OPERATOR)
def rename(source_id: int) -> ResponseReturnValue:
    """Call it by another name."""
    document, form = _there(source_id), NameForm(request.form)
    if not form.validate():
        return _name_page(document, form, status=422)
    naming.rename(document.source, form.name.data or "")
    db.session.commit()
    say("Renamed.")
    return goes_to(url_for(".show", source_id=source_id))


@bp.post("/<int:source_id>/read-again")
@needs(Role.OPERATOR)
def read_again(source_id: int) -> ResponseReturnValue:
    """Read it again; what was read before is found until then."""
    again.read_again(_there(source_id).source)
    db.session.commit()
    say("It is being read again.")
    return goes_to(url_for(".show", source_id=source_id))


@bp.post("/<int:source_id>/encoding")
@needs(Role.OPERATOR)
def choose_encoding(source_id: int) -> ResponseReturnValue:
    """Say how the letters of a text are written, and read it again."""
    document, chosen = _there(source_id), request.form.get("encoding", "")
    if chosen not in encodings.CHOICES:
        abort(422, "Choose one of the kinds of letters in the list.")
    encodings.choose(document, chosen)
    again.read_again(document.source)
    db.session.commit()
    say("It is being read again.")
    return goes_to(url_for(".show", source_id=source_id))


@bp.post("/read-again/<which>")
@needs(Role.OPERATOR)
def read_many_again(which: str) -> ResponseReturnValue:
    """Read again all documents that failed, or all that were read with other settings."""
    if which not in set(again.Which):
        abort(404)
    job = again.all_again(again.Which(which))
    db.session.commit()
    return goes_to(url_for("jobs.show", job_id=job.id))


@bp.post("/<int:source_id>/remove")
@needs(Role.OPERATOR)
def remove(source_id: int) -> ResponseReturnValue:
    """Remove it, with everything that was read in it."""
    removing.remove(_there(source_id).source)
    db.session.commit()
    say("The document is being removed. Nothing of it is found any more.")
    return goes_to(url_for("knowledge.index"))


@bp.get("/<int:source_id>/file")
@needs(Role.VIEWER)
def file(source_id: int) -> ResponseReturnValue:
    """Give the file as it was uploaded: to be saved, never to be opened here."""
    document = _there(source_id)
    headers = {
        "Content-Disposition": attachment(document.filename),
        "Content-Length": str(document.size),
        # A browser that shows it all the same may run nothing that is in it.
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    content = _content(document.path)
    db.session.rollback()  # a slow download must not hold a connection and its transaction
    return Response(content, mimetype="application/octet-stream", headers=headers)


def _content(path: str) -> Iterator[bytes]:
    """Return the parts; the first is fetched at once, so that a page can say when there is none."""
    parts = iter(storage.read(path))
    try:
        first = next(parts, b"")
    except FileNotFoundError:
        abort(404, NO_FILE)
    except storage.Away:
        abort(503, AWAY)
    return chain([first], parts)


def _find(source_id: int) -> Document:
    document = db.session.get(Document, source_id)
    if document is None:
        abort(404, GONE)
    return document


def _there(source_id: int) -> Document:
    """Return a document that is not being removed."""
    document = _find(source_id)
    if document.source.state == SourceState.REMOVING:
        abort(409, BEING_REMOVED)
    return document


def _name_page(document: Document, form: NameForm, *, status: int = 200) -> ResponseReturnValue:
    return render("documents/name.html", document=document, form=form, status=status)
