"""Status polls a second of one gunicorn process, against a bare Flask route that returns a string.

The unchanged poll is that of a booking's page with its job and three messages, by a person who is
signed in; the changed one is that of a job's page, made anew each time, or made a moment ago for
somebody else of the same role. Ten bars: the list of jobs with ten that run, made anew.
"""

import hashlib
import html
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from benchmarks.stage import ROOT, Stage, each_database, median, stage, verdict

ROUNDS, SECONDS = 5, 2.0
GOALS = {"sqlite": 0.5, "postgres": 0.35}
TEN_BARS = 2.5
# The same as in gunicorn.conf.py, which speaks of our database too.
PLAIN = ("-c", "python:benchmarks.peers.bare_gunicorn")


def main() -> None:
    """Measure on both databases."""
    each_database("polling", measure)


def measure(database: str) -> None:
    """Print the ratios of one database."""
    with stage(database) as here:
        seen = prepare()
        with (
            served(here, "wsgi:app", "-c", "gunicorn.conf.py") as ours,
            served(here, "benchmarks.peers.bare_flask:app", *PLAIN) as bare,
        ):
            headers = f"HX-Request: true\r\nCookie: {seen.cookie}\r\n"
            poll = poll_of(ours + seen.booking, seen.cookie)
            asked = {
                "bare": (bare + "/", "", 200),
                "unchanged": (ours + poll, headers, 204),
                "changed": (f"{ours}{seen.one}?n={{n}}&seen=older", headers, 200),
                "made for others": (f"{ours}{seen.one}?seen=older", headers, 200),
                "whole booking": (f"{ours}{seen.booking}?n={{n}}&seen=older", headers, 200),
                "ten bars": (f"{ours}/jobs?show=open&n={{n}}&seen=older", headers, 200),
            }
            rates: dict[str, list[float]] = {name: [] for name in asked}
            for _ in range(ROUNDS):
                for name, what in asked.items():
                    rates[name].append(ask(*what))
    rate = {name: median(found) for name, found in rates.items()}
    print(f"{database}: " + ", ".join(f"{name} {value:.0f}/s" for name, value in rate.items()))
    goal = GOALS[database]
    print(verdict(f"unchanged poll on {database}", rate["unchanged"] / rate["bare"], goal))
    print(
        verdict(
            f"changed fragment, made anew, on {database}", rate["changed"] / rate["bare"], goal / 2
        )
    )
    others = rate["made for others"] / rate["bare"]
    print(verdict(f"a fragment made for others on {database}", others, goal / 2))
    bars = rate["changed"] / rate["ten bars"]
    print(verdict(f"ten bars cost, on {database}", bars, TEN_BARS, at_most=True), flush=True)


def prepare(role: str = "viewer") -> SimpleNamespace:
    """Make a person who is signed in, a booking with its job and messages, and ten running jobs."""
    from benchmarks.stage.rows import booking_with_work, running_job
    from webapp import create_app
    from webapp.accounts.models import Role, Session, User
    from webapp.clock import now
    from webapp.extensions import db

    app, token = create_app(), secrets.token_urlsafe(32)
    with app.app_context():
        db.create_all()
        user = User(name="Vera", email="vera@desk.example", role=Role(role))
        digest = hashlib.sha256(token.encode()).hexdigest()
        db.session.add(Session(token_hash=digest, user=user, expires_at=now() + timedelta(hours=8)))
        booking = booking_with_work()
        jobs = [running_job() for _ in range(10)]
        db.session.commit()
        paths = SimpleNamespace(booking=f"/bookings/{booking.id}", one=f"/jobs/{jobs[0].id}")
        paths.jobs = [f"/jobs/{job.id}" for job in jobs]
        db.session.remove()
        db.engine.dispose()
    paths.cookie = cookie_of(app, token)
    return paths


def cookie_of(app: Flask, token: str) -> str:
    """Return the cookie of a browser that has been signed in and shown a page."""
    content = {"_user_id": token, "_fresh": True, "csrf_token": secrets.token_hex(20)}
    return f"bellhop={SecureCookieSessionInterface().get_signing_serializer(app).dumps(content)}"


@contextmanager
def served(here: Stage, what: str, *options: str, processes: int = 1) -> Iterator[str]:
    """Serve an application by gunicorn, set up as in production."""
    from devtools.processes import answers, free_port

    port = free_port()
    line = (sys.executable, "-m", "gunicorn", *options, "--max-requests", "0", what)
    environment = {"PORT": str(port), "HOST": "127.0.0.1", "WEB_CONCURRENCY": str(processes)}
    with here.running(*line, log=f"{port}.log", **environment):
        end = time.monotonic() + 60
        while not answers(port) and time.monotonic() < end:
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"


def poll_of(url: str, cookie: str) -> str:
    """Return the address that the page asks for news."""
    request = urllib.request.Request(url, headers={"Cookie": cookie})
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read().decode()
    poll = html.unescape(text.partition('hx-get="')[2].partition('"')[0])
    return poll.partition("&until=")[0]  # or it would be rendered anew after a while, to slow down


def ask(url: str, headers: str, status: int) -> float:
    """Return the requests a second."""
    line = [sys.executable, "-m", "benchmarks.stage.load", url, str(SECONDS), str(status), headers]
    out = subprocess.run(
        line, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True
    ).stdout
    rate, others = out.split()
    if int(others):
        sys.exit(f"{others} answers of {url} were not {status}")
    return float(rate)


if __name__ == "__main__":
    main()
