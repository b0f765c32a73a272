"""What a person sees when something is wrong: a sentence, what to do, and the request's id."""

from typing import NamedTuple

import structlog
from flask import Flask, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from webapp.extensions import db
from webapp.pages import back, wants_fragment

log = structlog.get_logger(__name__)


class Words(NamedTuple):
    """The heading and the next step for one kind of trouble."""

    title: str
    advice: str


WORDS = {
    400: Words("That could not be understood", "Go back, reload the page and try again."),
    401: Words("Please sign in", "Your session has ended or you have not signed in yet."),
    403: Words("You may not do that", "Ask an admin if you need it for your work."),
    404: Words("There is nothing here", "The link may be old or mistyped."),
    405: Words("That cannot be done this way", "Go back and use the button on the page."),
    409: Words(
        "That is not possible any more", "Somebody else was faster. Reload to see how it is now."
    ),
    413: Words("That is too large", "Send something smaller."),
    415: Words("That is not in a form that is understood here", "Send it in another form."),
    422: Words("Something in it cannot be right", "Look at it again and send it once more."),
    429: Words("That was too often", "Wait a minute and try again."),
    500: Words(
        "Something went wrong on our side", "Nothing you typed is to blame. Try again in a minute."
    ),
    503: Words("We cannot do that just now", "Try again in a minute."),
}
#: The same next steps for whoever writes a program, where people and programs differ.
ADVICE = {
    400: "Compare the request with the description at /api/docs.",
    401: "Make a token on the page “API tokens”, or ask an admin for one.",
    403: "Ask an admin for a token that may do it.",
    404: "Look at the number in the address, and at the addresses at /api/docs.",
    405: "The header Allow says which methods there are.",
    409: "Ask again how it is now.",
    413: "Send something smaller.",
    415: "Send JSON with the header “Content-Type: application/json”, or the form that /api/docs names.",
    422: "Mend the fields that are named, and send it again.",
    429: "Wait as many seconds as the header Retry-After says.",
    500: "Try again in a minute, with the same Idempotency-Key. If it stays, name the request_id.",
    503: "Try again in a minute, with the same Idempotency-Key.",
}
#: Where only programs ask.
PROGRAMS = "/api/"
#: Headers of a refusal that tell what to do.
TOLD = {"Allow", "Retry-After", "WWW-Authenticate"}


def init_app(app: Flask) -> None:
    """Answer every error in the form in which it was asked: page, fragment or JSON."""
    app.register_error_handler(CSRFError, expired_form)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(SQLAlchemyError, database_error)
    app.register_error_handler(Exception, crash)


def expired_form(_error: CSRFError) -> ResponseReturnValue:
    """The form was older than the session, or was not ours."""
    return answer(400, "This form is no longer valid. Reload the page and send it again.")


def http_error(error: HTTPException) -> ResponseReturnValue:
    """Keep the sentence that a view gave with abort(), never werkzeug's own."""
    standard = type(error).description
    said = error.description if error.description != standard else None
    kept = {name: text for name, text in error.get_headers() if name in TOLD}
    return answer(error.code or 500, said, headers=kept)


def database_error(error: SQLAlchemyError) -> ResponseReturnValue:
    """The database is away or refused: nothing was stored."""
    db.session.rollback()
    log.error("database error", exc_info=error)
    return answer(503, "The database did not answer. Nothing was changed.")


def crash(error: Exception) -> ResponseReturnValue:
    """A fault of ours: the log has the traceback under the id that the person sees."""
    db.session.rollback()
    log.error("unhandled error", exc_info=error, path=request.path)
    return answer(500)


def for_program() -> bool:
    """Say whether a program asks, which wants JSON whatever else it says."""
    return "for_program" in g or f"{request.path}/".startswith(PROGRAMS)


def answer(
    code: int,
    said: str | None = None,
    *,
    fields: dict[str, list[str]] | None = None,
    headers: dict[str, str] | None = None,
) -> ResponseReturnValue:
    """Build the answer for a person or a program; ``fields`` says what is wrong in which one."""
    words = WORDS.get(code, WORDS[500 if code >= 500 else 400])
    sentence = said or f"{words.title}."
    if for_program() or request.accept_mimetypes.best == "application/json" or request.is_json:
        told = jsonify(
            error=sentence,
            advice=ADVICE.get(code, words.advice) if for_program() else words.advice,
            fields=fields or {},
            request_id=g.get("request_id"),
        )
        return told, code, headers or {}
    if wants_fragment():
        plain = {"Content-Type": "text/plain; charset=utf-8"}
        return f"{sentence} {words.advice}", code, plain | (headers or {})
    page = render_template(
        "errors/error.html",
        title=words.title,
        said=said,
        advice=words.advice,
        back=came_from(),
    )
    return page, code, headers or {}


def came_from() -> str | None:
    """Return the page of ours from which the person came, unless it is this one."""
    page = back("")
    return page if page not in {"", request.path, request.full_path} else None
