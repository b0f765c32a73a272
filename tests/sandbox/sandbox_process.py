"""What the tests of the sandbox start: its process, and an app that listens for its webhooks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import httpx

from devtools.processes import free_port

ROOT = Path(__file__).parents[2]
SECRET = "sandbox-secret-for-tests"
PATIENCE = 40.0
T = TypeVar("T")


def wait_for(look: Callable[[], T], what: str = "it") -> T:
    """Look until something true is seen."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        seen = look()
        if seen:
            return seen
        time.sleep(0.02)
    raise AssertionError(f"waited {PATIENCE} s for {what}")


@dataclass
class Call:
    """One request that the sandbox made."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def statuses(self) -> list[dict[str, Any]]:
        """All WhatsApp statuses of a webhook, whatever the entry and change."""
        if not self.path.startswith("/webhooks/whatsapp"):
            return []
        return [
            status
            for entry in self.json["entry"]
            for change in entry["changes"]
            for status in change["value"].get("statuses", [])
        ]


class App:
    """Stands where Bellhop stands: takes webhooks, or refuses them, or is away."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.calls: list[Call] = []
        self.status = 200
        self.reply: Callable[[Call], bytes] = lambda call: b""
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        app = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                call = Call(self.command, self.path, headers, body)
                app.calls.append(call)
                reply = app.reply(call)
                self.send_response(app.status)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            do_GET = do_POST = handle_any

            def log_message(self, *_: Any) -> None:
                """Keep the test output clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def wait(self, wanted: Callable[[Call], bool], count: int = 1) -> list[Call]:
        def look() -> list[Call]:
            found = [call for call in list(self.calls) if wanted(call)]
            return found if len(found) >= count else []

        return wait_for(look, f"{count} calls; came: {[call.path for call in self.calls]}")

    def statuses(self, wamid: str) -> list[str]:
        """The WhatsApp statuses that came for a message, in the order they came."""
        found = [s for call in list(self.calls) for s in call.statuses]
        return [status["status"] for status in found if status["id"] == wamid]


class Sandbox:
    """The process under test and its control API."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.url = f"http://127.0.0.1:{free_port()}"
        self.smtp_port = free_port()
        self.http = httpx.Client(base_url=self.url, timeout=30)
        #: Lines to it that are closed with it: those of the SDKs have no other owner.
        self.lines: list[Any] = [self.http]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sandbox"],
            cwd=ROOT,
            env={
                **os.environ,
                "SANDBOX_URL": self.url,
                "SANDBOX_SMTP": f"127.0.0.1:{self.smtp_port}",
                "SANDBOX_SECRET": SECRET,
                "PUBLIC_URL": app.url,
            },
        )
        wait_for(self._answers, "the sandbox to answer")
        self.first_settings = self.http.get("/_/settings").json()

    def _answers(self) -> bool:
        assert self.process.poll() is None, "the sandbox ended"
        try:
            return self.http.get("/_/health").status_code == 200
        except httpx.TransportError:
            return False

    def control(self, path: str, **content: Any) -> Any:
        answer = self.http.post(f"/_/{path}", json=content)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, provider: str, fault: str, **more: Any) -> Any:
        return self.control("faults", provider=provider, fault=fault, **more)

    def accepted(self) -> dict[str, int]:
        counts: dict[str, int] = self.http.get("/_/accepted").json()
        return counts

    def messages(self, **filters: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get("/_/messages", params=filters).json()[
            "messages"
        ]
        return found

    def send_whatsapp(self, to: str = "919812345678", **more: Any) -> httpx.Response:
        body: dict[str, Any] = {"messaging_product": "whatsapp", "to": to, "type": "text"}
        body |= {"text": {"body": "hello"}, **more}
        headers = {"Authorization": f"Bearer {SECRET}"}
        return self.http.post("/v25.0/100000000000001/messages", json=body, headers=headers)

    def reset(self) -> None:
        """As if newly started: nothing kept, no fault, no webhook of an earlier test to come."""
        self.app.status = 200
        self.http.delete("/_/faults")
        self.http.delete("/_/messages")
        wait_for(lambda: self.http.get("/_/health").json()["webhooks_waiting"] == 0)
        self.control("settings", **{**self.first_settings, "status_delay": 0.05})

    def stop(self) -> None:
        for line in self.lines:
            line.close()
        self.process.terminate()
        assert self.process.wait(PATIENCE) == 0
