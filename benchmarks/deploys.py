"""A deploy every 20 seconds while a thousand jobs run: what is lost, done twice, or late.

A deploy sends SIGTERM to every process of web, worker and beat at once, as a platform does, kills
what is left after 25 seconds, and starts anew. A job takes a tenth of a second to a second, one in
fifty six to twelve; each writes a row of its own, with its number, in the transaction of its end.
"""

import os
import random
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress

from sqlalchemy import text

from benchmarks.connections import place
from benchmarks.stage import ROOT, Stage, each_database, stage, verdict
from devtools import procfile
from devtools.processes import answers, start

JOBS, EVERY, DEPLOYS, KILLED_AFTER, GOAL = 1_000, 20.0, 6, 25.0, 90.0
SHAPE = {"WEB_CONCURRENCY": "2", "WORKER_CONCURRENCY": "4", "WORKER_GRACE_SECONDS": "3"}


def main() -> None:
    """Deploy on both databases."""
    each_database("deploys", measure)


def measure(database: str) -> None:
    """Print what became of the jobs on one database."""
    with stage(database, **SHAPE) as here:
        ask_for_work()
        house = House(here)
        try:
            slowest = house.deploy_again_and_again()
            seconds = house.until_all_ended(time.monotonic())
        finally:
            house.kill()
        report(database, slowest, seconds)


class House:
    """The processes of the Procfile, each in a group of its own."""

    def __init__(self, here: Stage) -> None:
        self.here = here
        lines = procfile.lines(ROOT / "Procfile")
        del lines["release"]
        lines["worker"] = lines["worker"].replace("worker.app", "benchmarks.stage.slow_jobs")
        self.lines = {name: shlex.split(line.removeprefix("exec ")) for name, line in lines.items()}
        self.running: list[subprocess.Popen[bytes]] = []
        self.version = 0

    def deploy_again_and_again(self) -> float:
        """Start, and deploy as often as planned; return how long the slowest took to stop."""
        self.start()
        slowest = 0.0
        for _ in range(DEPLOYS):
            time.sleep(EVERY)
            slowest = max(slowest, self.stop())
            self.start()
        return slowest

    def start(self) -> None:
        """Start the next version."""
        self.version += 1
        env = {**os.environ, **self.here.env, **place(self.here)}
        self.running = [
            start(line, log=self.here.folder / f"{name}-{self.version}.log", cwd=ROOT, env=env)
            for name, line in self.lines.items()
        ]

    def stop(self) -> float:
        """Tell every process at once, wait as long as a platform does; return the seconds."""
        began = time.monotonic()
        for process in self.running:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, began + KILLED_AFTER - time.monotonic()))
        seconds = time.monotonic() - began
        self.kill()
        return seconds

    def kill(self) -> None:
        """Leave nothing of a version."""
        for process in self.running:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def until_all_ended(self, since: float) -> float:
        """Return how long after the last deploy the last job had ended."""
        while left() and time.monotonic() < since + 10 * GOAL:
            time.sleep(0.5)
        if not answers(int(place(self.here)["PORT"])):
            sys.exit("The web does not serve any more.")
        return time.monotonic() - since


def ask_for_work() -> None:
    """Ask for the jobs, and lay the table in which each of them leaves its row."""
    from benchmarks.stage.slow_jobs import TABLE, enqueue_some
    from webapp import create_app
    from webapp.database import reading
    from webapp.extensions import db

    app = create_app()
    app.app_context().push()
    reading.set(False)
    db.create_all()
    db.session.execute(text(TABLE))
    enqueue_some(JOBS, random.Random(7))
    db.session.commit()
    reading.set(True)


def left() -> int:
    """Return how many have not ended."""
    return ask("SELECT count(*) FROM jobs WHERE finished_at IS NULL AND kind = 'jobs.nothing'")


def ask(question: str) -> int:
    from webapp.extensions import db

    found = int(db.session.scalar(text(question)) or 0)
    db.session.commit()
    return found


def report(database: str, slowest: float, seconds: float) -> None:
    """Say what became of them."""
    done = ask("SELECT count(*) FROM jobs WHERE state = 'SUCCESS' AND kind = 'jobs.nothing'")
    again = ask("SELECT count(*) FROM jobs WHERE attempt > 1 AND kind = 'jobs.nothing'")
    effects = ask("SELECT count(*) FROM done_once")
    print(
        f"{database}: {DEPLOYS} deploys, the slowest stop {slowest:.1f} s;"
        f" {done:,} of {JOBS:,} done, {again} of them begun more than once"
    )
    print(verdict(f"jobs lost on {database}", JOBS - done, 0, at_most=True))
    print(
        verdict(
            f"effects more or fewer than jobs on {database}", abs(effects - JOBS), 0, at_most=True
        )
    )
    name = f"the last job ended after the last deploy on {database}"
    print(verdict(name, seconds, GOAL, unit=" s", at_most=True), flush=True)


if __name__ == "__main__":
    main()
