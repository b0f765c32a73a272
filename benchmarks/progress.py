"""The live page of a campaign of 100,000 recipients: what a poll and a list cost, and whom it slows down.

First in one process: the time that the database takes for a poll with news, the lists of the
recipients by state and by reason, and the file of them all. Then gunicorn with two processes of four threads:
the public booking page alone, and while 50 people watch the campaign, which changes every second.
"""

import asyncio
import hashlib
import html
import secrets
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

from sqlalchemy import event, func, select, text, update

from benchmarks.polling import cookie_of, served
from benchmarks.stage import each_database, median, percentile, stage, verdict
from benchmarks.stage.watchers import both

PEOPLE, POLLS, ROUNDS, SECONDS, RATE, WATCHERS = 100_000, 50, 5, 6.0, 15.0, 50
DATABASE_MS, LIST_MS, EXPORT_STARTS, EXPORT_SECONDS, SLOWER = 5.0, 50.0, 0.5, 5.0, 1.2
LISTS = {
    "everybody": "",
    "delivered": "?state=delivered",
    "waiting": "?state=queued",
    "failed": "?state=failed",
    "one reason": "?state=failed&code=21211",
    "a number": "?q=%2B919800077777",
    "a name": "?q=asha+rao+7777",
}


def main() -> None:
    """Measure on both databases."""
    each_database("progress", measure)


def measure(database: str) -> None:
    """Print the figures of one database."""
    with stage(database, WEB_THREADS="4") as here:
        seen = prepare(database)
        inside(seen, database)
        with served(here, "wsgi:app", "-c", "gunicorn.conf.py", processes=2) as base:
            beside(seen, base, database)


def prepare(database: str) -> SimpleNamespace:
    """Make the campaign, a service to book, and somebody who is signed in."""
    from benchmarks.stage.campaigns import under_way
    from benchmarks.stage.rows import service
    from webapp import create_app
    from webapp.accounts.models import Role, Session, User
    from webapp.clock import now
    from webapp.extensions import db

    app, token = create_app(), secrets.token_urlsafe(32)
    with app.app_context():
        db.create_all()
        user = User(name="Otto", email="otto@desk.example", role=Role.OPERATOR)
        digest = hashlib.sha256(token.encode()).hexdigest()
        db.session.add(Session(token_hash=digest, user=user, expires_at=now() + timedelta(hours=8)))
        service().hours = {str(day): [[540, 1020]] for day in range(7)}
        db.session.commit()
        campaign = under_way(PEOPLE)
        path, batch = f"/campaigns/{campaign.id}", campaign.batch_id
        db.session.remove()
        if database == "postgres":  # as its autovacuum does after so many rows
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))
        db.engine.dispose()
    return SimpleNamespace(app=app, path=path, batch=batch, cookie=cookie_of(app, token))


def inside(seen: SimpleNamespace, database: str) -> None:
    """Measure in this process what the database takes, and the lists as a whole."""
    from webapp import fragments

    client = seen.app.test_client(use_cookies=False)

    def ask(path: str) -> Any:
        fragments.forget()  # the first who asks after a change
        answer = client.get(path, headers={"Cookie": seen.cookie, "HX-Request": "true"})
        assert answer.status_code == 200, answer.status
        return answer

    with seen.app.app_context(), timed() as spent:
        polls = [cost(lambda: ask(f"{seen.path}/progress?seen=older"), spent) for _ in range(POLLS)]
        lists = {
            name: median(
                [cost(partial(ask, f"{seen.path}/recipients{wanted}"), spent) for _ in range(5)]
            )
            for name, wanted in LISTS.items()
        }
    print(f"{database}: the quickest poll took {min(polls):.2f} ms of the database")
    print(
        verdict(
            f"a poll's database time on {database}",
            median(polls),
            DATABASE_MS,
            unit=" ms",
            at_most=True,
        )
    )
    for name, value in lists.items():
        print(
            verdict(f"recipients, {name}, on {database}", value, LIST_MS, unit=" ms", at_most=True)
        )
    with seen.app.app_context():
        starts, whole = export(seen)
    print(verdict(f"the file starts on {database}", starts, EXPORT_STARTS, unit=" s", at_most=True))
    print(
        verdict(f"the file of all on {database}", whole, EXPORT_SECONDS, unit=" s", at_most=True),
        flush=True,
    )


