"""How much memory the reading of a document takes, of the worker and of its child, at 100, 1,000 and 2,000 pages.

``python -m benchmarks.document_memory [--small]``
"""

import contextlib
import resource
import subprocess
import sys
import threading
from pathlib import Path

import psutil

from benchmarks.documents import SMALL, house
from benchmarks.stage import DATABASES, ROOT, stage, verdict

LENGTHS = (20, 100, 200) if SMALL else (100, 1_000, 2_000)
FLAT = 1.25
ITSELF = (sys.executable, "-m", "benchmarks.document_memory")


def main() -> None:
    """Measure on each database; each length of document in a process of its own."""
    for database in DATABASES:
        memory(database)


def memory(database: str) -> None:
    """Read documents of ever more pages, each in a fresh process; compare the peaks."""
    peaks = []
    for pages in LENGTHS:
        command = [*ITSELF, "--peak", database, str(pages)]
        told = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
        own, child = map(float, told.stdout.split()[-2:])
        print(f"{database}, {pages:,} pages: worker {own:.0f} MB, its child {child:.0f} MB")
        peaks.append(own)
    print(
        verdict(f"memory of the longest to the shortest, {database}", peaks[-1] / peaks[0], FLAT, at_most=True),
        flush=True,
    )  # fmt: skip


def peak(database: str, pages: int) -> None:
    """Print the peak of this process and of its largest child, in MB, for one document."""
    with stage(database) as here:
        # Making the file costs memory too: that is another process's.
        path = here.folder / "made.pdf"
        subprocess.run([*ITSELF, "--make", str(path), str(pages)], cwd=ROOT, check=True)
        with house(here) as run_all:
            from tests.documents import making
            from webapp.documents import reading
            from webapp.extensions import db

            reading.ask(making.stored(path.read_bytes(), "made.pdf"))
            db.session.commit()
            watch = Watch()
            run_all()
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, watch.end())


class Watch(threading.Thread):
    """Looks at the memory of the children that read files."""

    def __init__(self) -> None:
        super().__init__()
        self.most, self.over = 0, threading.Event()
        self.start()

    def run(self) -> None:
        while not self.over.wait(0.02):
            for process in psutil.Process().children():
                with contextlib.suppress(psutil.Error):
                    if process.name().startswith("python"):
                        self.most = max(self.most, process.memory_info().rss)

    def end(self) -> float:
        self.over.set()
        self.join()
        return self.most / 1024 / 1024


def make(path: str, pages: int) -> None:
    """Write a PDF."""
    from tests.documents import making

    Path(path).write_bytes(making.pdf(making.pages(pages)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        peak(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1:2] == ["--make"]:
        make(sys.argv[2], int(sys.argv[3]))
    else:
        main()
