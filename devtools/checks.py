"""`dev.py check` and `dev.py fix`: what can be said about the code without running it."""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from devtools.places import ROOT

PYTHON = sys.executable
TYPED = (
    *("dev.py", "devtools", "extraction", "gunicorn.conf.py", "sandbox", "webapp", "worker"),
    "wsgi.py",
)
TEMPLATES = ("webapp/templates", "sandbox/templates")
# The sandbox is no Flask application, so it has no url_for; one page of it waits for a script's absence.
LENIENT = ("--ignore", "T003,H030,H031,J004,J018,H052")
DJLINT = (PYTHON, "-m", "djlint")


@dataclass
class Check:
    """One tool and its command."""

    name: str
    command: list[str]

    def start(self) -> None:
        """Start the tool; it writes to a file so that a long answer cannot block it."""
        self.output = tempfile.TemporaryFile("w+")  # noqa: SIM115 - finish() closes it
        self.process = subprocess.Popen(
            self.command, cwd=ROOT, stdout=self.output, stderr=subprocess.STDOUT
        )

    def finish(self) -> bool:
        """Wait for the tool, print its line, and its words when it found something."""
        passed = self.process.wait() == 0
        print(f"{'ok    ' if passed else 'FAILED'} {self.name}", flush=True)
        if not passed:
            self.output.seek(0)
            print(self.output.read(), flush=True)
        self.output.close()
        return passed


def check(arguments: list[str]) -> int:
    """Run every check side by side. Returns 1 when one of them found something."""
    with tempfile.TemporaryDirectory() as folder:
        checks = [
            Check("types", [PYTHON, "-m", "mypy", *existing(TYPED)]),
            Check("migrations", [PYTHON, "-m", "devtools.migrations", folder]),
            Check("templates", [*DJLINT, "--check", *TEMPLATES]),
            Check("pages", [*DJLINT, "--lint", "webapp/templates"]),
            Check("pages of the sandbox", [*DJLINT, "--lint", *LENIENT, "sandbox/templates"]),
            Check("imports", ["lint-imports", "--no-logo"]),
            Check("format", [PYTHON, "-m", "ruff", "format", "--check", "."]),
            Check("lint", [PYTHON, "-m", "ruff", "check", "--output-format", "concise", "."]),
            Check("locks", [PYTHON, "-m", "devtools.locks"]),
        ]
        for one in checks:
            one.start()
        failed = [one.name for one in checks if not one.finish()]
    return 1 if failed else 0


def fix(arguments: list[str]) -> int:
    """Mend what needs no decision; ruff's unsafe fixes are never taken."""
    commands = [
        [PYTHON, "-m", "ruff", "check", "--fix", "."],
        [PYTHON, "-m", "ruff", "format", "."],
        [*DJLINT, "--quiet", "--reformat", *TEMPLATES],
    ]
    codes = [subprocess.run(command, cwd=ROOT, check=False).returncode for command in commands]
    # djlint ends with 1 when it mended something
    return max(codes[:2])


def existing(paths: tuple[str, ...]) -> list[str]:
    """Return those of the paths that are there."""
    return [path for path in paths if (ROOT / path).exists()]


def bare_environment(database: Path) -> dict[str, str]:
    """Return settings with which the application can be loaded where nothing else runs."""
    return {
        **os.environ,
        "SECRET_KEY": "only for looking at the migrations of an empty database",
        "DATABASE_URL": f"sqlite:///{database}",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "PUBLIC_URL": "http://127.0.0.1:5000",
        "SANDBOX_URL": "http://127.0.0.1:1",
        "SANDBOX_SMTP": "127.0.0.1:1",
        "SANDBOX_SECRET": "nobody listens there, so nobody reads this",
    }
