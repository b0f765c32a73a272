"""Real processes of the product, for the tests that need them."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from devtools.processes import free_port, start

ROOT = Path(__file__).parent.parent
GENEROUS = 60.0  # seconds; a limit for a slow machine, not an expectation


def wait_for(what: Callable[[], Any], *, within: float = GENEROUS, every: float = 0.05) -> Any:
    """Return what is at last true; fails when it is not within the seconds."""
    end = time.monotonic() + within
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < end, f"waited {within:.0f} s in vain for {what}"
        time.sleep(every)


class SandboxProcess:
    """The sandbox as a process of its own, with its control API."""

    def __init__(self, folder: Path, *, public_url: str) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{free_port()}"
        self.settings = {
            "SANDBOX_URL": self.url,
            "SANDBOX_SMTP": f"127.0.0.1:{free_port()}",
            "SANDBOX_SECRET": secrets.token_hex(32),
        }
        self.environment = {**os.environ, **self.settings, "PUBLIC_URL": public_url}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = start(
            [sys.executable, "-m", "sandbox"],
            log=self.folder / "sandbox.log",
            env=self.environment,
            cwd=ROOT,
            death=signal.SIGKILL,
        )
        wait_for(self._answers)

    def stop(self) -> None:
        """End it."""
        if self.process:
            self.process.terminate()
            self.process.wait(20)

    def ask(
        self, path: str, body: dict[str, Any] | None = None, *, method: str | None = None
    ) -> Any:
        """Call the control API: JSON in, JSON out."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data=data, method=method)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=GENEROUS) as answer:
            return json.loads(answer.read() or b"null")

    def fault(self, **fault: Any) -> None:
        """Switch a fault on."""
        self.ask("/_/faults", fault)

    def messages(self, **filters: str) -> list[dict[str, Any]]:
        """Return what arrived."""
        query = "&".join(f"{name}={value}" for name, value in filters.items())
        found: list[dict[str, Any]] = self.ask(f"/_/messages?{query}")["messages"]
        return found

    def forget(self) -> None:
        """Forget what arrived and every fault but the standing one."""
        self.ask("/_/messages", method="DELETE")
        self.ask("/_/faults", method="DELETE")
        self.fault(provider="webhooks", fault="drop")

    def _answers(self) -> bool:
        assert self.process
        assert self.process.poll() is None, (self.folder / "sandbox.log").read_text()[-2000:]
        return answers(f"{self.url}/_/health")


def answers(url: str) -> bool:
    """Say whether somebody serves an address."""
    try:
        with urllib.request.urlopen(url, timeout=GENEROUS) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False
