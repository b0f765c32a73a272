#!/usr/bin/env python3
"""Run, test and check Bellhop on a machine that has only Python: see USAGE below."""

import sys

if sys.version_info < (3, 11):
    sys.exit("Bellhop needs Python 3.11 or newer; this is %d.%d." % sys.version_info[:2])

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from devtools import locks

ROOT = Path(__file__).resolve().parent
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
STAMP = VENV / "installed"

USAGE = """\
python3 dev.py run                start Bellhop here and print its address
python3 dev.py test [arguments]   check and test everything; with arguments, run pytest with them
python3 dev.py check              format, lint, types, imports, templates, locks, migrations
python3 dev.py fix                mend what can be mended without a decision
python3 dev.py chaos [rounds]     kill processes at random instants, with another seed each round
python3 dev.py bench [name]       print the figures of one benchmark, or of all
python3 dev.py lock [--upgrade]   write the lock files anew from requirements/*.in"""

# What each command needs; the tests' lock holds all of the other, so switching installs nothing.
NEEDS = {"run": locks.LOCAL} | dict.fromkeys(("test", "check", "fix", "chaos", "bench"), locks.TEST)


def main(arguments: "list[str]") -> None:
    command = arguments[0] if arguments else ""
    if command not in {*NEEDS, "lock"}:
        sys.exit(USAGE)
    os.chdir(ROOT)
    os.environ.setdefault("UV_SYSTEM_CERTS", "1")  # a company's own certificates count
    if command == "lock":
        locks.write(find_uv(), arguments[1:])
        return
    python = environment(NEEDS[command])
    sys.stdout.flush()
    os.execv(python, [str(python), "-m", "devtools", *arguments])


def environment(lock: Path) -> Path:
    """Return the Python of an environment that holds what the lock names."""
    python = VENV / "bin" / "python"
    enough = {fingerprint(lock), fingerprint(locks.TEST)}
    if python.exists() and STAMP.exists() and STAMP.read_text() in enough:
        return python
    uv = find_uv()
    print(f"Installing {lock.relative_to(ROOT)} ...", flush=True)
    STAMP.unlink(missing_ok=True)
    if not python.exists():
        run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV))
    run(uv, "pip", "sync", "--quiet", "--python", str(python), "--require-hashes", str(lock))
    STAMP.write_text(fingerprint(lock))
    return python


def fingerprint(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()


def find_uv() -> str:
    """Return a uv: our private one, one on the PATH that is new enough, else install ours."""
    private = TOOLS / "bin" / "uv"
    for candidate in (str(private), shutil.which("uv")):
        if candidate and version(candidate) >= locks.UV_VERSION:
            return candidate
    print("Fetching uv, the installer, into .tools ...", flush=True)
    os.environ.setdefault("PIP_ROOT_USER_ACTION", "ignore")  # it goes into a folder of ours
    run(*pip(), "install", "--quiet", "--disable-pip-version-check", "--upgrade", "--no-deps",
        "--target", str(TOOLS), "--require-hashes", "-r", str(locks.UV))  # fmt: skip
    return str(private)


def version(uv: str) -> "tuple[int, ...]":
    try:
        said = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False).stdout
        return tuple(int(part) for part in said.split()[1].split("."))
    except (OSError, ValueError, IndexError):
        return ()


def pip() -> "tuple[str, ...]":
    """Return a pip: this Python's, else the one that comes with a fresh environment."""
    if works(sys.executable, "-m", "pip", "--version"):
        return sys.executable, "-m", "pip"
    helper = TOOLS / "pip"
    make = (sys.executable, "-m", "venv", "--clear", str(helper))
    if not works(*make):
        if os.geteuid() == 0 and shutil.which("apt-get"):
            works("apt-get", "update")
            works("apt-get", "install", "-yq", "--no-install-recommends", "python3-venv")
        if not works(*make):
            sys.exit(
                "This Python has neither pip nor venv: `sudo apt install python3-venv`, then again."
            )
    return str(helper / "bin" / "python"), "-m", "pip"


def works(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def run(*command: str) -> None:
    """Run a command whose failure ends us; it has said why itself."""
    ended = subprocess.run(command, check=False)
    if ended.returncode != 0:
        sys.exit(ended.returncode)


if __name__ == "__main__":
    main(sys.argv[1:])
