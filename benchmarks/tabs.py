"""Two hundred open tabs with live pages: how much slower the other pages become.

gunicorn with two processes of four threads. Ten jobs get on once a second; 120 tabs show one of them,
40 the list of those that are not finished, 40 a booking with its job and messages. Other people look
at bookings, customers, messages and the public booking page, at a steady rate: alone, and beside the
tabs, in turns.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from types import SimpleNamespace

from sqlalchemy import select, update

from benchmarks.polling import prepare, served
from benchmarks.progress import poll_of
from benchmarks.stage import each_database, median, percentile, stage, verdict
from benchmarks.stage.watchers import EVERY, look, watch

TABS, ROUNDS, SECONDS, RATE, GOAL = 200, 5, 8.0, 10.0, 2.0


def main() -> None:
    """Measure on both databases."""
    each_database("tabs", measure)


def measure(database: str) -> None:
    """Print the figure of one database."""
    with stage(database, WEB_THREADS="4") as here:
        seen = prepare("operator")
        with served(here, "wsgi:app", "-c", "gunicorn.conf.py", processes=2) as base:
            alone, beside, news = run(seen, base)
    print(
        f"{database}: p95 of other pages {median(alone):.0f} ms alone, {median(beside):.0f} ms beside"
        f" {TABS} tabs; {news:,} polls had news"
    )
    slower = median(beside) / median(alone)
    name = f"other pages beside {TABS} tabs on {database}"
    print(verdict(name, slower, GOAL, unit=" times", at_most=True), flush=True)


def run(seen: SimpleNamespace, base: str) -> tuple[list[float], list[float], int]:
    """Return the p95 in milliseconds of each round, without the tabs and with them; and the news."""
    alone: list[float] = []
    beside: list[float] = []
    heard = 0
    headers = f"Cookie: {seen.cookie}\r\n"
    live = [*seen.jobs * 12, *["/jobs?show=open"] * 40, *[seen.booking] * 40]
    polls = [poll_of(base + path, seen.cookie) for path in live]
    pages = [
        f"{base}{path}" for path in ("/bookings", "/customers", "/messages", "/book/consultation")
    ]
    with getting_on():
        asyncio.run(
            round_of([], pages, base, headers, 2.0)
        )  # so that everything has been asked once
        for _ in range(ROUNDS):
            for tabs, found in (([], alone), (polls, beside)):
                took, news = asyncio.run(round_of(tabs, pages, base, headers, SECONDS))
                found.append(1000 * percentile(took, 0.95))
                heard += news
    return alone, beside, heard


async def round_of(
    polls: list[str], pages: list[str], base: str, headers: str, seconds: float
) -> tuple[list[float], int]:
    """Look at pages while tabs are open; return the seconds each took, and how much news there was."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    tabs = [
        asyncio.create_task(
            watch(base, poll, f"HX-Request: true\r\n{headers}", until, EVERY * number / TABS)
        )
        for number, poll in enumerate(polls)
    ]
    took = await look(list(islice(cycle(pages), int(seconds * RATE))), headers, RATE)
    return took, sum(await asyncio.gather(*tabs))


@contextmanager
def getting_on() -> Iterator[None]:
    """Let the running jobs get on once a second."""
    from webapp import create_app
    from webapp.database import reading
    from webapp.extensions import db
    from webapp.jobs.models import Job, JobState

    over, app = threading.Event(), create_app()

    def get_on() -> None:
        reading.set(False)
        with app.app_context():
            moving = db.session.scalars(select(Job.id).where(Job.state == JobState.PROGRESS)).all()
            db.session.commit()
            while not over.wait(1.0):
                for job in moving:
                    db.session.execute(
                        update(Job)
                        .where(Job.id == job)
                        .values(done=(Job.done + 1) % 20, version=Job.version + 1)
                    )
                    db.session.commit()
            db.engine.dispose()

    thread = threading.Thread(target=get_on)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


if __name__ == "__main__":
    main()
