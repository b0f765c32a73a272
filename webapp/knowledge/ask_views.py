"""The page on which somebody asks a question, and sees what answers it."""

from typing import Any

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.knowledge import answering, asking, highlighting, places
from webapp.knowledge.answering import Answer, Citation
from webapp.knowledge.asking import Wanted
from webapp.knowledge.models import Chunk
from webapp.knowledge.searching import Hit
from webapp.pages import render, wants_fragment

bp = Blueprint("ask", __name__, url_prefix="/knowledge/ask")
bp.add_app_template_global(
    lambda hit: highlighting.snippet(hit.chunk.text, hit.spans, 320), "passage_snippet"
)


@bp.get("")
@needs(Role.VIEWER)
def index() -> ResponseReturnValue:
    """Search while somebody types; answer when the question is sent."""
    wanted = asking.wanted(request.args)
    if request.accept_mimetypes.best == "application/json":
        return _as_json(wanted)
    if wanted.too_long:
        return _page(wanted, status=422)
    typing = wants_fragment()
    if wanted.asks and not typing and not wanted.after:
        answer = answering.answer(
            wanted.words, source_ids=wanted.source_ids or None, kind=wanted.kind
        )
        return _page(wanted, hits=answer.hits, more=answer.more, answer=answer)
    found = answering.passages(
        wanted.words, source_ids=wanted.source_ids or None, kind=wanted.kind,
        offset=wanted.after, typing=typing,
    )  # fmt: skip
    return _page(wanted, hits=found.hits, more=found.more)


def _page(
    wanted: Wanted,
    *,
    hits: list[Hit] | None = None,
    more: bool = False,
    answer: Answer | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """Show the question, what answers it, and the passages; to htmx only what has changed."""
    block = "passages" if wanted.after and not wanted.too_long else "results"
    return render(
        "knowledge/ask.html",
        block=block,
        status=status,
        wanted=wanted,
        hits=hits or [],
        more=wanted.after + answering.PASSAGES if more else None,
        answer=answer,
        sources=asking.sources(wanted.source_ids),
        longest=asking.LONGEST,
        too_long=asking.TOO_LONG,
        fragment=wants_fragment(),
    )


def _as_json(wanted: Wanted) -> ResponseReturnValue:
    if wanted.too_long:
        return jsonify(error=asking.TOO_LONG), 422
    answer = answering.answer(wanted.words, source_ids=wanted.source_ids or None, kind=wanted.kind)
    return jsonify(as_json(answer, wanted.words))


def as_json(answer: Answer, words: str) -> dict[str, Any]:
    """Say an answer to a program."""
    return {
        "answer": answer.text,
        "known": answer.known,
        "written_by": answer.written_by,
        "note": answer.note,
        "citations": [_citation(one, words) for one in answer.citations],
        "passages": [
            {"number": number, **_place(hit.chunk, words), "text": hit.chunk.text}
            for number, hit in enumerate(answer.hits, 1)
        ],
    }


def _citation(one: Citation, words: str) -> dict[str, Any]:
    return {"number": one.number, **_place(one.chunk, words), "text": one.text, "span": one.span}


def _place(chunk: Chunk, words: str) -> dict[str, Any]:
    return {
        "source_id": chunk.source_id,
        "source": chunk.source.name,
        "title": places.title_of(chunk.reading),
        "place": places.words(chunk),
        "url": url_for("knowledge.passage", chunk_id=chunk.id, words=words),
    }
