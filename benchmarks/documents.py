"""The job that reads documents, against bare extraction and bare indexing of the same; and what else is promised of it.

- CPU seconds, those of child processes included, of the whole job (from the stored file to what is
  found) against extraction alone (the real child, its lines thrown away) and indexing alone (the
  same passages given to the index and committed). In turns, in one process.
- Positions: each passage of every made file, asked of the parts.
- How long a job goes on after it was asked to stop: between pages, and in a child that hangs.

``python -m benchmarks.documents [sqlite|postgres] [--small]``
"""

import contextlib
import functools
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil

from benchmarks.stage import DATABASES, ROOT, Stage, median, stage, verdict

SMALL = "--small" in sys.argv
ROUNDS = 1 if SMALL else 3
PAGES = 60 if SMALL else 300
ROWS, COLUMNS = (2_000, 20) if SMALL else (100_000, 20)
RATIO, STOP_SECONDS = 2.0, 2.0


def main() -> None:
    """Measure on each database in a process of its own."""
    options = [option for option in sys.argv[1:] if option.startswith("--")]
    names = [name for name in sys.argv[1:] if not name.startswith("--")]
    if names:
        measure(names[0])
        return
    for database in DATABASES:
        command = [sys.executable, "-m", "benchmarks.documents", database, *options]
        subprocess.run(command, cwd=ROOT, check=True)


def measure(database: str) -> None:
    """Measure one database."""
    with stage(database) as here, house(here) as run_all:
        costs(database, run_all)
        stops(database, run_all)


@contextlib.contextmanager
def house(here: Stage) -> Iterator[Callable[[], Any]]:
    """Give an app with its tables and a folder for files, and what runs all jobs that wait, in this process."""
    from tests.queues import Queue
    from webapp import create_app
    from webapp.config import Config
    from webapp.extensions import db

    os.environ["STORAGE_URL"] = here.env["STORAGE_URL"] = f"file://{here.folder}/files"
    app = create_app(Config.from_env({**os.environ, **here.env}))
    with app.app_context():
        db.create_all()
        queue = Queue(app, here.env["REDIS_URL"])
        yield lambda: run_some(queue)


def run_some(queue: Any) -> None:
    """Run what waits now until it is done; what removes the older version waits for the next call."""
    names = set(queue.names())
    while names & set(queue.names()):
        queue.run(limit=1)


