"""A page that asks for news: one statement says whether there is any, and whether who asks may know.

Nearly every poll is answered at the door (``webapp/accounts/door.py``): no user is loaded, no page
is built, no transaction is begun. The others find here what the door has found out.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flask import Flask, current_app, g, request, session
from flask import Request as FlaskRequest
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from sqlalchemy import ColumnElement, Connection, Engine, bindparam, null, select

from webapp import fragments
from webapp.accounts import tokens
from webapp.accounts.models import Role, Session, User
from webapp.clock import now
from webapp.database import Glance
from webapp.extensions import UtcDateTime, nearest

View = Callable[..., Any]


def polled(version: ColumnElement[int] | None, *, shared: bool = False) -> Callable[[View], View]:
    """Let a page be asked for news: ``version`` is a number that another look at it would change.

    It names the view's own arguments as bind parameters. A poll of the version that the page
    shows is answered with 204. Without one the page says by itself, when asked, what it shows.

    ``shared``: what polls is made once for all of a role who ask within a moment. It must depend on
    nothing else than the role, the address, and the token that its forms carry.
    """
    asks = (
        select(null() if version is None else version, User.role, User.id, User.name, User.email)
        .join(Session, Session.user_id == User.id)
        .where(
            Session.token_hash == bindparam("token", required=False),
            Session.expires_at > bindparam("moment", type_=UtcDateTime(), required=False),
            User.active,
        )
    )

    def declare(view: View) -> View:
        answers = fragments.keeping(view) if shared else view
        answers.asks, answers.shared = Glance(asks), shared  # type: ignore[attr-defined]  # a view carries them along
        return answers

    return declare


class News(NamedTuple):
    """The version of a page, None where it has none in the database, and who asks for it."""

    version: int | str | None
    role: str
    user_id: int
    name: str
    email: str

    @property
    def user(self) -> User:
        """Whoever asks, without being loaded."""
        who = {"id": self.user_id, "name": self.name, "email": self.email}
        return User(role=Role(self.role), active=True, **who)


def version() -> str:
    """Return the version of the page that is being shown; read it before the page's own rows."""
    found: News | None = g.get("news") or _look()
    if found is None:
        raise LookupError(f"{request.endpoint} is not polled, or nobody is signed in")
    return str(found.version)


def _look() -> News | None:
    """Ask the one statement of the page; None for a stranger, or a page that is not polled."""
    view = current_app.view_functions.get(request.endpoint or "")
    asks: Glance | None = getattr(view, "asks", None)
    if asks is None:
        return None
    return ask(asks, nearest(), session.get("_user_id", ""), request.view_args or {})


def ask(
    asks: Glance, where: Engine | Connection, token: str, arguments: Mapping[str, Any]
) -> News | None:
    """Ask the one statement of a page for whoever holds a token; None when nobody is signed in by it."""
    row = asks(where, token=tokens.fingerprint(token), moment=now(), **arguments)
    return None if row is None else News(*row)


def init_app(app: Flask) -> None:
    """Remember who polls when there is news, so that nobody need ask for that again."""
    app.session_interface = OpenedSession()

    @app.before_request
    def who_asks() -> None:
        if (news := request.environ.get(FOUND)) is not None:
            g.news = news
            g._login_user = news.user


class OpenedSession(SecureCookieSessionInterface):
    """The session in the cookie, which the door has opened already where a page polls."""

    def open_session(self, app: Flask, request: FlaskRequest) -> SecureCookieSession | None:
        """Return what the cookie says."""
        content = request.environ.get(CONTENT)
        if content is None:
            return super().open_session(app, request)
        return self.session_class(content)


#: Where the door leaves what it found for whoever lets the request in.
FOUND = "bellhop.news"
CONTENT = "bellhop.session"
