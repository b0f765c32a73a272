"""Whether anybody has to wait while old data is removed, and how many rows a second go.

One gunicorn process as in production, one worker. Old jobs that have ended, each with an event and two
lines of its log, and one in ten of them failed for one of some causes, lie in the database beside some of
yesterday. It runs until all of them are gone. Pages are asked for and a form is sent, 6
requests a second, first while the worker has nothing to do, then while it cleans up.
"""

import asyncio
import hashlib
import re
import secrets
import sys
import time
from collections import defaultdict
from datetime import timedelta
from types import SimpleNamespace

import aiohttp

from benchmarks.polling import served
from benchmarks.stage import each_database, percentile, stage, verdict

OLD = {"sqlite": 60_000, "postgres": 500_000}
RECENT, CHUNK, ROWS_OF_A_JOB, CAUSES = 5_000, 50_000, 4, 40
PER_SECOND, CALM, MOST = 6, 30.0, 500.0
TIMES, SLOWEST_MS = 2.0, 1_000.0
HEX = {
    "sqlite": "printf('%012x70008%015x', {ms}, n)",
    "postgresql": "cast(lpad(to_hex({ms}::bigint), 12, '0') || '70008' || lpad(to_hex(n), 15, '0') AS uuid)",
}
NUMBERS = {
    "sqlite": "WITH RECURSIVE many(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM many WHERE n < {last})",
    "postgresql": "WITH many(n) AS (SELECT generate_series({first}, {last}))",
}


def main() -> None:
    """Measure on both databases."""
    each_database("cleaning", measure)


def measure(database: str) -> None:
    """Print the figures of one database."""
    count = int(sys.argv[2]) if len(sys.argv) > 2 else OLD[database]
    with stage(database) as here:
        seen = prepare(count)
        worker = here.celery("worker.app", "-Q", "urgent,messages,default,bulk")
        with (
            served(here, "wsgi:app", "-c", "gunicorn.conf.py") as url,
            here.running(*worker, log="worker.log", WORKER_CONCURRENCY="1"),
        ):
            probes = Probes(url, seen)
            calm = asyncio.run(probes.run(CALM, until=None))
            began = time.monotonic()
            job_id = ask(seen)
            during = asyncio.run(probes.run(MOST, until=lambda: ended(seen, job_id)))
            spent = time.monotonic() - began
            stop(seen, job_id)
            # Before and after, because what else the machine does changes.
            for name, times in asyncio.run(probes.run(CALM, until=None)).items():
                calm[name] += times
        left = still_there(seen)
    told(database, calm, during)
    gone = (count - left) * ROWS_OF_A_JOB
    print(
        f"{database}: {gone:,} rows of {count - left:,} jobs in {spent:.0f} s: {gone / spent:,.0f} rows/s"
    )
    if left:
        print(f"{database}: {left:,} jobs were left when the time was over")
    sys.stdout.flush()


def told(database: str, without: "Times", during: "Times") -> None:
    """Print what every kind of request took, and whether that is well."""
    print(f"{database}, milliseconds        without: p95     max   with: p95     max   requests")
    for name, times in during.items():
        calm = without[name]
        print(
            f"  {name:28} {percentile(calm, 0.95):12.1f} {max(calm):7.0f} "
            f"{percentile(times, 0.95):11.1f} {max(times):7.0f} {len(times):10,}"
        )
    ratio = percentile(_all(during), 0.95) / percentile(_all(without), 0.95)
    print(
        verdict(f"p95 with cleaning, times that without, on {database}", ratio, TIMES, at_most=True)
    )
    slowest = max(_all(during))
    print(
        verdict(
            f"slowest with cleaning on {database}", slowest, SLOWEST_MS, unit=" ms", at_most=True
        )
    )


Times = dict[str, list[float]]


def _all(times: Times) -> list[float]:
    return [one for some in times.values() for one in some]


