"""A reading is stopped at once: between two pages, and inside a reader that has gone silent."""

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import psutil
import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.documents import making
from tests.live import GENEROUS, wait_for
from tests.queues import Queue
from webapp.clock import now
from webapp.database import reading as looking
from webapp.documents import reading
from webapp.extensions import db
from webapp.jobs.models import Job, JobState
from webapp.knowledge.child import EXTRACTION
from webapp.knowledge.models import Source, SourceState

pytestmark = pytest.mark.usefixtures("app")


def reader() -> psutil.Process | None:
    """Return the running process that reads a file for this one."""
    for process in psutil.Process().children():
        try:
            command = process.cmdline()
            if str(EXTRACTION) in command and "--serve" not in command:
                return process
        except psutil.Error:
            continue
    return None


class Meanwhile(threading.Thread):
    """Does something while the job runs, and remembers when."""

    def __init__(self, app: Flask, doing: Callable[[], Callable[[], None] | None]) -> None:
        super().__init__()
        self.app, self.doing = app, doing
        self.at = 0.0
        self.start()

    def run(self) -> None:
        with self.app.app_context():
            then = self.doing()
            db.session.execute(update(Job).values(cancel_requested_at=now()))
            db.session.commit()
            self.at = time.monotonic()
            if then:
                then()


def stop_it(app: Flask, queue: Queue, doing: Callable[[], Callable[[], None] | None]) -> float:
    """Return how many seconds the job went on after somebody had asked it to stop."""
    meanwhile = Meanwhile(app, doing)
    queue.run()
    ended = time.monotonic()
    meanwhile.join(GENEROUS)
    assert meanwhile.at
    assert db.session.scalars(select(Job.state)).one() == JobState.REVOKED
    assert db.session.scalars(select(Source.state)).one() == SourceState.STOPPED
    assert reader() is None
    return ended - meanwhile.at


def ask(pages: int) -> None:
    reading.ask(making.stored(making.pdf(making.pages(pages)), "house.pdf"))
    db.session.commit()


def test_a_reader_that_hangs_is_ended_with_the_job(app: Flask, queue: Queue) -> None:
    def hang() -> None:
        found = wait_for(reader, every=0.001)
        os.kill(found.pid, signal.SIGSTOP)

    ask(600)
    assert stop_it(app, queue, hang) < GENEROUS


def let_run(found: psutil.Process, seconds: float) -> None:
    """Let a reader that is held go on for a moment; ProcessLookupError when it has ended."""
    os.kill(found.pid, signal.SIGCONT)
    time.sleep(seconds)
    os.kill(found.pid, signal.SIGSTOP)


def test_it_stops_between_pages(app: Flask, queue: Queue) -> None:
    """The reader is held but for moments: however slow we are, it is not done before the wish."""

    def begun() -> Callable[[], None]:
        found = wait_for(reader, every=0.001)
        os.kill(found.pid, signal.SIGSTOP)
        token = looking.set(True)  # and the job can write meanwhile

        def further() -> bool:
            let_run(found, 0.002)
            db.session.rollback()
            return bool(db.session.scalars(select(Job.done)).one())

        wait_for(further)
        db.session.rollback()
        looking.reset(token)
        return lambda: go_on(found)

    def go_on(found: psutil.Process) -> None:
        with suppress(ProcessLookupError):
            while True:
                let_run(found, 0.002)
                time.sleep(0.02)

    ask(1_200)
    assert stop_it(app, queue, begun) < GENEROUS
