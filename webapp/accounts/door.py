"""The WSGI door at which nearly every poll turns round, before Flask hears of it.

A poll of the version that the page still has is answered with 204. One that finds news gets what was
made for somebody else a moment ago, if he may see the same. Who asks is looked up each time, by the
page's own statement, so an ended session or another role counts at once.
"""

import gzip
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.exc import SQLAlchemyError
from werkzeug import Request
from werkzeug.exceptions import HTTPException

from webapp import fragments, security
from webapp.accounts.models import Role
from webapp.accounts.polls import CONTENT, FOUND, ask
from webapp.extensions import db
from webapp.pages import outdated

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: What a page asks: its own address, then what it shows.
POLL = re.compile(r"(?:(?P<own>.*)&)?seen=(?P<seen>[^&]*)(?:&until=(?P<until>\d*))?")
#: How htmx asks for more, or for less, than a part of a page.
OTHER_WISHES = ("HTTP_HX_BOOSTED", "HTTP_HX_HISTORY_RESTORE_REQUEST")
#: Shorter ones travel as they are, as in COMPRESS_MIN_SIZE.
LONG = 500

Answer = tuple[str, list[tuple[str, str]], bytes]


class Door:
    """Stands before the application, and answers what it can."""

    def __init__(self, app: Flask, inner: "WSGIApplication") -> None:
        self.app, self.inner = app, inner
        self.cookie = app.config["SESSION_COOKIE_NAME"]
        serializer = SecureCookieSessionInterface().get_signing_serializer(app)
        if serializer is None:
            raise ValueError("there is no SECRET_KEY")
        self.serializer = serializer
        # The same as Flask-WTF's, which can be had inside a request only.
        self.forms = URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="wtf-csrf-token")
        self.longest = int(app.permanent_session_lifetime.total_seconds())
        always = security.always(app.extensions["settings"])
        self.headers = [*always.items(), ("Content-Type", "text/html; charset=utf-8")]
        self.headers += [("Vary", "HX-Request, Cookie, Accept-Encoding")]
        with app.app_context():
            self.engine = db.engine

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a poll, where that needs no page to be made; let in everything else."""
        poll = POLL.fullmatch(environ.get("QUERY_STRING", ""))
        answer = self._answer(Request(environ), poll) if poll else None
        if answer is None:
            return self.inner(environ, start_response)
        status, headers, body = answer
        start_response(status, headers)
        return [body] if body else []

    def _answer(self, asked: Request, poll: "re.Match[str]") -> Answer | None:
        try:
            endpoint, arguments = self.app.url_map.bind_to_environ(asked.environ).match()
            view: Any = self.app.view_functions[endpoint]
            if not hasattr(view, "asks"):
                return None
            cookie = self._cookie(asked)
            news = ask(view.asks, self.engine, str(cookie.get("_user_id", "")), arguments)
        except (HTTPException, SQLAlchemyError, self.engine.dialect.loaded_dbapi.Error):
            return None  # whatever it is, the page itself says it better
        asked.environ[FOUND] = news
        if news is None or not Role(news.role).covers(view.access):
            return None
        current = not outdated(poll["until"])
        if current and news.version is not None and str(news.version) == poll["seen"]:
            return NOTHING_NEW
        if not view.shared or not _wants_fragment(asked.environ):
            return None
        key = (endpoint, tuple(arguments.items()), poll["own"], news.version, news.role)
        body = fragments.find(key)
        if body is None:
            asked.environ[fragments.KEY] = key
            return None
        if current and news.version is None and f"seen={poll['seen']}&".encode() in body:
            return NOTHING_NEW
        return self._hand_out(asked, body, cookie.get("csrf_token"))

    def _cookie(self, asked: Request) -> dict[str, Any]:
        try:
            cookie = asked.cookies.get(self.cookie, "")
            content: dict[str, Any] = self.serializer.loads(cookie, max_age=self.longest)
        except BadSignature:
            return {}
        asked.environ[CONTENT] = content
        return content

    def _hand_out(self, asked: Request, body: bytes, secret: str | None) -> Answer | None:
        """Answer with a fragment whose forms carry the token of whoever asks."""
        if fragments.TOKEN in body:
            if secret is None:  # of the very first page, whose cookie is still to come
                return None
            body = body.replace(fragments.TOKEN, str(self.forms.dumps(secret)).encode())
        headers = [*self.headers]
        if len(body) >= LONG and asked.accept_encodings.quality("gzip") > 0:
            body = gzip.compress(body, compresslevel=1)
            headers.append(("Content-Encoding", "gzip"))
        return "200 OK", [*headers, ("Content-Length", str(len(body)))], body


def _wants_fragment(environ: "WSGIEnvironment") -> bool:
    """Say the same as ``pages.wants_fragment``, or less."""
    wanted = environ["REQUEST_METHOD"] == "GET" and environ.get("HTTP_HX_REQUEST") == "true"
    return wanted and not any(wish in environ for wish in OTHER_WISHES)


NOTHING_NEW: Answer = (
    "204 NO CONTENT",
    [("Cache-Control", "no-store"), ("Vary", "HX-Request, Cookie")],
    b"",
)
