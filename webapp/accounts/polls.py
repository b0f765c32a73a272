"""A page that asks for news: one statement says whether there is any, and whether who asks may know.

Nearly every poll finds nothing new. So it is answered before anything else is done for it: no user
is loaded, no page is built, no transaction is begun.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from flask import Flask, current_app, g, request, session
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, bindparam, select

from webapp.accounts import tokens
from webapp.accounts.models import Role, Session, User
from webapp.clock import now
from webapp.database import Glance
from webapp.extensions import UtcDateTime, db
from webapp.pages import nothing_new, outdated

View = Callable[..., Any]


def polled(version: ColumnElement[int]) -> Callable[[View], View]:
    """Let a page be asked for news: ``version`` is a number that another look at it would change.

    It names the view's own arguments as bind parameters. A poll of the version that the page
    shows is answered with 204.
    """
    asks = (
        select(version, User.id, User.name, User.email, User.role)
        .join(Session, Session.user_id == User.id)
        .where(
            Session.token_hash == bindparam("token"),
            Session.expires_at > bindparam("moment", type_=UtcDateTime()),
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
    asks: Glance | None = getattr(
        current_app.view_functions.get(request.endpoint or ""), "asks", None
    )
    if asks is None:
        return None
    token = tokens.fingerprint(session.get("_user_id", ""))
    row = asks(db.engine, token=token, moment=now(), **(request.view_args or {}))
    if row is None:
        return None
    current, user_id, name, email, role = row
    return News(
        str(current), User(id=user_id, name=name, email=email, role=Role(role), active=True)
    )


def init_app(app: Flask) -> None:
    """Answer polls first; to be called before anything else that looks at requests."""

    @app.before_request
    def is_there_news() -> ResponseReturnValue | None:
        seen = request.args.get("seen")
        if seen is None or (news := _look()) is None:
            return None
        needed: str = getattr(current_app.view_functions[str(request.endpoint)], "access", "")
        if news.version == seen and news.user.can(needed) and not outdated():
            return nothing_new()
        # There is news. Who asks is known by now, so Flask-Login need not ask again.
        g.news, g._login_user = news, news.user
        return None
