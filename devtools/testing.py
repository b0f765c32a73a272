"""`dev.py test`, `chaos` and `bench`."""

import os
import secrets
import subprocess
import sys

from devtools import browser, checks
from devtools.places import ROOT
from devtools.processes import ServiceError

# How many processes share the suite; each has servers of its own. One more than there are processors:
# some test is always waiting for a process. `TEST_WORKERS=0` runs all in one, as `--pdb` and `-s` need.
WORKERS = os.environ.get("TEST_WORKERS", str(min(os.cpu_count() or 1, 4) + 1))
# A file at a time, in the order of `tests/order.py`; xdist's own puts the files of few tests last,
# and those take longest.
SHARED = ("-n", WORKERS, "--dist", "loadfile", "--no-loadscope-reorder")
# The suite starts the product some hundred times; compiled anew each time, that is a fifth of a start.
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}


def test(arguments: list[str]) -> int:
    """Check and test everything; with arguments, run pytest with them and nothing else."""
    browser.ensure()
    if arguments:
        return pytest(*arguments)
    checked = checks.check([])
    tested = pytest("-q", "--ignore=tests/browser", *SHARED)
    # On their own: the driver of the browser keeps an event loop in the process that runs it.
    seen = pytest("-q", "tests/browser", *SHARED)
    if checked:
        print("The checks above found something.")
    return checked or tested or seen


def chaos(arguments: list[str]) -> int:
    """Kill processes at random instants, another seed each round, until one round fails."""
    rounds = int(arguments[0]) if arguments else 20
    for number in range(1, rounds + 1):
        seed = secrets.randbelow(1_000_000)
        sizes = {"CHAOS_BOOKINGS": "500", "CHAOS_RECIPIENTS": "5000", "CHAOS_KILLS": "40"}
        env = {"CHAOS_SEED": str(seed)} | {n: os.environ.get(n, size) for n, size in sizes.items()}
        again = f"{' '.join(map('='.join, env.items()))} python3 dev.py test -s tests/chaos"
        print(f"Round {number} of {rounds}: {again}", flush=True)
        if (code := pytest("-q", "-x", "-s", "tests/chaos", env=env)) != 0:
            print(f"Failed. To see it again: {again}")
            return code
    return 0


def bench(arguments: list[str]) -> int:
    """Print the figures of one benchmark, or of all."""
    names = sorted(path.stem for path in (ROOT / "benchmarks").glob("[!_]*.py"))
    chosen = arguments[:1] or names
    if not set(chosen) <= set(names):
        raise ServiceError(f"No such benchmark; there are: {', '.join(names) or 'none yet'}.")
    rest = arguments[1:]
    ends = [_python("-m", f"benchmarks.{name}", *rest) for name in chosen]
    return max(ends, default=0)


def pytest(*arguments: str, env: dict[str, str] | None = None) -> int:
    """Run pytest in a process of its own."""
    return _python("-m", "pytest", *arguments, env={**COMPILED, **(env or {})})


def _python(*arguments: str, env: dict[str, str] | None = None) -> int:
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **(env or {})}, check=False
    ).returncode
