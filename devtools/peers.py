"""The environment of what the benchmarks measure us against; the product never sees it."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import dev
from devtools.locks import PEERS
from devtools.places import ROOT

VENV = ROOT / ".venv-peers"


class Missing(Exception):
    """It could not be made; the text says why."""


def python() -> Path:
    """Return the Python that has the peers, installing them when it is missing. Raises Missing.

    ``BELLHOP_PEERS`` names the folder of another environment that has them.
    """
    if elsewhere := os.environ.get("BELLHOP_PEERS"):
        return _found(Path(elsewhere) / "bin" / "python", "BELLHOP_PEERS")
    ours, stamp = VENV / "bin" / "python", VENV / "installed"
    wanted = hashlib.sha256(PEERS.read_bytes() + sys.version.encode()).hexdigest()
    if ours.exists() and stamp.exists() and stamp.read_text() == wanted:
        return ours
    print(f"Installing {PEERS.relative_to(ROOT)} into {VENV.name} ...", flush=True)
    try:
        _install(dev.find_uv(), ours)
    except (OSError, SystemExit, subprocess.CalledProcessError) as error:
        raise Missing(f"What we measure against could not be installed: {error}") from error
    stamp.write_text(wanted)
    return ours


def _install(uv: str, ours: Path) -> None:
    env = {**os.environ, "UV_SYSTEM_CERTS": "1"}
    make = (uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV))
    sync = (uv, "pip", "sync", "--quiet", "--python", str(ours), "--require-hashes", str(PEERS))
    for command in (make, sync):
        subprocess.run(command, env=env, check=True)


def _found(path: Path, name: str) -> Path:
    if not path.exists():
        raise Missing(f"{name} is set, but there is no {path}.")
    return path