def cpu() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def files() -> Iterator[tuple[str, bytes]]:
    """Go through the files: a report, a price list, the same as text."""
    from tests.documents import making

    yield "report.pdf", making.pdf(making.pages(PAGES, 40))
    yield "prices.xlsx", making.xlsx(making.prices(ROWS, COLUMNS))
    rows = making.prices(ROWS // 5, COLUMNS)
    yield "prices.csv", "\n".join(",".join(map(str, row)) for row in rows).encode()
    texts = ("\n".join(page) for page in making.pages(PAGES))
    yield "house.txt", "\n\n".join(texts).encode()


def costs(database: str, run_all: Callable[[], Any]) -> None:
    """Compare the job with its two unavoidable parts, and look at each passage."""
    from sqlalchemy import select

    from tests.documents import making
    from tests.knowledge.positions import untrue
    from webapp.documents import reading
    from webapp.documents.models import Document
    from webapp.extensions import db
    from webapp.knowledge.models import Chunk, Part, Reading, Source, SourceState

    passages = wrong = 0
    for name, content in files():
        source_id = making.stored(content, name).id
        path = db.session.get_one(Document, source_id).path
        whole, bare, indexing = [], [], []
        for _ in range(ROUNDS):
            reading.ask(db.session.get_one(Source, source_id))
            db.session.commit()
            forget_words()
            began = cpu()
            run_all()
            whole.append(cpu() - began)
            run_all()
            source = db.session.get_one(Source, source_id)
            assert source.state == SourceState.READY, source.error
            db.session.commit()
            began = cpu()
            extract(path, name)
            bare.append(cpu() - began)
            indexing.append(index_again(source_id))
        of = select(Reading.id).where(Reading.source_id == source_id, Reading.live)
        live = db.session.scalars(of).one()
        in_order = select(Part).where(Part.reading_id == live).order_by(Part.ordinal)
        parts = db.session.scalars(in_order).all()
        chunks = db.session.scalars(select(Chunk).where(Chunk.reading_id == live)).all()
        wrong += len(untrue(parts, chunks))
        passages += len(chunks)
        db.session.rollback()
        db.session.expunge_all()
        job, alone = median(whole), median(bare) + median(indexing)
        print(
            f"{database}, {name}: {len(chunks):,} passages, job {job:.2f} s of CPU, extraction "
            f"{median(bare):.2f} s, indexing {median(indexing):.2f} s"
        )
        print(verdict(f"the job, {name}, {database}", job / alone, RATIO, at_most=True), flush=True)
    right = 100 * (1 - wrong / passages)
    print(verdict(f"positions that are true, {database}", right, 100.0, unit=" %"), flush=True)


def extract(path: str, name: str) -> None:
    """Read a file by the real child, and throw away what it says."""
    from webapp import storage
    from webapp.knowledge import child

    with storage.local_copy(path) as file:
        for _line in child.extract(file, name=name, alive=lambda: None):
            pass


def forget_words() -> None:
    """Let the analyser meet each word for the first time, in whatever order is measured."""
    from webapp.knowledge import analysing, words

    for function in (*vars(analysing).values(), *vars(words).values()):
        if isinstance(function, functools._lru_cache_wrapper):
            function.cache_clear()


def index_again(source_id: int) -> float:
    """Take what is live out of the index and put it in again; return the CPU seconds of the latter."""
    from sqlalchemy import select

    from webapp.extensions import db
    from webapp.knowledge import index, readings
    from webapp.knowledge.models import Chunk, Reading

    live = db.session.scalars(
        select(Reading.id).where(Reading.source_id == source_id, Reading.live)
    ).one()
    index.remove([live])
    db.session.commit()
    forget_words()
    spent, after = 0.0, 0
    while chunks := db.session.scalars(
        select(Chunk)
        .where(Chunk.reading_id == live, Chunk.ordinal > after)
        .order_by(Chunk.ordinal)
        .limit(readings.AT_ONCE[db.engine.dialect.name])
    ).all():
        after = chunks[-1].ordinal
        began = cpu()
        index.add(chunks)
        db.session.commit()
        spent += cpu() - began
        db.session.expunge_all()
    return spent


def stops(database: str, run_all: Callable[[], Any]) -> None:
    """Stop a job between pages, and in a child that hangs."""
    from flask import current_app

    from tests.documents import making
    from webapp.documents import reading
    from webapp.extensions import db

    # The app itself: the thread that stops the job has no context in which the proxy would lead to it.
    app = current_app._get_current_object()
    for name, hang in (("between pages", False), ("in a child that hangs", True)):
        source = making.stored(making.pdf(making.pages(600, what=name)), f"{name}.pdf")
        reading.ask(source)
        db.session.commit()
        stopper = Stopper(app, hang=hang)
        run_all()
        ended = time.monotonic()
        stopper.join()
        print(
            verdict(
                f"stopped {name}, {database}",
                ended - stopper.at,
                STOP_SECONDS,
                unit=" s",
                at_most=True,
            ),
            flush=True,
        )


class Stopper(threading.Thread):
    """Asks the running job to stop, as its page does; before that it may let the child hang."""

    def __init__(self, app: Any, *, hang: bool) -> None:
        super().__init__()
        self.app, self.hang, self.at = app, hang, 0.0
        self.start()

    def run(self) -> None:
        from sqlalchemy import update

        from webapp.clock import now
        from webapp.extensions import db
        from webapp.jobs.models import Job, JobState

        while not (found := self._child()):
            time.sleep(0.001)
        if self.hang:
            found.send_signal(signal.SIGSTOP)
        else:
            time.sleep(0.7)
        with self.app.app_context():
            running = Job.state == JobState.PROGRESS
            db.session.execute(update(Job).where(running).values(cancel_requested_at=now()))
            db.session.commit()
        self.at = time.monotonic()

    def _child(self) -> psutil.Process | None:
        from webapp.knowledge.child import EXTRACTION

        for process in psutil.Process().children():
            with contextlib.suppress(psutil.Error):
                if str(EXTRACTION) in process.cmdline():
                    return process
        return None


if __name__ == "__main__":
    main()
