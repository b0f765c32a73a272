"""A website of 400 pages on loopback read by our job, against Scrapy with trafilatura.

Ours: the real job on a real database, with robots.txt, sitemap, the texts cut into passages and put
into the index. Scrapy: texts into a file of JSON lines. No delay between two pages, 8 connections
for both, by turns; the time is that of the crawl, without the start of Python. Besides: how long a
crawl takes to stop that waits for a page without end. ``CRAWL_PAGES=60`` to see that it works.
"""

import os
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from typing import NamedTuple

import psutil

from benchmarks.peers.crawled import DRIP
from benchmarks.stage import each_database, median, stage, verdict
from devtools import peers
from devtools.places import ROOT
from devtools.processes import free_port

PAGES = int(os.environ.get("CRAWL_PAGES", "400"))
ROUNDS = 3
STOPS_WITHIN = 2.0


class Crawl(NamedTuple):
    """What a crawl read, and what that took; the memory is of all its processes together."""

    pages: int
    seconds: float
    megabytes: float

    @property
    def speed(self) -> float:
        """Pages a second."""
        return self.pages / self.seconds


def main() -> None:
    """Measure on both databases, or be the process that reads."""
    if "--read" in sys.argv:
        print(*read(sys.argv[-1]))
    elif "--stop" in sys.argv:
        print(stop(sys.argv[-1]))
    else:
        each_database("crawl", measure)


def measure(database: str) -> None:
    """Let both read the same website by turns."""
    try:
        peer = peers.python()
    except peers.Missing as why:
        print(f"{why}\nWithout it there is nothing to compare with, so nothing was measured.")
        return
    host = f"127.0.0.1:{free_port()}"
    allowed = {"WEBSITE_PRIVATE_HOSTS": host, "WEBSITE_DELAY_MS": "0"}
    site = ("-m", "benchmarks.peers.crawled", host.rpartition(":")[2], str(PAGES))
    with stage(database, **allowed) as here, here.running(sys.executable, *site, log="site.log"):
        url = f"http://{host}/"
        until_it_answers(url)
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(run([sys.executable, "-m", "benchmarks.crawl", "--read", url]))
            script, items = ROOT / "benchmarks/peers/scrapy_crawl.py", here.folder / "items.jsonl"
            theirs.append(run([str(peer), str(script), url, str(items)]))
        stopped = subprocess.run(
            [sys.executable, "-m", "benchmarks.crawl", "--stop", url.rstrip("/") + DRIP],
            cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
    report(database, ours, theirs)
    seconds = float(stopped.stdout.split()[-1])
    name = f"stopping a crawl that waits on {database}"
    print(verdict(name, seconds, STOPS_WITHIN, unit=" s", at_most=True), flush=True)


def report(database: str, ours: list[Crawl], theirs: list[Crawl]) -> None:
    """Print what was measured."""
    for name, crawls in ((f"ours on {database}", ours), ("Scrapy with trafilatura", theirs)):
        speed = median([crawl.speed for crawl in crawls])
        memory = max(crawl.megabytes for crawl in crawls)
        print(f"{name}: {speed:.1f} pages a second of {crawls[-1].pages}, {memory:.0f} MB")
    ratio = median([mine.speed / peer.speed for mine, peer in zip(ours, theirs, strict=True)])
    print(verdict(f"pages a second against Scrapy on {database}", ratio, 1.0))


def run(command: list[str]) -> Crawl:
    """Run one of them, and see what memory it takes."""
    peak = 0.0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            peak = max(peak, memory_of(process.pid))
            time.sleep(0.1)
        said = process.stdout.read().split() if process.stdout else []
    if process.returncode:
        sys.exit(f"{' '.join(command[:3])} ended with {process.returncode}")
    return Crawl(int(said[-2]), float(said[-1]), peak)


def memory_of(pid: int) -> float:
    """Return the megabytes of a process and its children, without what they share with others."""
    total = 0
    try:
        parent = psutil.Process(pid)
        for process in [parent, *parent.children(recursive=True)]:
            total += process.memory_info().rss
    except psutil.Error:
        return 0.0
    return total / 1_048_576


def until_it_answers(url: str) -> None:
    """Wait until the website is there."""
    end = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            if time.monotonic() > end:
                sys.exit("The website did not start.")
            time.sleep(0.1)
        else:
            return


def read(url: str) -> tuple[int, float]:
    """Read a website by the real job, in this process; return pages and seconds."""
    import worker.tasks
    from webapp.extensions import db
    from worker.app import flask_app
    from worker.tasking import TASKS

    assert worker.tasks
    with flask_app.app_context():
        db.create_all()
        source_id, job_id = ask(url)
        began = time.perf_counter()
        while state_of(job_id) not in {"SUCCESS", "FAILURE", "REVOKED"}:
            TASKS["websites.crawl"](job_id)
        seconds = time.perf_counter() - began
        return parts_of(source_id), seconds


def ask(url: str) -> tuple[int, uuid.UUID]:
    """Ask for a crawl; return the number of the website and that of the job."""
    from sqlalchemy import delete

    from webapp.extensions import db
    from webapp.knowledge.models import Source
    from webapp.websites import editing
    from webapp.websites.forms import Typed

    db.session.execute(delete(Source))  # that of the round before
    limits = {"max_pages": 5_000, "max_depth": 20, "max_seconds": 3_600, "every_days": None}
    website = editing.add(Typed(url, any_scheme=False), "", whole_host=True, values=limits)
    job = editing._enqueue(website)
    found = website.source_id, job.id
    db.session.commit()
    return found


def state_of(job_id: uuid.UUID) -> str:
    """Return how a job stands."""
    from webapp.extensions import db
    from webapp.jobs.models import Job

    state = db.session.get_one(Job, job_id).state.value
    db.session.rollback()
    return state


def parts_of(source_id: int) -> int:
    """Return how many pages are found."""
    from webapp.extensions import db
    from webapp.knowledge.models import Source

    return db.session.get_one(Source, source_id).parts


def stop(url: str) -> float:
    """Return the seconds between the wish to stop and the end of a crawl that waits for a page."""
    import worker.tasks
    from webapp.extensions import db
    from webapp.jobs.acting import asking
    from webapp.jobs.models import Job
    from worker.app import flask_app
    from worker.tasking import TASKS

    assert worker.tasks
    asked = []

    def somebody(job_id: uuid.UUID) -> None:
        time.sleep(3)
        with flask_app.app_context():
            asked.append(time.perf_counter())
            asking.cancel(db.session.get_one(Job, job_id))
            db.session.commit()

    with flask_app.app_context():
        _, job_id = ask(url)
        threading.Thread(target=somebody, args=(job_id,)).start()
        while state_of(job_id) not in {"SUCCESS", "FAILURE", "REVOKED"}:
            TASKS["websites.crawl"](job_id)
        if state_of(job_id) != "REVOKED":
            sys.exit("It was not stopped.")
        return time.perf_counter() - asked[0]


if __name__ == "__main__":
    main()
