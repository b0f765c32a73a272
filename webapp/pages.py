"""Answers: a page or a fragment of it from one template, and 204 for a poll with nothing new.

All that the application knows of htmx-flask is in this module.
"""

import time
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flask import Flask, Response, flash, json, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from htmx_flask import request as htmx_request
from jinja2 import StrictUndefined
from jinja2_fragments.flask import render_block

from webapp.clock import now
from webapp.extensions import settings

FAST_MS, SLOW_MS, IDLE_MS = 1_000, 3_000, 10_000
#: After so many polls in vain a page is shown anew, which is where its interval is decided.
ASKS = 30


class Banner(NamedTuple):
    """A line across the top of every page, until its cause is gone."""

    level: str
    text: str
    href: str | None = None
    label: str | None = None


def wants_fragment() -> bool:
    """Say whether htmx asks for a part of the page; a restored history entry needs the whole."""
    htmx = htmx_request.htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render(
    template: str, *, block: str | None = None, status: int = 200, **context: Any
) -> Response:
    """Answer with the page, or with one block of it when htmx asks for that."""
    if block is not None and wants_fragment():
        return make_response(render_block(template, block, **context), status)
    return make_response(render_template(template, **context), status)


def unchanged(version: str) -> bool:
    """Say whether a poll has already seen this version, so that 204 is the whole answer."""
    return request.args.get("seen") == version and not outdated(request.args.get("until"))


def outdated(until: str | None) -> bool:
    """Say whether a page has asked so long in vain that it should be told to ask less often, or not at all."""
    return until is not None and until.isdecimal() and int(until) < time.time()


def ask_until(interval_ms: int, believed: datetime | None = None) -> int:
    """Return until when a page may ask as often as that before it is outdated, in epoch seconds.

    ``believed``: what the page says may be wrong after that moment, although no row has changed.
    """
    until = int(time.time()) + ASKS * interval_ms // 1_000
    return until if believed is None else min(until, int(believed.timestamp()))


def nothing_new() -> Response:
    """Answer a poll with 204: htmx leaves the page as it is."""
    return Response(status=204)


def goes_to(url: str) -> ResponseReturnValue:
    """Answer a form that was sent: see the other page."""
    if wants_fragment():
        return Response(status=204, headers={"HX-Redirect": url})
    return redirect(url, 303)


def say(text: str, level: str = "ok") -> None:
    """Show a sentence on the next page that this person sees."""
    flash(text, level)


def toast(response: Response, text: str, level: str = "ok") -> Response:
    """Show a sentence beside a fragment."""
    response.headers["HX-Trigger"] = json.dumps({"toast": {"text": text, "level": level}})
    return response


def next_page(default: str) -> str:
    """Return where the person was going, only if that is a path of this site."""
    target = request.values.get("next", "")
    # Browsers read a backslash as a slash, and skip tabs and line ends before they look.
    odd = target.startswith("//") or "\\" in target or not target.isprintable()
    return target if target.startswith("/") and not odd else default


def back(default: str) -> str:
    """Return the page of this site from which a form was sent."""
    came_from = urlsplit(request.referrer or "")
    if came_from.netloc != request.host or not came_from.path.startswith("/"):
        return default
    return came_from.path + (f"?{came_from.query}" if came_from.query else "")


def interval(began: datetime | None) -> int:
    """Return the milliseconds until the next poll: fast at first, slower for what takes long."""
    age = (now() - began).total_seconds() if began else 0
    if age < 30:
        return FAST_MS
    return SLOW_MS if age < 600 else IDLE_MS


def init_app(app: Flask) -> None:
    """Set up the templates and the headers that every answer carries."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals["ask_until"] = ask_until
    app.jinja_env.globals["sprite"] = f"{app.static_url_path}/icons.svg"
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(
        lambda: {
            "business_name": settings().business_name,
            "has_page": lambda endpoint: endpoint in app.view_functions,
        }
    )

    @app.after_request
    def vary(response: Response) -> Response:
        response.vary.add("HX-Request")
        return response
