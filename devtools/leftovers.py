"""What a killed launcher left running, found by the mark in its environment."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from devtools.places import INSTANCE
from devtools.processes import alive
from devtools.settings import MARK


def end_all() -> None:
    """End every process that belongs to this instance folder and not to us: ask all, wait, kill.

    They were told to stop when their launcher died, so most are seconds from their end.
    """
    for signum, seconds in ((signal.SIGTERM, 8.0), (signal.SIGKILL, 5.0)):
        left = [pid for pid in _marked() if alive(pid)]
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signum)
        deadline = time.monotonic() + seconds
        while any(alive(pid) for pid in left) and time.monotonic() < deadline:
            time.sleep(0.05)


def _marked() -> Iterator[int]:
    mark = f"{MARK}={INSTANCE}"
    for pid, environment in _environments():
        if pid != os.getpid() and mark in environment:
            yield pid


def _environments() -> Iterator[tuple[int, list[str]]]:
    """Yield the id and environment of every process we may look into."""
    if sys.platform == "linux":
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                yield int(folder.name), (folder / "environ").read_text(errors="replace").split("\0")
            except OSError:  # another user's, or gone meanwhile
                continue
    else:
        shown = ["ps", "-axwwE", "-o", "pid=,command="]
        listing = subprocess.run(shown, capture_output=True, text=True, check=False).stdout
        for line in listing.splitlines():
            pid, *words = line.split()
            yield int(pid), words