class Probes:
    """A person at the desk and customers on the public page, who ask at their times."""

    def __init__(self, url: str, seen: SimpleNamespace) -> None:
        self.url, self.seen = url, seen

    async def run(self, seconds: float, until: object) -> Times:
        """Ask for so many seconds, or until something is so; return milliseconds by kind of request."""
        jar = aiohttp.CookieJar(unsafe=True)
        times: Times = defaultdict(list)
        # Each request by itself: one that meets the end of a kept connection would say nothing of us.
        link = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(cookie_jar=jar, connector=link) as client:
            jar.update_cookies({"bellhop": self.seen.cookie})
            token = await self._token(client)
            form = {"csrf_token": token, "name": "Asha", "phone": "+919800000001", "zone": "UTC"}
            wanted = [
                ("the booking page", "GET", f"/book/{self.seen.slug}", None),
                ("the list of jobs", "GET", "/jobs", None),
                ("a customer", "GET", f"/customers/{self.seen.customer_id}", None),
                ("a form that is stored", "POST", f"/customers/{self.seen.customer_id}/edit", form),
            ]
            for name, method, path, data in wanted * 10:  # warm
                await self._one(client, {name: []}, name, method, path, data, 0)
            began, under_way, number = time.monotonic(), [], 0
            while (spent := time.monotonic() - began) < seconds:
                if number % PER_SECOND == 0 and until is not None and until():
                    break
                await asyncio.sleep(max(0, number / PER_SECOND - spent))
                name, method, path, data = wanted[number % len(wanted)]
                one = self._one(client, times, name, method, path, data, number)
                under_way.append(asyncio.create_task(one))
                number += 1
            await asyncio.gather(*under_way)
        return times

    async def _token(self, client: aiohttp.ClientSession) -> str:
        async with client.get(f"{self.url}/customers") as answer:
            found = re.search(r'name="csrf-token" content="([^"]+)"', await answer.text())
        if found is None:
            sys.exit("Nobody is signed in.")
        return found[1]

    async def _one(
        self, client: aiohttp.ClientSession, times: Times, name: str, method: str, path: str,
        data: dict[str, str] | None, number: int,
    ) -> None:  # fmt: skip
        form = None if data is None else {**data, "note": f"Note {number}"}
        began = time.perf_counter()
        async with client.request(
            method, self.url + path, data=form, allow_redirects=False
        ) as answer:
            await answer.read()
            if answer.status not in {200, 303}:
                sys.exit(f"{path} was answered with {answer.status}")
        times[name].append((time.perf_counter() - began) * 1000)


def prepare(count: int) -> SimpleNamespace:
    """Fill the database, and sign somebody in."""
    from benchmarks.stage.rows import held_booking
    from webapp import create_app
    from webapp.accounts.models import Role, Session, User
    from webapp.clock import now
    from webapp.database import reading
    from webapp.extensions import db

    app, token = create_app(), secrets.token_urlsafe(32)
    with app.app_context():
        reading.set(False)
        db.create_all()
        user = User(name="Ada", email="ada@desk.example", role=Role.ADMIN)
        digest = hashlib.sha256(token.encode()).hexdigest()
        db.session.add(Session(token_hash=digest, user=user, expires_at=now() + timedelta(hours=8)))
        booking = held_booking(1)
        booking.service.hours = {str(day): [[540, 1020]] for day in range(7)}
        db.session.commit()
        slug, customer_id = booking.service.slug, booking.customer_id
        add_causes()
        for first in range(1, count + 1, CHUNK):
            add_jobs(first, min(first + CHUNK - 1, count), days=120)
        add_jobs(count + 1, count + RECENT, days=1)
        if db.engine.dialect.name == "postgresql":
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as link:
                link.exec_driver_sql("VACUUM ANALYZE")
        db.session.remove()
        db.engine.dispose()
    serializer = app.session_interface.get_signing_serializer(app)
    cookie = serializer.dumps({"_user_id": token, "_fresh": True})
    return SimpleNamespace(app=app, cookie=cookie, slug=slug, customer_id=customer_id)


