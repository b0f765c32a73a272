"""Pages for people: one look, a strict policy, and the words in messages made safe to show."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

Handler = Callable[[web.Request], Awaitable[web.Response]]
HERE = Path(__file__).parent
LINK = re.compile(r"https?://[^\s<>\"']+")
TRAILING = ".,;:!?)]}"
BOLD = re.compile(r"(?<!\w)\*(?=\S)(.+?)(?<=\S)\*(?!\w)")


class Looks:
    """Renders the sandbox's own templates."""

    def __init__(self) -> None:
        self.templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.filters |= {"linked": linked, "clock": clock, "iso": iso, "money": money}

    def page(
        self, template: str, *, status: int = 200, form_action: str = "", **words: Any
    ) -> web.Response:
        """Answer with a page that may load nothing but what the sandbox serves.

        ``form_action``: one more origin to which its forms may post.
        """
        html = self.templates.get_template(template).render(words)
        return web.Response(
            text=html, status=status, content_type="text/html", headers=policy(form_action)
        )


def from_here(handler: Handler) -> Handler:
    """Refuse a form or call that another website made the browser send."""

    async def handle(request: web.Request) -> web.Response:
        if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            raise web.HTTPForbidden(text="Only the sandbox's own pages may do this.")
        return await handler(request)

    return handle


def see(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path})


def policy(form_action: str = "") -> dict[str, str]:
    return {
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
            "connect-src 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
            f"form-action 'self' {form_action}".rstrip()
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }


def linked(text: str, stars: bool = False) -> Markup:
    """Escape a text and make its web addresses links; stars: *bold*, as WhatsApp shows it."""
    pieces: list[Markup] = []
    end = 0
    for found in LINK.finditer(text):
        url = found[0].rstrip(TRAILING)
        pieces.append(_words(text[end : found.start()], stars))
        pieces.append(
            Markup('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>').format(url)
        )
        end = found.start() + len(url)
    pieces.append(_words(text[end:], stars))
    return Markup("").join(pieces)


def _words(text: str, stars: bool) -> Markup:
    escaped = escape(text)
    return Markup(BOLD.sub(r"<strong>\1</strong>", str(escaped))) if stars else escaped


def clock(at: float) -> str:
    return datetime.fromtimestamp(at).strftime("%H:%M")


def iso(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().isoformat(timespec="seconds")


def money(amount: int, currency: str) -> str:
    """Write an amount given in the smallest unit, by the currency's usual decimals."""
    if currency in ("JPY", "KRW", "VND"):
        return f"{currency} {amount:,}"
    return f"{currency} {amount / 100:,.2f}"
