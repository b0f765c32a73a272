"""The pages of the files that were asked for."""

import unicodedata
from collections.abc import Iterator
from itertools import chain
from urllib.parse import quote

from flask import Blueprint, Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import BindParameter, String, bindparam, cast, func, select

from webapp import storage
from webapp.accounts import polls
from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.exports import asking, of_jobs
from webapp.exports.models import KEPT_FOR, Export
from webapp.extensions import db
from webapp.jobs.listing.filters import BadFilter, Filter
from webapp.jobs.models import Job
from webapp.notices import links
from webapp.pages import goes_to, render

bp = Blueprint("exports", __name__, url_prefix="/exports")
links.register("export", "exports.show", "export_id", called=asking.filename_of)

_ID: BindParameter[int] = bindparam("export_id")
_OF_JOBS = (
    select(func.coalesce(func.sum(Job.version), 0))
    .where(Job.subject_type == "export", Job.subject_id == cast(_ID, String))
    .scalar_subquery()
)
CHANGES = select(Export.version).where(Export.id == _ID).scalar_subquery() + _OF_JOBS
GONE = f"This file is not kept any more: files are removed after {KEPT_FOR.days} days. Ask for it again on its page."


@bp.get("/<int:export_id>")
@needs(Role.VIEWER)
@polls.polled(CHANGES)
def show(export_id: int) -> ResponseReturnValue:
    """Show how far a file is, and the link to it, live while it is being written."""
    export = _find(export_id)
    asked = asking.with_jobs([export])[0]
    return render(
        "exports/show.html",
        block="live_part",
        asked=asked,
        version=polls.version(),
        interval_ms=asking.interval_of([asked]),
    )


@bp.post("/jobs")
@needs(Role.OPERATOR)
def jobs() -> ResponseReturnValue:
    """Ask for the file of the jobs that the address's filter finds."""
    try:
        wanted = Filter.from_args(request.args)
    except BadFilter:
        abort(404)
    export = of_jobs.ask(wanted)
    db.session.commit()
    return goes_to(url_for(".show", export_id=export.id))


@bp.get("/<int:export_id>/file")
@needs(Role.OPERATOR)
def file(export_id: int) -> ResponseReturnValue:
    """Give the file, in parts, as they come from the storage."""
    export = _find(export_id)
    if export.ready_at is None or export.path is None:
        abort(409, "This file is not written yet.")
    headers = {"Content-Disposition": attachment(export.filename)}
    if export.size is not None:
        headers["Content-Length"] = str(export.size)
    content = _content(export.path)
    db.session.rollback()  # a slow download must not hold a connection and its transaction
    return Response(content, mimetype="text/csv", headers=headers)


def attachment(filename: str) -> str:
    """Return the header that names a download: in ASCII for old programs, exactly by RFC 5987."""
    plain = unicodedata.normalize("NFKD", filename).encode("ascii", "ignore").decode()
    plain = "".join(" " if sign in '"\\;%\r\n' else sign for sign in plain).strip()
    plain = plain if plain[:1].isalnum() else f"file{plain}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _content(path: str) -> Iterator[bytes]:
    """Return the parts; the first is fetched at once, so that a page can say when there is none."""
    parts = iter(storage.read(path))
    try:
        first = next(parts, b"")
    except FileNotFoundError:
        abort(404, GONE)
    except storage.Away:
        abort(503, "The place for files does not answer. Try again in a minute.")
    return chain([first], parts)


def _find(export_id: int) -> Export:
    export = db.session.get(Export, export_id)
    if export is None:
        abort(404, GONE)
    return export
