"""The pages of what is known: the sources, their text, their passages."""

from typing import Any

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from webapp.accounts import polls
from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.customers.contacts import one_line
from webapp.extensions import db
from webapp.knowledge import listing, places, showing
from webapp.knowledge.models import Chunk, Reading, Source, SourceKind, SourceState
from webapp.notices import links
from webapp.pages import goes_to, interval, render
from webapp.paging import page

bp = Blueprint("knowledge", __name__, url_prefix="/knowledge")
for words in (places.words, places.name_of, places.title_of):
    bp.add_app_template_global(words, f"passage_{words.__name__}")
bp.add_app_template_global(
    lambda source: links.page_of(source.kind.value, str(source.id)), "page_of_source"
)

GONE = "This text has been read anew since, or removed. Search again to find where it stands now."
PASSAGES = 25


@bp.get("")
@needs(Role.VIEWER)
@polls.polled(listing.CHANGES)
def index() -> ResponseReturnValue:
    """List the sources, newest first, live while one of them is being read."""
    version = polls.version()
    words = one_line(request.args.get("q"))
    kind, state = request.args.get("kind", ""), request.args.get("state", "")
    if (kind and kind not in set(SourceKind)) or (state and state not in set(SourceState)):
        abort(404)
    query = listing.found(
        words, SourceKind(kind) if kind else None, SourceState(state) if state else None
    )
    found = page(query, Source.id)
    moving = [one.created_at for one in found.rows if one.state in listing.MOVING]
    return render(
        "knowledge/index.html",
        block="list",
        page=found,
        listed=listing.listed(found.rows),
        totals=listing.totals(),
        words=words,
        kind=kind,
        state=state,
        kinds=[one.value for one in SourceKind],
        states=[one.value for one in SourceState],
        version=version,
        interval_ms=max(interval(min(moving)), 2_000) if moving else None,
    )


@bp.get("/readings/<int:reading_id>/parts/<int:ordinal>")
@needs(Role.VIEWER)
def text(reading_id: int, ordinal: int) -> ResponseReturnValue:
    """Show the text of a page, sheet or section; with a passage of it and the words looked for marked."""
    reading = _reading(reading_id)
    part = showing.part_of(reading, ordinal)
    if part is None:
        abort(404, GONE)
    chunk = _asked_passage(reading)
    span = showing.span_in(chunk, part) if chunk else None
    sought = one_line(request.args.get("words"))
    return render(
        "knowledge/text.html",
        reading=reading,
        part=part,
        chunk=chunk,
        sought=sought,
        stretches=showing.stretches(part, span, showing.matches(part, sought, chunk)),
    )


@bp.get("/readings/<int:reading_id>/passages")
@needs(Role.VIEWER)
def passages(reading_id: int) -> ResponseReturnValue:
    """List the passages into which a text was cut, in their order."""
    reading = _reading(reading_id)
    after = max(request.args.get("after", 0, type=int), 0)
    found = showing.passages_of(reading, after, PASSAGES + 1)
    return render(
        "knowledge/passages.html",
        reading=reading,
        chunks=found[:PASSAGES],
        before=max(after - PASSAGES, 0) if after else None,
        after=found[PASSAGES - 1].ordinal if len(found) > PASSAGES else None,
    )


@bp.get("/passages/<int:chunk_id>")
@needs(Role.VIEWER)
def passage(chunk_id: int) -> ResponseReturnValue:
    """Lead to where a passage stands in its text."""
    chunk = db.session.get(Chunk, chunk_id)
    if chunk is None or chunk.source.state == SourceState.REMOVING:
        abort(404, GONE)
    words = one_line(request.args.get("words"))
    place: dict[str, Any] = {"reading_id": chunk.reading_id, "ordinal": chunk.part_from}
    if words:
        place["words"] = words
    return goes_to(url_for(".text", passage=chunk.id, _anchor="passage", **place))


def _reading(reading_id: int) -> Reading:
    query = (
        select(Reading)
        .join(Reading.source)
        .where(Reading.id == reading_id, Source.state != SourceState.REMOVING)
    )
    reading = db.session.scalar(query)
    if reading is None:
        abort(404, GONE)
    return reading


def _asked_passage(reading: Reading) -> Chunk | None:
    chunk_id = request.args.get("passage", type=int)
    if chunk_id is None or not 0 < chunk_id < 2**31:
        return None
    return db.session.scalar(
        select(Chunk).where(Chunk.id == chunk_id, Chunk.reading_id == reading.id)
    )
