"""The page on which somebody asks a question, and sees what answers it."""

from typing import Any

from flask import Blueprint, abort, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import bindparam, select

from webapp.accounts import polls
from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.extensions import db
from webapp.knowledge import answering, asking, highlighting, model, places, questions, writing
from webapp.knowledge.answering import Answer, Citation
from webapp.knowledge.asking import Wanted
from webapp.knowledge.models import Chunk, Question, QuestionState
from webapp.knowledge.searching import Found
from webapp.notices import links
from webapp.pages import goes_to, interval, render, wants_fragment

bp = Blueprint("ask", __name__, url_prefix="/knowledge/ask")
bp.add_app_template_global(
    lambda hit: highlighting.snippet(hit.chunk.text, hit.spans, 320), "passage_snippet"
)
bp.add_app_template_global(lambda question: writing.parts(question.answer), "written_parts")
links.register("question", "ask.question", "question_id")
GONE = "This question was asked long ago and has been forgotten. Ask it again."
#: Grows when the answer is there.
CHANGES = (
    select(Question.version)
    .where(Question.id == bindparam("question_id", required=False))
    .scalar_subquery()
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
    found = _found(wanted, typing=typing)
    if not wanted.asks or typing or wanted.after:
        return _page(wanted, found)
    return _page(wanted, found, answer=answering.quoted(wanted.words, found))


@bp.post("")
@needs(Role.OPERATOR)
def ask() -> ResponseReturnValue:
    """Let the model answer a question, by a job; without a model it is quoted at once."""
    wanted = asking.wanted(request.form)
    if wanted.too_long:
        return _page(wanted, status=422)
    if model.name() is None or not wanted.asks:
        return goes_to(url_for(".index", **wanted.address()))
    asked = questions.ask(wanted)
    db.session.commit()
    return goes_to(url_for(".question", question_id=asked.id))


@bp.get("/questions/<int:question_id>")
@needs(Role.VIEWER)
@polls.polled(CHANGES)
def question(question_id: int) -> ResponseReturnValue:
    """Show a question that a model was asked: what is quoted at once, and its answer when it is there."""
    version = polls.version()
    asked = db.session.get(Question, question_id) or abort(404, GONE)
    wanted = questions.wanted_by(asked)
    found = _found(wanted)
    waits = asked.state == QuestionState.WAITING
    return _page(
        wanted,
        found,
        block="written",
        answer=answering.quoted(wanted.words, found),
        question=asked,
        version=version,
        interval_ms=interval(asked.created_at) if waits else None,
    )


def _found(wanted: Wanted, *, typing: bool = False) -> Found:
    return answering.passages(
        wanted.words,
        source_ids=wanted.source_ids or None,
        kind=wanted.kind,
        offset=wanted.after,
        typing=typing,
    )


NOTHING = Found([], more=False)


def _page(
    wanted: Wanted,
    found: Found = NOTHING,
    *,
    block: str = "results",
    answer: Answer | None = None,
    status: int = 200,
    **more: Any,
) -> ResponseReturnValue:
    """Show the question, what answers it, and the passages; to htmx only what has changed."""
    if wanted.after and not wanted.too_long:
        block = "passages"
    shown = {"question": None, "version": "", "interval_ms": None} | more
    return render(
        "knowledge/ask.html",
        block=block,
        status=status,
        wanted=wanted,
        hits=found.hits,
        more=wanted.after + answering.PASSAGES if found.more else None,
        answer=answer,
        sources=asking.sources(wanted.source_ids),
        too_long=asking.TOO_LONG,
        model=model.name() if current_user.can("operator") else None,
        fragment=wants_fragment(),
        **shown,
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
