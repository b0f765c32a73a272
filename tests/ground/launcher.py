"""A launcher as a person starts it, on an instance folder of its own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from devtools.places import ROOT
from devtools.processes import free_port

LIMIT = 120.0


class Launcher:
    """`dev.py run` inside the environment the tests run in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "launcher.log"
        self.port = free_port()

    def start(self) -> "Launcher":
        passed_on = {
            name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")
        }
        own = {"BELLHOP_INSTANCE": str(self.folder / "instance"), "PORT": str(self.port)}
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "devtools", "run"],
                cwd=ROOT,
                env={**passed_on, **own},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for_the_address(self) -> "Launcher":
        wait_for(lambda: "Bellhop is at" in self.output() or self.process.poll() is not None)
        assert self.process.poll() is None, self.output()
        return self

    def everything(self) -> list[psutil.Process]:
        """Return the launcher's whole family as it is now."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, signum: int = signal.SIGINT) -> int:
        self.process.send_signal(signum)
        return self.process.wait(LIMIT)


def still_running(family: list[psutil.Process]) -> list[psutil.Process]:
    """Return those of a family that live; a zombie that nobody has buried does not."""
    return [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def wait_for(condition, limit: float = LIMIT) -> None:
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
