"""How much memory the whole of Bellhop takes at rest, shared pages counted once (PSS)."""

import sys
import tempfile
import time
from pathlib import Path

import psutil

from devtools.launched import Launcher

TARGET = 400  # MiB
SETTLE = 10  # seconds until caches are filled and the children have done their first work


def main() -> int:
    """Start everything, let it rest, print what it takes. Returns 1 above the target."""
    with tempfile.TemporaryDirectory(prefix="bellhop-memory-") as folder:
        launcher = Launcher(Path(folder)).start().wait_for_the_address()
        try:
            time.sleep(SETTLE)
            total = report([psutil.Process(launcher.process.pid), *launcher.everything()])
        finally:
            launcher.stop()
    print(f"{total:7.1f} MiB altogether; the target is {TARGET}")
    return 0 if total <= TARGET else 1


def report(processes: list[psutil.Process]) -> float:
    """Print a line for each process. Returns their sum in MiB."""
    sizes = [(process.memory_full_info().pss / 2**20, process.cmdline()) for process in processes]
    for size, command in sizes:
        print(f"{size:7.1f} MiB  {' '.join(Path(part).name for part in command)[:80]}")
    return sum(size for size, _ in sizes)


if __name__ == "__main__":
    sys.exit(main())
