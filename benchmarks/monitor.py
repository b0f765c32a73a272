"""The list of jobs with a million of them: every filter, every pair, some of three, every kind of search.

On PostgreSQL, through the real page as an operator sees it (Flask's test client: all but the web
server). 700,000 of the jobs have failed for 12 causes; 100,000 customers have about 175,000 bookings
among what they are about. MONITOR_JOBS sets another number; with SQLite as argument that is 200,000.
A page further back is asked for too. Each figure is the p95 over all the pages of its kind, and each kind
is judged by itself. Failures by cause are asked for before and after the VACUUM that autovacuum does.
"""

import gc
import hashlib
import itertools
import os
import random
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from benchmarks.stage import ledger, percentile, stage, verdict

#: So many of each three filters are taken.
ROUNDS, OF_THREE = 3, 6
GOAL_MS, GROUPS_MS, STATEMENTS = 150.0, 300.0, 8
FILTERS = {
    "state": ("show=failed", "show=done", "show=stopped", "show=again", "show=open"),
    "queue": ("queue=messages", "queue=bulk", "queue=urgent"),
    "kind": ("kind=bookings.notify", "kind=documents.read", "kind=exports.write", "kind=jobs.nothing"),
    "who": ("who=1003", "who=1027", "who=-"),
    "what about": ("type=booking", "type=campaign", "about=booking:777", "about=website:7"),
    "when": ("from={recent}", "to={old}", "from={old}&to={less_old}"),
    "cause": ("cause=1", "cause=7", "cause=12"),
    "routine": ("routine=only", "routine=with"),
    "search": ("q=asha+rao", "q=offer", "q=yoga+13:00", "q=97", "q=reached+zoe", "q=qqqq"),
}  # fmt: skip
SEARCHES = {
    "a customer": ("asha rao", "zoe angstrom", "lukasz kow", "田中", "O'Brien", "kumar", "花"),
    "a telephone number": ("+91 98123", "98123 45", "9812345", "0091 97"),
    "an address": ("asha.123@gmail.com", "zoe.9", "gmail.com", "tariq.55@web.de"),
    "a file": ("spring-offer_120.pdf", "we-have-moved", "prices_3"),
    "a campaign": ("Spring offer 12", "diwali greetings", "offer"),
    "a service": ("massage", "dental check-up", "yoga 13:00"),
    "a website": ("https://www.springoffer12.example/help", "survey77.example"),
    "an error": ("cannot be reached", "password", "refused our key", "page 412", "list-4", "97123"),
    "words of both": ("refused rao", "zoe reached", "asha gmail mail", "yoga password"),
    "a job's number": ("{number}", "{beginning}"),
    "few letters": ("a", "r", "ku", "0", "x"),
    "nothing there": ("asha zzz", "qqqq", "rao 000000000000", "password massage yoga hair"),
}  # fmt: skip


