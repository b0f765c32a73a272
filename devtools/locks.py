"""The lock files: what they are made from, and whether they still are.

Standard library only: `dev.py` imports this before there is an environment.
"""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "requirements"
RUN = ROOT / "requirements.txt"  # where platforms look for it
LOCAL = SOURCES / "local.txt"
TEST = SOURCES / "test.txt"
UV = SOURCES / "uv.txt"
PEERS = SOURCES / "peers.txt"  # what benchmarks measure against, in an environment of its own
UV_VERSION = tuple(
    int(part)
    for part in re.findall(r"^uv==([\d.]+)", (SOURCES / "uv.in").read_text(), re.MULTILINE)[
        0
    ].split(".")
)

# In this order: the largest first, the smaller ones then choose nothing of their own.
MADE_FROM = {TEST: "test.in", LOCAL: "local.in", RUN: "run.in", UV: "uv.in", PEERS: "peers.in"}
COMPILE = (
    *("pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-emit-index-url", "--no-emit-find-links"),
    *("--custom-compile-command", "python3 dev.py lock"),
)
MARK = "# made from requirements/*.in with the fingerprint "


def fingerprint() -> str:
    """Return a short hash over everything the locks are made from."""
    sources = (path.read_bytes() for path in sorted(SOURCES.glob("*.in")))
    return hashlib.sha256(b"\0".join(sources)).hexdigest()[:32]


def write(uv: str, arguments: "list[str]") -> None:
    """Compile every lock anew; without `--upgrade` versions stay where they may."""
    for lock, source in MADE_FROM.items():
        constraint = [] if lock in (TEST, UV, PEERS) else ["-c", "requirements/test.txt"]
        target = str(lock.relative_to(ROOT))
        subprocess.run(
            [uv, *COMPILE, *constraint, *arguments, f"requirements/{source}", "-o", target],
            cwd=ROOT,
            env={**os.environ, "UV_NO_PROGRESS": "1"},
            check=True,
        )
        lines = [line for line in lock.read_text().splitlines() if not line.startswith(MARK)]
        lock.write_text("\n".join([*lines[:2], MARK + fingerprint(), *lines[2:]]) + "\n")
        print(f"wrote {lock.relative_to(ROOT)}")


def pins(lock: Path) -> "set[str]":
    """Return the `name==version` of a lock, with its condition when there is one."""
    return {
        line.rstrip(" \\") for line in lock.read_text().splitlines() if re.match(r"[a-z0-9]", line)
    }


def problems() -> "list[str]":
    """Return a sentence for each thing that is wrong with the locks."""
    found = []
    for lock in MADE_FROM:
        name = lock.relative_to(ROOT)
        text = lock.read_text()
        if MARK + fingerprint() not in text:
            found.append(
                f"{name} is not what requirements/*.in say now: run `python3 dev.py lock`."
            )
        if re.search(r"://|^-{1,2}(index|extra|find)|file:|^/", text, re.MULTILINE):
            found.append(f"{name} names an address or a path.")
    for smaller, larger in ((RUN, LOCAL), (LOCAL, TEST)):
        alone = sorted(pins(smaller) - pins(larger))
        found += [f"{pin} is in {smaller.name} but not in {larger.name}." for pin in alone]
    return found


if __name__ == "__main__":
    sys.exit("\n".join(problems()) or 0)