def cost(ask: Callable[[], Any], spent: list[float]) -> float:
    """Return the milliseconds in the database for one answer."""
    spent.clear()
    ask()
    return 1000 * sum(spent)


@contextmanager
def timed() -> Iterator[list[float]]:
    """Note how long each statement takes: those of sessions, and those that go past them."""
    from webapp.database import Glance
    from webapp.extensions import db

    spent: list[float] = []
    began: list[float] = []
    straight = Glance.ask

    def glance(self: Glance, *what: Any) -> Any:
        begin = time.perf_counter()
        try:
            return straight(self, *what)
        finally:
            spent.append(time.perf_counter() - begin)

    Glance.ask = glance  # the driver itself has no hook
    event.listen(db.engine, "before_cursor_execute", lambda *_: began.append(time.perf_counter()))
    event.listen(
        db.engine,
        "after_cursor_execute",
        lambda *_: spent.append(time.perf_counter() - began.pop()),
    )
    try:
        yield spent
    finally:
        Glance.ask = straight  # as it was


def export(seen: SimpleNamespace) -> tuple[float, float]:
    """Return the seconds to the first part of the file of everybody, and to its end."""
    from webapp.campaigns import exporting
    from webapp.campaigns.models import Campaign
    from webapp.exports.writing import in_parts
    from webapp.extensions import db

    args = {
        "campaign_id": db.session.scalar(select(func.min(Campaign.id))),
        "batch_id": seen.batch,
        "state": "",
        "code": "",
        "words": "",
    }
    begin, first = time.perf_counter(), 0.0
    for number, _part in enumerate(in_parts(exporting.rows(args))):
        if number == 1:  # what comes before is the mark of UTF-8 alone
            first = time.perf_counter() - begin
    return first, time.perf_counter() - begin


def beside(seen: SimpleNamespace, base: str, database: str) -> None:
    """Measure the booking page alone and with watchers, in turns."""
    alone, watched, news = [], [], 0
    headers = f"HX-Request: true\r\nCookie: {seen.cookie}\r\n"
    poll = poll_of(f"{base}{seen.path}", seen.cookie)
    book = f"{base}/book/consultation"
    with changing(seen):
        asyncio.run(both(book, base, poll, headers, watchers=4, seconds=2, rate=RATE))
        for _ in range(ROUNDS):
            for watchers, found in ((0, alone), (WATCHERS, watched)):
                took, heard = asyncio.run(
                    both(book, base, poll, headers, watchers=watchers, seconds=SECONDS, rate=RATE)
                )
                found.append(1000 * percentile(took, 0.95))
                news += heard
    print(
        f"{database}: p95 of the booking page alone {median(alone):.0f} ms, "
        f"with {WATCHERS} watchers {median(watched):.0f} ms; {news} polls had news"
    )
    slower = median(watched) / median(alone)
    name = f"the booking page beside {WATCHERS} watchers on {database}"
    print(verdict(name, slower, SLOWER, unit=" times", at_most=True), flush=True)


@contextmanager
def changing(seen: SimpleNamespace) -> Iterator[None]:
    """Let the campaign be counted anew every second, as it is while it sends."""
    from webapp.database import reading
    from webapp.extensions import db
    from webapp.messages.models import Batch

    over = threading.Event()

    def count() -> None:
        reading.set(False)
        with seen.app.app_context():
            while not over.wait(1.0):
                db.session.execute(
                    update(Batch).where(Batch.id == seen.batch).values(version=Batch.version + 1)
                )
                db.session.commit()

    thread = threading.Thread(target=count)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def poll_of(url: str, cookie: str) -> str:
    """Return the address that the page asks for news."""
    request = urllib.request.Request(url, headers={"Cookie": cookie})
    with urllib.request.urlopen(request, timeout=30) as answer:
        page = answer.read().decode()
    return html.unescape(page.partition('hx-get="')[2].partition('"')[0])


if __name__ == "__main__":
    main()
