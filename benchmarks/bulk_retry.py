"""100,000 failed jobs are asked to run again: the first answer, other pages meanwhile, the stop, the undo.

Everything is the real thing: gunicorn, a worker with two processes, a browser that sends the form.
Other pages are asked for one by one, before and while the jobs are asked.
"""

import os
import re
import secrets
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import requests

from benchmarks.stage import each_database, percentile, stage, verdict

COUNT = int(os.environ.get("BULK_JOBS", "100000"))
ANSWER, STOP = 0.3, 2.0
TIMES = 2.0
ASLEEP = 0.05


def main() -> None:
    """Measure on both databases."""
    each_database("bulk_retry", measure)


def measure(database: str) -> None:
    """Print the figures of one database."""
    with stage(database, WORKER_CONCURRENCY="2", WEB_WORKERS="2") as here:
        cookie = prepare()
        port = here.env["PUBLIC_URL"].rsplit(":", 1)[1]
        web = here.running(
            *(sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"),
            log="web.log",
            PORT=port,
        )
        with web, here.running(*here.celery("worker.app"), log="worker.log"):
            browser = Browser(here.env["PUBLIC_URL"], cookie)
            browser.wait()
            report(database, browser)


def report(database: str, browser: "Browser") -> None:
    """Go through it as a person would, and print what was measured."""
    ledger = Ledger()
    before = ledger.rows()
    calm = probe(browser, lambda: None, seconds=10.0)
    asked, seconds = browser.ask("/jobs/many/retry")
    print(verdict(f"first answer on {database}", seconds, ANSWER, unit=" s", at_most=True))
    busy = probe(browser, lambda: ledger.over(asked))
    job = ledger.job(asked)
    took = (job["finished_at"] - job["started_at"]).total_seconds()
    print(f"{database}: {COUNT:,} asked in {took:.1f} s, {COUNT / took:,.0f}/s: {job['result']}")
    shown = f"{percentile(calm, 0.95) * 1000:.0f} ms before, {percentile(busy, 0.95) * 1000:.0f} ms meanwhile"
    print(f"{database}: other pages p95 {shown}; slowest {max(busy) * 1000:.0f} ms")
    back, _ = browser.press(f"/jobs/{asked}/take-back-all")
    ledger.wait(back)
    job = ledger.job(back)
    took = (job["finished_at"] - job["started_at"]).total_seconds()
    wrong, begun = ledger.compare(before)
    print(
        f"{database}: taken back in {took:.1f} s; {begun:,} had begun; {wrong} of the others differ"
    )
    stop(database, browser, ledger)


def stop(database: str, browser: "Browser", ledger: "Ledger") -> None:
    """Ask again, and stop in the middle."""
    asked, _ = browser.ask("/jobs/many/retry")
    ledger.until(lambda: (ledger.job(asked)["done"] or 0) > COUNT // 20)
    began = time.monotonic()
    browser.press(f"/jobs/{asked}/cancel")
    ledger.wait(asked)
    seconds = time.monotonic() - began
    job = ledger.job(asked)
    print(f"{database}: stopped at {job['done']:,} of {job['total']:,}, {job['state']}")
    print(verdict(f"stopped on {database}", seconds, STOP, unit=" s", at_most=True), flush=True)


def probe(browser: "Browser", over: Callable[[], Any], *, seconds: float = 600.0) -> list[float]:
    """Ask for other pages one by one until it is over; return how long each took."""
    took, end = [], time.monotonic() + seconds
    pages = ("/", "/jobs", "/bookings", "/customers", "/jobs?show=failed")
    while time.monotonic() < end and not over():
        for page in pages:
            took.append(browser.get(page))
            time.sleep(ASLEEP)
    return took


class Browser:
    """Somebody who has signed in."""

    def __init__(self, url: str, cookie: str) -> None:
        self.url, self.session = url, requests.Session()
        self.session.cookies.set("bellhop", cookie, domain="127.0.0.1", path="/")

    def wait(self) -> None:
        """Wait until the pages are there."""
        for _ in range(300):
            try:
                if self.session.get(f"{self.url}/livez", timeout=5).ok:
                    return
            except requests.ConnectionError:
                time.sleep(0.1)
        sys.exit("The web process did not start.")

    def get(self, path: str) -> float:
        """Return how long a page took."""
        began = time.monotonic()
        self.session.get(self.url + path, timeout=60).raise_for_status()
        return time.monotonic() - began

    def ask(self, path: str) -> tuple[str, float]:
        """Look at what would happen, send that form, and return the job's id and the seconds of the answer."""
        began = time.monotonic()
        page = self.session.get(f"{self.url}{path}?show=failed", timeout=60).text
        print(f"the page that asks: {time.monotonic() - began:.2f} s")
        seen = re.search(r'name="seen_at" value="([^"]+)"', page)
        assert seen, page
        return self.press(path, show="failed", seen_at=seen[1], reason="The provider is back")

    def press(self, path: str, **fields: str) -> tuple[str, float]:
        """Send a form, and return the id of the job to which the answer leads."""
        token = re.search(
            r'name="?csrf-token"? content="([^"]+)"', self.session.get(f"{self.url}/jobs").text
        )
        assert token
        began = time.monotonic()
        answer = self.session.post(
            self.url + path,
            data={"csrf_token": token[1], **fields},
            allow_redirects=False,
            timeout=60,
        )
        seconds = time.monotonic() - began
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"].rsplit("/", 1)[1], seconds


class Ledger:
    """The rows, looked at without taking the write lock."""

    NAMES = (
        *("state", "failures", "lost", "done", "total", "note", "run_at", "finished_at", "error"),
        *("advice", "traceback", "cause_id", "routine", "asked_by_id", "bulk_id", "attempt"),
    )

    def __init__(self) -> None:
        from webapp import create_app
        from webapp.database import reading

        self.app = create_app()
        reading.set(True)

    def rows(self) -> dict[str, Any]:
        """Return all that can be told of each job that failed."""
        from webapp.extensions import db
        from webapp.jobs.kinds import JobKind
        from webapp.jobs.models import Job

        with self.app.app_context():
            columns = [getattr(Job, name) for name in self.NAMES]
            query = db.select(Job.id, *columns).where(Job.kind == JobKind.NOTHING)
            return {row[0]: tuple(row[1:]) for row in db.session.execute(query)}

    def compare(self, before: dict[str, Any]) -> tuple[int, int]:
        """Return how many that have not begun differ from what they were, and how many have begun."""
        after, attempt = self.rows(), self.NAMES.index("attempt")
        begun = {one for one, row in after.items() if row[attempt] != before[one][attempt]}
        return sum(after[one] != row for one, row in before.items() if one not in begun), len(begun)

    def job(self, job_id: str) -> dict[str, Any]:
        """Return a job's row."""
        import uuid

        from webapp.extensions import db
        from webapp.jobs.models import Job

        with self.app.app_context():
            job = db.session.get_one(Job, uuid.UUID(job_id))
            names = ("state", "done", "total", "started_at", "finished_at", "result", "error")
            return {name: getattr(job, name) for name in names}

    def over(self, job_id: str) -> bool:
        """Say whether a job has ended."""
        return self.job(job_id)["finished_at"] is not None

    def wait(self, job_id: str) -> None:
        """Wait for the end of a job."""
        self.until(lambda: self.over(job_id))

    def until(self, done: Callable[[], bool]) -> None:
        """Look often: what is measured is short."""
        end = time.monotonic() + 600
        while not done():
            if time.monotonic() > end:
                sys.exit("It did not finish.")
            time.sleep(0.05)


def prepare() -> str:
    """Make the jobs that failed and an operator; return the cookie by which she is signed in."""
    import hashlib

    from flask.sessions import SecureCookieSessionInterface
    from sqlalchemy import insert
    from uuid_utils.compat import uuid7

    from webapp import create_app
    from webapp.accounts.models import Role, Session, User
    from webapp.clock import now
    from webapp.extensions import db
    from webapp.jobs.kinds import JobKind, Queue
    from webapp.jobs.models import Cause, Job, JobState

    app, token = create_app(), secrets.token_urlsafe(32)
    with app.app_context():
        db.create_all()
        user = User(name="Olga", email="olga@desk.example", role=Role.OPERATOR)
        digest = hashlib.sha256(token.encode()).hexdigest()
        cause = Cause(fingerprint="broke", text="The provider did not answer.")
        db.session.add(Session(token_hash=digest, user=user, expires_at=now() + timedelta(hours=8)))
        db.session.add(cause)
        db.session.flush()
        usual = {
            "kind": JobKind.NOTHING, "queue": Queue.DEFAULT, "state": JobState.FAILURE,
            "max_attempts": 4, "attempt": 4, "failures": 4, "finished_at": now(), "args": {},
            "error": "The provider did not answer.", "advice": "Try it again.",
            "traceback": "Traceback (most recent call last):\n" + "  a line of it\n" * 40,
            "cause_id": cause.id, "note": "Asking the provider.",
        }  # fmt: skip
        for _ in range(0, COUNT, 2_000):
            db.session.execute(insert(Job), [{"id": uuid7(), **usual} for _ in range(2_000)])
        db.session.commit()
        signer: Any = SecureCookieSessionInterface().get_signing_serializer(app)
        return str(signer.dumps({"_user_id": token, "_fresh": True}))


if __name__ == "__main__":
    main()
