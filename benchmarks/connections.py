"""Connections to Redis and to PostgreSQL that the whole product holds at once, under load.

Two web processes of four threads, a worker of two children and beat, by the Procfile's own lines.
Twenty people look at pages, ask for jobs and get their password wrong, all at once, so that each
thread of the web is at work and every part has reason to connect. Counted by the servers themselves.
"""

import re
import shlex
import threading
import time
from contextlib import ExitStack
from types import SimpleNamespace

import psycopg
import redis
import requests

from benchmarks.polling import prepare
from benchmarks.stage import ROOT, Stage, stage, verdict
from devtools import procfile
from devtools.processes import answers

PEOPLE, SECONDS, GOAL = 20, 20.0, 12
OURS = "looking-on"
SHAPE = {"WEB_CONCURRENCY": "2", "WEB_THREADS": "4", "WORKER_CONCURRENCY": "2"}


def main() -> None:
    """Count on PostgreSQL."""
    with stage("postgres", **SHAPE) as here, ExitStack() as stack:
        seen = prepare("operator")
        ours = lines_to_redis(here)  # by what this process itself has asked for
        for name, command in procfile.lines(ROOT / "Procfile").items():
            if name != "release":
                line = shlex.split(command.removeprefix("exec "))
                stack.enter_context(here.running(*line, log=f"{name}.log", **place(here)))
        wait_for_web(here)
        idle = count(here, ours)
        most, asked = under_load(here, seen, ours)
    print(f"{asked:,} requests by {PEOPLE} people in {SECONDS:.0f} s")
    for server, before, during in zip(("Redis", "PostgreSQL"), idle, most, strict=True):
        print(f"{server}: {before} when nothing happens")
        print(verdict(f"connections to {server} under load", during, GOAL, at_most=True))


def place(here: Stage) -> dict[str, str]:
    """Return where the web listens."""
    return {"HOST": "127.0.0.1", "PORT": here.env["PUBLIC_URL"].rpartition(":")[2]}


def wait_for_web(here: Stage) -> None:
    """Wait until the web serves and the worker has had time to connect."""
    end = time.monotonic() + 60
    while not answers(int(place(here)["PORT"])) and time.monotonic() < end:
        time.sleep(0.2)
    time.sleep(8)


def under_load(here: Stage, seen: SimpleNamespace, ours: set[str]) -> tuple[list[int], int]:
    """Return the most connections that were seen to each server, and how many requests were made."""
    end, asked = time.monotonic() + SECONDS, [0] * PEOPLE
    people = [
        threading.Thread(target=person, args=(here.env["PUBLIC_URL"], seen, number, end, asked))
        for number in range(PEOPLE)
    ]
    for one in people:
        one.start()
    most = [0, 0]
    while any(one.is_alive() for one in people):
        most = [max(pair) for pair in zip(most, count(here, ours), strict=True)]
        time.sleep(0.1)
    return most, sum(asked)


def person(base: str, seen: SimpleNamespace, number: int, end: float, asked: list[int]) -> None:
    """Be one of those who use it: every fourth asks for jobs, every fifth cannot sign in."""
    with requests.Session() as browser:
        browser.trust_env = False
        if number % 5:
            browser.headers["Cookie"] = seen.cookie
        page = browser.get(f"{base}/{'jobs' if number % 5 else 'sign-in'}", timeout=60).text
        token = {"csrf_token": re.findall(r'name="csrf-token" content="([^"]+)"', page)[0]}
        while time.monotonic() < end:
            if number % 5 == 0:
                wrong = {"email": "nobody@desk.example", "password": "not this one either", **token}
                browser.post(f"{base}/sign-in", wrong, timeout=60)
            elif number % 4 == 0:
                browser.post(f"{base}/jobs/test", token, timeout=60, allow_redirects=False)
            else:
                for path in ("/", "/bookings", seen.booking, "/jobs", "/messages"):
                    browser.get(base + path, timeout=60)
                    asked[number] += 1
            asked[number] += 1


def lines_to_redis(here: Stage) -> set[str]:
    """Return the ids of the connections that Redis has, without that of this question."""
    with redis.Redis.from_url(here.env["REDIS_URL"], client_name=OURS) as line:
        return {one["id"] for one in line.client_list() if one["name"] != OURS}


def count(here: Stage, ours: set[str]) -> tuple[int, int]:
    """Return the connections that Redis and PostgreSQL have, without those of this process."""
    url = here.env["DATABASE_URL"]
    with psycopg.connect(url, application_name=OURS) as line:
        found = line.execute(
            "SELECT count(*) AS held FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND application_name <> %s",
            (OURS,),
        ).fetchone()
    return len(lines_to_redis(here) - ours), found[0] if found else 0


if __name__ == "__main__":
    main()