def add_causes() -> None:
    """Add that for which some of the jobs failed."""
    from webapp.extensions import db
    from webapp.jobs.known import Cause

    numbers = range(1, CAUSES + 1)
    db.session.add_all(Cause(fingerprint=f"{one:064}", text=f"It broke {one}.") for one in numbers)
    db.session.commit()


def add_jobs(first: int, last: int, *, days: int) -> None:
    """Add jobs that ended so many days ago, with what belongs to them, by the database itself."""
    from sqlalchemy import text

    from webapp.clock import now
    from webapp.extensions import db

    kind = db.engine.dialect.name
    moment = now() - timedelta(days=days)
    ids = HEX[kind].format(ms=f"{int(moment.timestamp() * 1000)} + n")
    many = NUMBERS[kind].format(first=first, last=last)
    at = {"at": moment.strftime("%Y-%m-%d %H:%M:%S.%f") if kind == "sqlite" else moment}
    empty = "'{}'" if kind == "sqlite" else "'{}'::jsonb"
    wordy = "'Told the customer by SMS, WhatsApp and e-mail, as the booking was confirmed.'"
    job = (
        "id, kind, queue, args, state, subject_type, subject_id, routine, done, attempt, failures, lost, "
        "max_attempts, run_at, created_at, started_at, finished_at, version, result, cause_id"
    )
    failed = "n % 10 = 0"
    values = (
        f"{ids}, 'bookings.notify', 'messages', {empty}, CASE WHEN {failed} THEN 'FAILURE' "
        "ELSE 'SUCCESS' END, 'booking', CAST(n AS VARCHAR(40)), false, 3, 1, 0, 0, 4, :at, :at, :at, :at, 3, "
        f"{empty}, CASE WHEN {failed} THEN n / 10 % {CAUSES} + 1 END"
    )
    line = (
        f"job_logs (job_id, attempt, at, level, text) {many} SELECT {ids}, 1, :at, 'info', {wordy}"
    )
    event = f"job_events (job_id, at, what, text) {many} SELECT {ids}, :at, 'retry', {wordy}"
    statements = [
        f"INSERT INTO {what} FROM many"
        for what in (f"jobs ({job}) {many} SELECT {values}", event, line, line)
    ]
    for statement in statements:
        db.session.execute(text(statement), at)
    db.session.commit()


def ask(seen: SimpleNamespace) -> object:
    """Ask for the clean-up; return the job's id."""
    from webapp.extensions import db
    from webapp.retention import cleaning

    with seen.app.app_context():
        job_id = cleaning.ask().id
        db.session.commit()
    return job_id


def ended(seen: SimpleNamespace, job_id: object) -> bool:
    """Say whether it has ended."""
    from webapp.database import reading
    from webapp.extensions import db
    from webapp.jobs.models import Job

    with seen.app.app_context():
        reading.set(True)
        job = db.session.get_one(Job, job_id)
        return job.finished


def stop(seen: SimpleNamespace, job_id: object) -> None:
    """Stop the clean-up, and wait until it has."""
    from webapp.database import reading
    from webapp.extensions import db
    from webapp.jobs.acting import asking
    from webapp.jobs.models import Job

    if ended(seen, job_id):
        return
    with seen.app.app_context():
        reading.set(False)
        asking.cancel(db.session.get_one(Job, job_id))
        db.session.commit()
    while not ended(seen, job_id):
        time.sleep(0.5)


def still_there(seen: SimpleNamespace) -> int:
    """Return how many old jobs are left."""
    from webapp.clock import now
    from webapp.database import reading
    from webapp.extensions import db
    from webapp.jobs.models import Job

    with seen.app.app_context():
        reading.set(True)
        old = Job.created_at < now() - timedelta(days=90)
        left = db.session.scalar(db.select(db.func.count()).select_from(Job).where(old))
        db.session.remove()
        db.engine.dispose()
    return int(left or 0)


if __name__ == "__main__":
    main()
