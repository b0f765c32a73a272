"""Pages for programs: a token in the header opens them, and no cookie does."""

from collections.abc import Callable
from typing import Any, NoReturn

from flask import Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden, Unauthorized

from webapp import errors
from webapp.accounts import acting, programs, throttling
from webapp.accounts.models import ApiToken
from webapp.accounts.scopes import MEANINGS, Scope
from webapp.extensions import limiter, settings

View = Callable[..., Any]
REALM = "Bellhop"
READS = {"GET", "HEAD", "OPTIONS"}
MISSING = "A token is needed: send it in the header “Authorization: Bearer …”."
WRONG = (
    "This token does not work: it is unknown or revoked, has expired, or whoever made it has left."
)


def bearer(scope: str) -> Callable[[View], View]:
    """Let only programs open the page whose token has this scope, and not too often.

    No cookie is read. A blueprint with pages that change something is to be exempt from CSRF, as a
    program has no form of ours. Raises ValueError for a scope that there is not.
    """
    needed = Scope(scope)

    def declare(view: View) -> View:
        return opened_by(_by_token(view), needed)

    return declare


def let_in(needed: Scope) -> None:
    """Let the program of this request in. Raises Unauthorized, Forbidden, or TooOften."""
    g.for_program = True
    g.token = token = _shown()
    programs.note_use(token)
    acting.act_as(acting.Actor(token.user_id, request.remote_addr, token_id=token.id))
    if not programs.may(token, needed):
        challenge(error="insufficient_scope", scope=needed.value)
        raise Forbidden(
            f"This token may not do that. It would have to be allowed: “{MEANINGS[needed].text}” ({needed})."
        )


def opened_by(view: View, access: object) -> View:
    """Write at a view who may open it."""
    view.access = access  # type: ignore[attr-defined]  # a view is a function, and carries it along
    return view


def token() -> ApiToken:
    """Return the token of the program that is asking."""
    found: ApiToken = g.token
    return found


def _shown() -> ApiToken:
    """Return the token that the request shows; wrong ones are counted by address."""
    shown = request.authorization
    if shown is None or shown.type != "bearer" or not shown.token:
        challenge()
        raise Unauthorized(MISSING)
    found = programs.find(shown.token)
    if found is None:
        challenge(error="invalid_token")
        return _refuse()
    return found


@throttling.by_wrong_token
def _refuse() -> NoReturn:
    raise Unauthorized(WRONG)


def challenge(**said: str) -> None:
    """Tell the program, with the answer to come, that it needs another token."""
    told = {"realm": REALM, **said}
    g.challenge = "Bearer " + ", ".join(f'{name}="{value}"' for name, value in told.items())


def _rate() -> str:
    return settings().api_rate if request.method in READS else settings().api_write_rate


def _scope(_endpoint: str) -> str:
    return "api-reads" if request.method in READS else "api-writes"


_by_token = limiter.shared_limit(_rate, scope=_scope, key_func=lambda: f"token:{token().id}")


def init_app(app: Flask) -> None:
    """Tell programs what they need to know besides the answer."""
    app.register_error_handler(throttling.TooOften, too_often)

    @app.after_request
    def tell(response: Response) -> Response:
        if "challenge" in g and response.status_code in {401, 403}:
            response.headers["WWW-Authenticate"] = g.challenge
        if "for_program" in g:
            response.headers.update(_limits())
        return response


def _limits() -> dict[str, str]:
    current = limiter.current_limit
    if current is None:
        return {}
    return {
        "RateLimit-Limit": str(current.limit.amount),
        "RateLimit-Remaining": str(current.remaining),
        "RateLimit-Reset": str(throttling.seconds_until(current.reset_at)),
    }


def too_often(limit: throttling.TooOften) -> ResponseReturnValue:
    """Say how long to wait; the log line is what an alert can be made of."""
    seconds = throttling.seconds_to_wait(limit)
    current_app.logger.warning(
        "a program asks too often: %s from %s", request.endpoint, request.remote_addr
    )
    wait = {"Retry-After": str(seconds)}
    return errors.answer(429, f"That was too often. Try again in {seconds} seconds.", headers=wait)
