"""A page that asks for news: one statement says whether there is any, and whether who asks may know.

Nearly every poll finds nothing new. So it is answered before anything else is done for it: no user
is loaded, no page is built, no transaction is begun.
"""

from collections.abc import Callable
from typing import Any

from flask import Flask, current_app, request, session
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, bindparam, select

from webapp.accounts import tokens
from webapp.accounts.models import Role, Session, User
from webapp.clock import now
from webapp.database import Glance
from webapp.extensions import UtcDateTime, db
from webapp.pages import nothing_new

View = Callable[..., Any]

_ROLE = (
    select(User.role)
    .join(Session, Session.user_id == User.id)
    .where(
        Session.token_hash == bindparam("token"),
        Session.expires_at > bindparam("moment", type_=UtcDateTime()),
        User.active,
    )
    .scalar_subquery()
)


def polled(version: ColumnElement[int]) -> Callable[[View], View]:
    """Let a page be asked for news: ``version`` is a number that another look at it would change.

    It names the view's own arguments as bind parameters. A poll of the version that the page
    shows is answered with 204.
    """

    def declare(view: View) -> View:
        view.version = Glance(select(_ROLE, version))  # type: ignore[attr-defined]
        return view

    return declare


def version() -> str:
    """Return the version of the page that is being shown; read it before what it is the version of."""
    return str(_ask(_question())[1])


def _question() -> Glance | None:
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "version", None)


def _ask(question: Glance | None) -> tuple[Any, ...]:
    if question is None:
        raise LookupError(f"{request.endpoint} is not declared as polled")
    token = tokens.fingerprint(session.get("_user_id", ""))
    return question(db.engine, token=token, moment=now(), **(request.view_args or {}))


def init_app(app: Flask) -> None:
    """Answer polls first; to be called before anything else that looks at requests."""

    @app.before_request
    def is_there_news() -> ResponseReturnValue | None:
        seen, question = request.args.get("seen"), _question()
        if seen is None or question is None:
            return None
        role, current = _ask(question)
        allowed = role is not None and Role(role).covers(_needed())
        return nothing_new() if allowed and seen == str(current) else None


def _needed() -> Role:
    needed: Role = current_app.view_functions[str(request.endpoint)].access  # type: ignore[attr-defined]
    return needed
