"""Who may open which page: every route says it, and the app does not start if one does not."""

from collections.abc import Callable
from typing import Any

from flask import Flask, abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.accounts import acting, bearer, browser
from webapp.accounts.models import Role
from webapp.accounts.scopes import Scope
from webapp.pages import wants_fragment

View = Callable[..., Any]
PUBLIC = "public"
FLASK_OWN = {"static"}


class UndeclaredRoute(Exception):
    """A route does not say who may open it."""


def needs(role: Role) -> Callable[[View], View]:
    """Let only people of this role, or of one that may do more, open the page."""

    def declare(view: View) -> View:
        return bearer.opened_by(view, role)

    return declare


def public(view: View) -> View:
    """Let everybody open the page: customers, providers, people who have not signed in."""
    return bearer.opened_by(view, PUBLIC)


def require_declared(app: Flask) -> None:
    """Raise UndeclaredRoute unless each route says who may open it."""
    missing = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in FLASK_OWN
        and not hasattr(app.view_functions[rule.endpoint], "access")
    ]
    if missing:
        raise UndeclaredRoute(f"These routes do not say who may open them: {', '.join(missing)}")


def init_app(app: Flask) -> None:
    """Check each request before its view runs."""
    browser.init_app(app)
    bearer.init_app(app)

    @app.before_request
    def guard() -> ResponseReturnValue | None:
        acting.act_as(acting.Actor(address=request.remote_addr))
        if request.endpoint is None or request.endpoint in FLASK_OWN:
            return None
        view: Any = app.view_functions[request.endpoint]
        needed = view.access
        if needed == PUBLIC:
            return None
        if isinstance(needed, Scope):
            bearer.let_in(needed)
            return None
        if not current_user.is_authenticated:
            return sign_in_first()
        acting.act_as(acting.Actor(current_user.id, request.remote_addr))
        if not current_user.can(needed):
            abort(403)
        g.private = True
        return None


def sign_in_first() -> ResponseReturnValue:
    """Send a person to the sign-in page; htmx is told to go there with the whole window."""
    back = (
        request.full_path.rstrip("?") if request.method == "GET" and not wants_fragment() else None
    )
    target = url_for("accounts.sign_in", next=back)
    if wants_fragment():
        return Response(status=401, headers={"HX-Redirect": target})
    if request.method != "GET" or request.accept_mimetypes.best == "application/json":
        abort(401)
    return redirect(target, 303)
