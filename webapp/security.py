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


def init_app(app: Flask) -> None:
    """Bind each request's id and set the headers of each answer."""
    config: Config = app.extensions["settings"]
    hsts = config.public_url.startswith("https://")

    @app.before_request
    def begin() -> None:
        request_id = logs.new_request_id(request.headers.get("X-Request-ID"))
        logs.begin(request_id=request_id)
        g.request_id = request_id
        reading.set(request.method in SAFE_METHODS)

    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        forms = g.get("form_origin")
        # A file that somebody uploaded is given under a stricter one.
        response.headers.setdefault(
            "Content-Security-Policy", POLICY.format(forms=f" {forms}" if forms else "")
        )
        response.headers["X-Request-ID"] = g.get("request_id", "")
        response.headers.setdefault("Cache-Control", "no-store")
        if hsts:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response
