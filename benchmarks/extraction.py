"""What reading a file costs our reading process, and markitdown: CPU time, and the words found.

The files are made here, so that it is known which words are in them. Both run as processes of their
own, by turns; all their CPU time counts, that of starting Python too. ``--small`` makes small files.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.peers import files
from benchmarks.stage import median, verdict
from devtools import peers
from devtools.places import ROOT

EXTRACTION = ROOT / "extraction" / "__main__.py"
ROUNDS = 3


class Case(NamedTuple):
    """A file to be read: at most so many times the peer's CPU time."""

    name: str
    make: Callable[[Path], set[str]]
    goal: float
    rounds: int = ROUNDS


class Cost(NamedTuple):
    """Seconds of CPU, megabytes at most, and the share of the words that came out."""

    seconds: float
    megabytes: float
    found: float


def main() -> None:
    """Print a line for each file, and whether the goal is met."""
    small = "--small" in sys.argv
    try:
        peer = peers.python()
    except peers.Missing as why:
        print(f"{why}\nWithout it there is nothing to compare with, so nothing was measured.")
        return
    with tempfile.TemporaryDirectory(prefix="bellhop-bench-") as folder:
        started = start(peer, Path(folder))
        print(f"Of the CPU time of markitdown {started:.2f} s go by before it reads anything.")
        for case in cases(small=small):
            path = Path(folder) / case.name
            words = case.make(path)
            ours, theirs = measure(path, words, peer, case.rounds)
            report(case, path, ours, theirs, started)


def cases(*, small: bool) -> list[Case]:
    """Return the files; small ones show that all works, their figures mean nothing."""
    pages = (1, 2, 3) if small else (10, 50, 300)
    rows, docx = (200, 2) if small else (100_000, 30)
    return [
        *(Case(f"{n}-pages.pdf", lambda path, n=n: files.pdf(path, n), 0.15) for n in pages),
        Case(f"{docx}-pages.docx", lambda path: files.docx(path, docx), 0.25),
        Case(f"{rows}-rows.xlsx", lambda path: files.xlsx(path, rows, 20), 0.1, 1),
    ]


def start(peer: Path, folder: Path) -> float:
    """Return the seconds of CPU that it takes to start the peer, the median of three."""
    nothing = folder / "nothing.txt"
    nothing.write_text("nothing")
    command = [str(peer), "-c", "import markitdown; markitdown.MarkItDown()"]
    return median([run(command, nothing, {"nothing"}, str).seconds for _ in range(ROUNDS)])


def measure(path: Path, words: set[str], peer: Path, rounds: int) -> tuple[Cost, Cost]:
    """Return what each needs, the median of some rounds taken by turns."""
    ours = [sys.executable, "-I", "-B", str(EXTRACTION), "--name", path.name]
    theirs = [str(peer), "-m", "markitdown", str(path)]
    costs: tuple[list[Cost], list[Cost]] = ([], [])
    for _ in range(rounds):
        costs[0].append(run(ours, path, words, said))
        costs[1].append(run(theirs, path, words, str))
    return middle(costs[0]), middle(costs[1])


def run(command: list[str], path: Path, words: set[str], text: Callable[[str], str]) -> Cost:
    """Run one of them on a file; raises RuntimeError when it fails."""
    with path.open("rb") as content, tempfile.TemporaryFile() as complaints:
        # Our process may write no file, hence the pipe.
        process = subprocess.Popen(
            command, stdin=content, stdout=subprocess.PIPE, stderr=complaints, cwd=ROOT
        )
        assert process.stdout
        with process.stdout as pipe:
            out = pipe.read().decode()
        # wait4 tells the cost of this one child; subprocess would not.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        complaints.seek(0)
        if process.returncode:
            last = complaints.read()[-2000:].decode("utf-8", "replace")
            raise RuntimeError(f"{command[0]} ended with {process.returncode}: {last}")
    found = words & set(re.findall(r"\w+", text(out)))
    megabytes = usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024)
    return Cost(usage.ru_utime + usage.ru_stime, megabytes, len(found) / len(words))


def said(out: str) -> str:
    """Return the text in the lines of our reading process."""
    lines = [json.loads(line) for line in out.split("\n")[:-1]]
    if lines[-1]["is"] != "end":
        raise RuntimeError(f"Our reader did not finish: {lines[-1]}")
    return "\n".join(line["text"] for line in lines if line["is"] == "piece")


def middle(costs: list[Cost]) -> Cost:
    """Return the median of each figure."""
    return Cost(*(median(values) for values in zip(*costs, strict=True)))


def report(case: Case, path: Path, ours: Cost, theirs: Cost, started: float) -> None:
    """Print what was measured; a second ratio leaves out the start of the peer, not ours."""
    print(
        f"{case.name} ({path.stat().st_size / 1e6:.1f} MB): "
        f"ours {ours.seconds:.2f} s, {ours.megabytes:.0f} MB, {ours.found:.1%} of the words; "
        f"markitdown {theirs.seconds:.2f} s, {theirs.megabytes:.0f} MB, {theirs.found:.1%}"
    )
    ratio = ours.seconds / theirs.seconds
    warm = ours.seconds / max(theirs.seconds - started, 0.001)
    print(f"  against markitdown already started: {warm:.2f}")
    print(verdict(f"CPU of {case.name} against markitdown", ratio, case.goal, at_most=True))
    name = f"words of {case.name} in percent"
    print(verdict(name, 100 * ours.found, 100 * theirs.found, unit=" %"), flush=True)


if __name__ == "__main__":
    main()
