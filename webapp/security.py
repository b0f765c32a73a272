"""The headers that protect the pages, the context of each request, and where it came from."""

from flask import Flask, Response, g, request

from webapp import logs
from webapp.config import Config
from webapp.database import reading

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "X-Frame-Options": "DENY",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'{forms}; base-uri 'none'; frame-ancestors 'none'"
)
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def allow_form_to(origin: str) -> None:
    """Let a form on this page post to another site, such as the payment provider's checkout."""
    g.form_origin = origin


def always(config: Config) -> dict[str, str]:
    """Return the headers of an answer that asks for no others."""
    strict = {"Content-Security-Policy": POLICY.format(forms=""), "Cache-Control": "no-store"}
    if config.public_url.startswith("https://"):
        strict["Strict-Transport-Security"] = "max-age=31536000"
    return HEADERS | strict


def init_app(app: Flask) -> None:
    """Bind each request's id and set the headers of each answer."""
    headers = always(app.extensions["settings"])

    @app.before_request
    def begin() -> None:
        request_id = logs.new_request_id(request.headers.get("X-Request-ID"))
        logs.begin(request_id=request_id)
        g.request_id = request_id
        reading.set(request.method in SAFE_METHODS)

    @app.after_request
    def protect(response: Response) -> Response:
        # A file that somebody uploaded is given under a stricter policy.
        if origin := g.get("form_origin"):
            policy = POLICY.format(forms=f" {origin}")
            response.headers.setdefault("Content-Security-Policy", policy)
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        response.headers["X-Request-ID"] = g.get("request_id", "")
        return response
