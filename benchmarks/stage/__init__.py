"""What a measurement stands on: the real services, the app on a database, and processes of it."""

import contextlib
import os
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from devtools.postgres import Postgres
from devtools.processes import free_port, start, stop
from devtools.valkey import Valkey

ROOT = Path(__file__).parent.parent.parent
DATABASES = ("sqlite", "postgres")
PATIENCE = 300.0  # seconds


@dataclass
class Stage:
    """The services of one run, and the environment that leads to them."""

    folder: Path
    valkey: Valkey
    env: dict[str, str]

    @contextlib.contextmanager
    def running(self, *command: str, log: str, **env: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a program on this stage, and end it."""
        process = start(
            command, log=self.folder / log, cwd=ROOT, env={**os.environ, **self.env, **env}
        )
        try:
            yield process
        finally:
            stop(process, signum=signal.SIGTERM, patience=30)

    def celery(self, app: str, *options: str) -> tuple[str, ...]:
        """Return the line that starts a worker of an app, as the Procfile has it."""
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        return (sys.executable, "-m", "celery", "-A", app, "worker", *quiet, *options)


@contextlib.contextmanager
def stage(database: str, **settings: str) -> Iterator[Stage]:
    """Set up Valkey and a database, and put the settings into this process's environment too."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bellhop-bench-")))
        valkey = Valkey(folder / "valkey")
        valkey.start()
        stack.callback(valkey.stop)
        if database == "postgres":
            server = Postgres()
            server.start()
            stack.callback(server.stop)
            url = server.url()
        else:
            url = f"sqlite:///{folder}/bench.db"
        env = {
            "SECRET_KEY": secrets.token_hex(32),
            "DATABASE_URL": url,
            "REDIS_URL": valkey.url,
            "PUBLIC_URL": f"http://127.0.0.1:{free_port()}",
            "LOG_LEVEL": "WARNING",
            "REMAP_SIGTERM": "SIGQUIT",
            "SANDBOX_URL": f"http://127.0.0.1:{free_port()}",
            "SANDBOX_SMTP": f"127.0.0.1:{free_port()}",
            "SANDBOX_SECRET": secrets.token_hex(32),
            **settings,
        }
        os.environ.update(env)
        yield Stage(folder, valkey, env)


def each_database(name: str, measure: Callable[[str], None]) -> None:
    """Measure each database in a process of its own, because settings are read once."""
    if len(sys.argv) > 1:
        measure(sys.argv[1])
        return
    for database in DATABASES:
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}", database], cwd=ROOT, check=True)


def wait_for(done: Callable[[], bool], worker: "subprocess.Popen[bytes]") -> None:
    """Look now and then, seldom enough not to disturb; give up when the worker has ended."""
    end = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > end or worker.poll() is not None:
            sys.exit("It did not finish: the worker is too slow or has ended.")
        time.sleep(0.5)


def speed(moments: Sequence[float]) -> float:
    """Return the events a second between the first 5 % and the last 5 %."""
    first, last = int(len(moments) * 0.05), int(len(moments) * 0.95)
    return (last - first) / (moments[last] - moments[first])


def verdict(name: str, value: float, goal: float, *, unit: str = "", at_most: bool = False) -> str:
    """Return one line: the figure, the goal, and whether it is met."""
    met = value <= goal if at_most else value >= goal
    sign = "at most" if at_most else "at least"
    return f"{name}: {value:.2f}{unit} (goal: {sign} {goal:g}{unit}) {'met' if met else 'MISSED'}"


def median(values: Sequence[float]) -> float:
    """Return the middle one."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that a share (0.95) of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
