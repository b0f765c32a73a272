"""The browser's side of a session: its cookie, and who is behind it. Knows Flask-Login."""

from flask import Flask, Response, g, request, session
from flask_login import current_user, login_user

from webapp.accounts import sessions
from webapp.accounts.acting import Actor, act_as, record
from webapp.accounts.models import User
from webapp.accounts.sessions import Visit
from webapp.extensions import login


def init_app(app: Flask) -> None:
    """Recognise people by their cookie, and remember that they were here."""
    # Another address or browser does not make a session stolen; what ends it is its row.
    login.session_protection = None
    login.user_loader(recognise)

    @app.after_request
    def still_here(response: Response) -> Response:
        visit: Visit | None = g.get("visit")
        # A page that asks by itself for news says nothing of a person in front of it.
        if visit and "seen" not in request.args and sessions.due(visit):
            sessions.prolong(visit)
        return response


def recognise(token: str) -> User | None:
    """Return who is signed in with a token."""
    found = sessions.find(token)
    if found is None:
        return None
    g.visit = Visit(found.id, found.created_at, found.seen_at)
    found.user.token = token
    return found.user


def session_id() -> int | None:
    """Return the id of the session of this request."""
    visit: Visit | None = g.get("visit")
    return visit.session_id if visit else None


def sign_in(user: User) -> None:
    """Sign a person in with a new token; whoever was signed in with this browser no longer is."""
    _end_this_one()
    user.token = sessions.begin(
        user, address=request.remote_addr or "", browser=request.user_agent.string
    )
    session.clear()  # a cookie that somebody planted before is worth nothing after
    login_user(user)
    act_as(Actor(user.id, request.remote_addr))
    record("session.began", f"{user.name} signed in", about=user)


def renew(user: User) -> None:
    """Give this browser a new token, so that a copy of the old cookie is worth nothing."""
    old = session_id()
    user.token = sessions.begin(
        user, address=request.remote_addr or "", browser=request.user_agent.string
    )
    if old is not None:
        sessions.end(user, old)
    g.pop("visit", None)
    login_user(user)


def sign_out() -> None:
    """End the session of this browser, in the database and in the cookie."""
    name = current_user.name if current_user.is_authenticated else None
    if name and _end_this_one():
        act_as(Actor(current_user.id, request.remote_addr))
        record("session.ended", f"{name} signed out", about=me())
    session.clear()


def _end_this_one() -> bool:
    if not current_user.is_authenticated:
        return False
    visit: Visit = g.pop("visit")
    return sessions.end(me(), visit.session_id)


def me() -> User:
    """Return the person who is signed in."""
    found: User = current_user._get_current_object()
    return found