def main() -> None:
    """Fill a database, ask for everything, print the table."""
    database = sys.argv[1] if len(sys.argv) > 1 else "postgres"
    jobs = int(os.environ.get("MONITOR_JOBS", "1000000" if database == "postgres" else "200000"))
    with stage(database):
        from webapp import create_app
        from webapp.database import reading
        from webapp.extensions import db

        app = create_app()
        with app.app_context():
            reading.set(False)
            db.create_all()
            began = time.perf_counter()
            ledger.fill(jobs, jobs * 7 // 10, jobs // 10, vacuumed=False)
            print(f"{database}: {jobs:,} jobs made in {time.perf_counter() - began:.0f} s")
            cookie = signed_in()
            places = places_of()
        gc.collect()
        gc.freeze()  # as gunicorn.conf.py does
        client = app.test_client()
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = cookie, True
        print(judged("failures by cause, just written, p95", groups(client), GROUPS_MS))
        with app.app_context():
            ledger.vacuum()
        print(judged("failures by cause, p95", groups(client), GROUPS_MS))
        measure(app, client, places)


def signed_in() -> str:
    """Return the cookie of one of those who work here."""
    from webapp.accounts.models import Session
    from webapp.clock import now
    from webapp.extensions import db

    token = secrets.token_urlsafe(32)
    session = Session(
        token_hash=hashlib.sha256(token.encode()).hexdigest(),
        user_id=1_003,
        expires_at=now() + timedelta(hours=8),
    )
    db.session.add(session)
    db.session.commit()
    return token


def places_of() -> dict[str, str]:
    """Return what the addresses leave open: some moments, and the number of a job."""
    from webapp.clock import now
    from webapp.extensions import db
    from webapp.jobs.models import Job

    number = str(
        db.session.scalars(db.select(Job.id).order_by(Job.id).offset(5_000).limit(1)).one()
    )
    days = {"recent": 3, "old": 350, "less_old": 200}
    return {name: f"{now() - timedelta(days=ago):%Y-%m-%d}" for name, ago in days.items()} | {
        "number": number,
        "beginning": number[:13],
    }


def judged(what: str, times: list[float], goal: float) -> str:
    """Return the line of one figure."""
    return verdict(what, percentile(times, 0.95), goal, unit=" ms", at_most=True)


def groups(client: FlaskClient) -> list[float]:
    """Return the milliseconds of the failures by cause, asked for ten times."""
    return [ask(client, "/jobs/failures") for _ in range(10)]


def measure(app: Flask, client: FlaskClient, places: dict[str, str]) -> None:
    """Print the p95 of each kind, the slowest pages, and the most statements of one."""
    asked = []
    found: dict[str, list[tuple[float, str]]] = {}
    with counting(app) as statements:
        for what, addresses in pages(places):
            for address in addresses:
                spent = [ask(client, address) for _ in range(ROUNDS)]
                found.setdefault(what, []).extend((one, address) for one in spent)
                asked.append((statements.pop() // ROUNDS, address))
    kinds = []
    for what, spent_on in found.items():
        times = [spent for spent, _ in spent_on]
        kinds.append((percentile(times, 0.95), what))
        print(
            f"{what:32} p50 {percentile(times, 0.5):6.1f}  p95 {kinds[-1][0]:6.1f} ms"
            f"  most {max(spent_on)[0]:6.1f} {max(spent_on)[1]}"
        )
    every = [spent for some in found.values() for spent, _ in some]
    print(judged("filters, pairs, threes and searches together, p95", every, GOAL_MS))
    slowest, what = max(kinds)
    line = verdict(f"each by itself, p95 of {what}", slowest, GOAL_MS, unit=" ms", at_most=True)
    missed = [what for spent, what in kinds if spent > GOAL_MS]
    print(f"{line}; {len(missed)} of {len(kinds)} kinds missed: {', '.join(missed) or 'none'}")
    most = max(asked)
    print(verdict(f"statements, most on {most[1]}", most[0], STATEMENTS, at_most=True))


def pages(places: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """Yield what is asked for, by kind."""
    known = {name: [one.format(**places) for one in some] for name, some in FILTERS.items()}
    yield (
        "nothing chosen",
        ["/jobs", f"/jobs?before={places['number']}", f"/jobs?after={places['number']}"],
    )
    for name, some in known.items():
        yield f"by {name}", [f"/jobs?{one}" for one in some]
        yield f"by {name}, further back", [f"/jobs?{one}&before={places['number']}" for one in some]
    for (one, some), (other, more) in itertools.combinations(known.items(), 2):
        yield f"{one} and {other}", [f"/jobs?{a}&{b}" for a, b in itertools.product(some, more)]
    for what, texts in SEARCHES.items():
        yield (
            f"search: {what}",
            [f"/jobs?{urlencode({'q': text.format(**places)})}" for text in texts],
        )
    chance = random.Random(3)
    for some in itertools.combinations(known, 3):
        threes = list(itertools.product(*(known[name] for name in some)))
        chosen = chance.sample(threes, min(len(threes), OF_THREE))
        yield ("three of them", [f"/jobs?{'&'.join(three)}" for three in chosen])


def ask(client: FlaskClient, address: str) -> float:
    """Return the milliseconds of a page."""
    began = time.perf_counter()
    answer = client.get(address)
    if answer.status_code != 200:
        sys.exit(f"{address} was answered with {answer.status_code}")
    return (time.perf_counter() - began) * 1000


@contextmanager
def counting(app: Flask) -> Iterator[Any]:
    """Count every statement, also those that go straight to the driver; ``pop`` begins anew."""
    from webapp.database import Glance
    from webapp.extensions import db

    class Counter:
        number = 0

        def pop(self) -> int:
            counted, self.number = self.number, 0
            return counted

    counter, glance = Counter(), Glance.ask

    def counted(self: Glance, *what: Any) -> Any:
        counter.number += 1
        return glance(self, *what)

    def heard(*_said: Any) -> None:
        counter.number += 1

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", heard)
    Glance.ask = counted
    yield counter
    Glance.ask = glance


if __name__ == "__main__":
    main()
