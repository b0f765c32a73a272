"""The real Procfile under honcho, without orphans."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import honcho.manager
import honcho.process
from honcho.environ import parse_procfile

from devtools.processes import die_with

PATIENCE = 25  # platforms give 30 s between asking and killing; honcho alone gives 5


def lines(path: Path) -> dict[str, str]:
    """Return the Procfile's commands by name."""
    return dict(parse_procfile(path.read_text()).processes)


class Popen(honcho.process.Popen):  # type: ignore[misc] # honcho brings no types
    """A process of the Procfile that is asked to stop when its guardian is gone."""

    def __init__(self, command: str, **options: Any) -> None:
        guardian = os.getpid()
        super().__init__(command, preexec_fn=lambda: die_with(guardian, signal.SIGTERM), **options)


class Process(honcho.process.Process):  # type: ignore[misc] # honcho brings no types
    """The guardian honcho forks for each process: it passes on lines, and our end."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.launcher = os.getpid()
        self._child_ctor = Popen

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:  # noqa: FBT001, FBT002 - honcho's
        """Run the command until it ends; when the launcher dies, stop the whole group."""
        signal.signal(signal.SIGUSR1, self._launcher_died)
        signal.signal(signal.SIGALRM, self._out_of_patience)
        die_with(self.launcher, signal.SIGUSR1)
        super().run(events, ignore_signals)

    def _launcher_died(self, _signum: int, _frame: FrameType | None) -> None:
        if self._child is None:  # not started yet: nobody is there to want it
            os._exit(1)
        os.killpg(self._child.pid, signal.SIGTERM)
        signal.alarm(PATIENCE)

    def _out_of_patience(self, _signum: int, _frame: FrameType | None) -> None:
        os.killpg(self._child.pid, signal.SIGKILL)


class Manager(honcho.manager.Manager):  # type: ignore[misc] # honcho brings no types
    """honcho's manager that kills what does not stop, also when nothing stops at all."""

    def __init__(self) -> None:
        if sys.platform == "linux":  # a guardian must be our own child to learn of our end
            multiprocessing.set_start_method("fork", force=True)
        super().__init__()
        honcho.manager.KILL_WAIT = PATIENCE
        self._process_ctor = Process
        self.beside: list[Callable[[], None]] = []

    def _start(self) -> None:
        """Fork the guardians, and only then start what runs beside them in threads."""
        super()._start()
        for job in self.beside:
            threading.Thread(target=job, daemon=True).start()

    def stop(self, code: int) -> None:
        """Stop everything because of something outside the Procfile, and end with this code."""
        if not self._terminating:
            self.returncode = code
            self.terminate()

    def terminate(self) -> None:
        """Ask all to stop, and see to it."""
        if not self._all_started():  # asked in the instant of the start: honcho knows no ids yet
            self._later(0.1, self.terminate)
            return
        if not self._terminating:
            self._later(PATIENCE, self.kill)
        super().terminate()

    @staticmethod
    def _later(seconds: float, job: Callable[[], None]) -> None:
        timer = threading.Timer(seconds, job)
        timer.daemon = True
        timer.start()
