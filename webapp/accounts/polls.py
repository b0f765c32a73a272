"""A page that asks for news: one statement says whether there is any, and whether who asks may know.

Nearly every poll finds nothing new. So it is answered at the door: no user is loaded, no page is
built, no transaction is begun.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Flask, current_app, g, request, session
from flask import Request as FlaskRequest
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature
from sqlalchemy import ColumnElement, Connection, Engine, bindparam, select
from sqlalchemy.exc import SQLAlchemyError
from werkzeug import Request
from werkzeug.exceptions import HTTPException

from webapp.accounts import tokens
from webapp.accounts.models import Role, Session, User
from webapp.clock import now
from webapp.database import Glance
from webapp.extensions import UtcDateTime, db, nearest
from webapp.pages import outdated

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

View = Callable[..., Any]


def polled(version: ColumnElement[int]) -> Callable[[View], View]:
    """Let a page be asked for news: ``version`` is a number that another look at it would change.

    It names the view's own arguments as bind parameters. A poll of the version that the page
    shows is answered with 204.
    """
    asks = (
        select(version, User.role, User.id, User.name, User.email)
        .join(Session, Session.user_id == User.id)
        .where(
            Session.token_hash == bindparam("token", required=False),
            Session.expires_at > bindparam("moment", type_=UtcDateTime(), required=False),
            User.active,
        )
    )

    def declare(view: View) -> View:
        view.asks = Glance(asks)  # type: ignore[attr-defined]
        return view

    return declare


class News(NamedTuple):
    """The version of a page, and who asks for it."""

    version: str
    user: User


def version() -> str:
    """Return the version of the page that is being shown; read it before the page's own rows."""
    found: News | None = g.get("news") or _look()
    if found is None:
        raise LookupError(f"{request.endpoint} is not polled, or nobody is signed in")
    return found.version


def _look() -> News | None:
    """Ask the one statement of the page; None for a stranger, or a page that is not polled."""
    view = current_app.view_functions.get(request.endpoint or "")
    asks: Glance | None = getattr(view, "asks", None)
    if asks is None:
        return None
    row = _ask(asks, nearest(), session.get("_user_id", ""), request.view_args or {})
    return None if row is None else _news(row)


def _news(row: Any) -> News:
    current, role, user_id, name, email = row
    user = User(id=user_id, name=name, email=email, role=Role(role), active=True)
    return News(str(current), user)


def _ask(asks: Glance, where: Engine | Connection, token: str, arguments: Mapping[str, Any]) -> Any:
    return asks(where, token=tokens.fingerprint(token), moment=now(), **arguments)


def init_app(app: Flask) -> None:
    """Remember who polls when there is news, so that nobody need ask for that again."""
    app.session_interface = OpenedSession()

    @app.before_request
    def who_asks() -> None:
        if (row := request.environ.get(FOUND)) is not None:
            g.news = _news(row)
            g._login_user = g.news.user


class OpenedSession(SecureCookieSessionInterface):
    """The session in the cookie, which the door has opened already where a page polls."""

    def open_session(self, app: Flask, request: FlaskRequest) -> SecureCookieSession | None:
        """Return what the cookie says."""
        content = request.environ.get(CONTENT)
        if content is None:
            return super().open_session(app, request)
        return self.session_class(content)


class Door:
    """The WSGI door at which nearly every poll turns round, before Flask hears of it."""

    def __init__(self, app: Flask, inner: "WSGIApplication") -> None:
        self.app, self.inner = app, inner
        self.cookie = app.config["SESSION_COOKIE_NAME"]
        self.serializer = SecureCookieSessionInterface().get_signing_serializer(app)
        self.longest = int(app.permanent_session_lifetime.total_seconds())
        with app.app_context():
            self.engine = db.engine

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer 204 to a poll of the version that the page still has; let in everything else."""
        if "seen=" in environ.get("QUERY_STRING", "") and self._nothing_new(Request(environ)):
            start_response("204 NO CONTENT", list(NOTHING_NEW))
            return []
        return self.inner(environ, start_response)

    def _nothing_new(self, asked: Request) -> bool:
        try:
            endpoint, arguments = self.app.url_map.bind_to_environ(asked.environ).match()
            view = self.app.view_functions[endpoint]
            asks: Glance | None = getattr(view, "asks", None)
            if asks is None or outdated(asked.args.get("until")):
                return False
            row = _ask(asks, self.engine, self._token(asked), arguments)
        except (HTTPException, SQLAlchemyError, self.engine.dialect.loaded_dbapi.Error):
            return False  # whatever it is, the page itself says it better
        asked.environ[FOUND] = row
        if row is None or str(row[0]) != asked.args.get("seen"):
            return False
        return Role(row[1]).covers(getattr(view, "access", Role.ADMIN))

    def _token(self, asked: Request) -> str:
        try:
            content = self.serializer.loads(  # type: ignore[union-attr]
                asked.cookies.get(self.cookie, ""), max_age=self.longest
            )
        except BadSignature:
            return ""
        asked.environ[CONTENT] = content
        return str(content.get("_user_id", ""))


#: Where the door leaves what it found for whoever lets the request in.
FOUND = "bellhop.news"
CONTENT = "bellhop.session"
NOTHING_NEW = (("Cache-Control", "no-store"), ("Vary", "HX-Request, Cookie"))
