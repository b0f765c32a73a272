"""`run` as a person starts it, on an instance folder of its own: for tests and figures."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from devtools.places import ROOT
from devtools.processes import ServiceError, free_port

LIMIT = 120.0


class Launcher:
    """One launcher with a port and a folder of its own; it may be started again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "launcher.log"
        self.port = free_port()

    def start(self, **settings: str) -> "Launcher":
        """Start it; `settings` go into its environment, which has nothing else of ours."""
        names = ("PATH", "HOME", "LANG")
        passed_on = {name: os.environ[name] for name in names if name in os.environ}
        own = {"BELLHOP_INSTANCE": str(self.folder / "instance"), "PORT": str(self.port)}
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "devtools", "run"],
                cwd=ROOT,
                env={**passed_on, **own, **settings},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def output(self) -> str:
        """Return what it has said so far."""
        return self.log.read_text(errors="replace")

    def wait_for_the_address(self) -> "Launcher":
        """Wait until the address is printed. Raises ServiceError when it ends instead."""
        wait_for(lambda: "Bellhop is at" in self.output() or self.process.poll() is not None)
        if self.process.poll() is not None:
            raise ServiceError(self.output())
        return self

    def everything(self) -> list[psutil.Process]:
        """Return all that it has started and that runs now."""
        return list(psutil.Process(self.process.pid).children(recursive=True))

    def stop(self, signum: int = signal.SIGINT) -> int:
        """Stop it as Ctrl-C does. Returns its exit code."""
        self.process.send_signal(signum)
        return self.process.wait(LIMIT)


def still_running(family: list[psutil.Process]) -> list[psutil.Process]:
    """Return those of a family that live; a zombie that nobody has buried does not."""
    return [one for one in family if _lives(one)]


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def wait_for(condition: Callable[[], bool], limit: float = LIMIT) -> None:
    """Wait until a condition holds. Raises TimeoutError."""
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"It did not happen in {limit:.0f} s.")
        time.sleep(0.05)
