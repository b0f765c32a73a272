"""Child processes that never outlive the one that started them."""

import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
QUIET_PORTS = range(20_000, 32_000)
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class ServiceError(Exception):
    """A service could not be started; the text is one sentence for the person at the terminal."""


def die_with(parent: int, signum: int) -> None:
    """Let the kernel send this process `signum` when its parent is gone, however it went.

    Linux only; elsewhere the next start ends what was left behind. To be called in the child.
    The kernel watches the *thread* that made the child, so start services from a main thread.
    """
    if LIBC is None:
        return
    LIBC.prctl(PR_SET_PDEATHSIG, signum)
    if os.getppid() != parent:  # it died before the kernel was asked to watch
        os.kill(os.getpid(), signum)


def tied(signum: int = signal.SIGTERM) -> Callable[[], None]:
    """Return a `preexec_fn` that ties a child to this process."""
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("Start services from the main thread: they would end with this one.")
    parent = os.getpid()
    return lambda: die_with(parent, signum)


def start(
    command: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | None = None,
    death: int = signal.SIGTERM,
    **owner: Any,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that Ctrl-C reaches only the launcher.

    `log` receives its output, from an empty file on. `owner` is `user`, `group` and
    `extra_groups` of `subprocess`.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=tied(death),  # noqa: PLW1509 - two system calls, no lock is taken
            **owner,
        )
    if process.stdin is not None and stdin is not None:
        process.stdin.write(stdin.encode())
        process.stdin.close()
    return process


def stop(
    process: subprocess.Popen[bytes], *, signum: int = signal.SIGTERM, patience: float = 15
) -> None:
    """End a child: ask, wait `patience` seconds, then kill. Does nothing when it has ended."""
    if process.poll() is not None:
        return
    process.send_signal(signum)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(
    ready: Callable[[], bool], *, process: subprocess.Popen[bytes], log: Path, seconds: float = 60
) -> None:
    """Wait until `ready()` is true.

    Raises ServiceError with the end of the log when the process ends or is too slow.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise ServiceError(f"A service ended at once.\n{tail(log)}")
        if time.monotonic() > deadline:
            raise ServiceError(f"A service was not ready in {seconds:.0f} s.\n{tail(log)}")
        time.sleep(0.02)


def tail(log: Path, lines: int = 12) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) or "(it said nothing)"


def alive(pid: int) -> bool:
    """Tell whether a process with this id exists and is more than a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return sys.platform != "linux"


def end_stranger(pid: int, *, patience: float = 10) -> None:
    """End a process that is not our child: ask, wait, kill."""
    for signum, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        try:
            os.kill(pid, signum)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + seconds
        while alive(pid) and time.monotonic() < deadline:
            time.sleep(0.02)


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether somebody listens on a port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def free_port(preferred: int = 0, host: str = "127.0.0.1") -> int:
    """Return `preferred` when it is free, else the next free one; any free port for 0.

    "Any" is below the range from which the kernel takes ports for outgoing connections: one of
    those could otherwise sit on a server's port while the server is being started again.
    """
    some = (secrets.choice(QUIET_PORTS) for _ in range(200))
    for port in range(preferred, preferred + 200) if preferred else some:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise ServiceError(f"No free port from {preferred} on; set PORT.")
