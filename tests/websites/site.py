"""A real website on this machine, whose pages a test writes, and which remembers what it was asked."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOREM = (
    "The house stands at the river and has forty rooms, each with a view of the water. "
    "Breakfast is served from seven to eleven in the garden, and in winter by the fire. "
)


@dataclass
class Answer:
    """What the site answers at one address."""

    body: bytes | Callable[[], Iterator[bytes]] = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Asked:
    """What the site was asked for."""

    path: str
    headers: dict[str, str]
    at: float


def html(title: str, text: str, *links: str, head: str = "") -> bytes:
    """Return a page with a text long enough to be one."""
    anchors = " ".join(f'<a href="{link}">{link}</a>' for link in links)
    return (
        f"<!doctype html><html lang=en><head><title>{title}</title>{head}</head><body>"
        f"<main><h1>{title}</h1><p>{text} {LOREM}</p></main><nav>{anchors}</nav></body></html>"
    ).encode()


class Site:
    """A website on loopback. ``answers`` is asked first, then ``otherwise``, else it is a 404."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.otherwise: Callable[[str], Answer | None] = lambda _path: None
        self.asked: list[Asked] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site._answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        # That a crawler who is stopped hangs up is no fault.
        self.server.handle_error = lambda *_: None
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.closing = threading.Event()

    @property
    def host(self) -> str:
        """Where it is, as WEBSITE_PRIVATE_HOSTS names it."""
        return f"127.0.0.1:{self.server.server_port}"

    @property
    def url(self) -> str:
        """Return its first page."""
        return f"http://{self.host}/"

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [one.path for one in self.asked]

    def page(self, path: str, title: str, text: str, *links: str, **more: Any) -> None:
        """Write a page."""
        head = more.pop("head", "")
        headers = {"Content-Type": "text/html; charset=utf-8", **more.pop("headers", {})}
        self.answers[path] = Answer(html(title, text, *links, head=head), headers=headers, **more)

    def text(self, path: str, text: str, kind: str = "text/plain") -> None:
        """Write a file."""
        self.answers[path] = Answer(text.encode(), headers={"Content-Type": kind})

    def redirect(self, path: str, to: str) -> None:
        """Let one address lead to another."""
        self.answers[path] = Answer(status=302, headers={"Location": to})

    def forget(self) -> None:
        """Forget what was asked."""
        self.asked.clear()

    def __enter__(self) -> "Site":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        self.asked.append(Asked(request.path, dict(request.headers.items()), time.monotonic()))
        answer = (
            self.answers.get(request.path) or self.otherwise(request.path) or Answer(status=404)
        )
        headers, status, body = dict(answer.headers), answer.status, answer.body
        asked = request.headers.get("If-None-Match")
        if asked and asked == headers.get("ETag"):
            status, body = 304, b""
        with suppress(OSError):
            request.send_response(status)
            for name, value in headers.items():
                request.send_header(name, value)
            if callable(body):
                request.close_connection = True
                request.send_header("Connection", "close")
                request.end_headers()
                for block in body():
                    if self.closing.is_set():
                        return
                    request.wfile.write(block)
                return
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)
