"""Documents of 50 MB over HTTP: how much the web process grows, and how long it takes beside a bare Flask app.

One gunicorn process as in production, and every place for files that the database's machine has:
the folder on SQLite, the blocks on both. Each upload is another file, so that none is a twin. The
process is looked at every few milliseconds while it takes them; its memory counts what it shares
with its parent in parts (PSS). The bare app writes the raw body to a temporary file.
"""

import hashlib
import http.client
import os
import re
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import psutil

from benchmarks.polling import PLAIN, served
from benchmarks.stage import Stage, each_database, median, stage, verdict

MEGABYTE = 1024 * 1024
SIZE, ROUNDS, GROWS = 50 * MEGABYTE, 3, 20.0
PART = b"Prices, in rupees, for a night. " * (MEGABYTE // 32)
BOUNDARY = "a-line-that-no-file-holds"
PATIENCE = 120


def main() -> None:
    """Measure on both databases."""
    each_database("upload", measure)


def measure(database: str) -> None:
    """Print the figures of each place on one database."""
    places = {"sqlite": ("folder", "database"), "postgres": ("database",)}
    with stage(database) as here:
        cookie = somebody()
        with served(here, "benchmarks.peers.bare_upload:app", *PLAIN) as bare:
            alone = median([seconds(send_raw, bare) for _ in range(ROUNDS)])
        for place in places[database]:
            url = "database:" if place == "database" else f"file://{here.folder}/files"
            report(here, f"{place} on {database}", url, cookie, alone)


def report(here: Stage, name: str, storage_url: str, cookie: str, alone: float) -> None:
    """Print the figures of one place."""
    here.env["STORAGE_URL"] = storage_url
    with served(here, "wsgi:app", "-c", "gunicorn.conf.py") as base:
        signed = token_of(base, cookie)
        send(base, signed, MEGABYTE)  # whatever is loaded late is loaded now
        with watched(worker_of(base)) as seen:
            for _ in range(ROUNDS):
                send(base, signed, SIZE)
        took = [seconds(send, base, signed, SIZE) for _ in range(ROUNDS)]  # nobody looks meanwhile
    print(
        f"{name}: 50 MB in {median(took):.2f} s, {median(took) / alone:.1f} times a bare Flask app's "
        f"{alone:.2f} s; memory {seen['before']:.1f} MiB before, at most {seen['peak']:.1f}, "
        f"{seen['after']:.1f} after {ROUNDS} uploads"
    )
    grew = seen["peak"] - seen["before"]
    print(
        verdict(f"the web process grows, {name}", grew, GROWS, unit=" MiB", at_most=True),
        flush=True,
    )


def somebody() -> str:
    """Make the tables and an operator who is signed in; return the cookie."""
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
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    serializer = app.session_interface.get_signing_serializer(app)
    return f"bellhop={serializer.dumps({'_user_id': token, '_fresh': True})}"


def token_of(base: str, cookie: str) -> tuple[str, str]:
    """Return the token of this browser's forms, and the cookie that belongs to it."""
    line = connected(base)
    line.request("GET", "/documents/new", headers={"Cookie": cookie})
    answer = line.getresponse()
    found = re.search(rb'name="csrf-token" content="([^"]+)"', answer.read())
    mine = (answer.headers.get("Set-Cookie") or cookie).partition(";")[0]
    line.close()
    if found is None:
        sys.exit(f"The page of uploads answered {answer.status}.")
    return found[1].decode(), mine


def send(base: str, signed: tuple[str, str], size: int) -> None:
    """Upload a file that nobody has uploaded before."""
    token, cookie = signed
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="Prices.txt"\r\n'
        f"Content-Type: text/plain\r\n\r\n{secrets.token_hex(16)}"
    ).encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    headers = {
        "Cookie": cookie,
        "Accept": "application/json",
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
    }
    post(f"{base}/documents", headers, [head, *parts(size), tail], 202)


def send_raw(base: str) -> None:
    """Post as many bytes to the bare app."""
    post(f"{base}/", {"Content-Type": "application/octet-stream"}, list(parts(SIZE)), 200)


def parts(size: int) -> Iterator[bytes]:
    """Give so many bytes."""
    return (PART for _ in range(size // MEGABYTE))


def post(url: str, headers: dict[str, str], body: list[bytes], status: int) -> None:
    """Send it, and insist on the answer."""
    line = connected(url)
    headers = {**headers, "Content-Length": str(sum(map(len, body)))}
    line.request("POST", urlsplit(url).path, iter(body), headers)
    answer = line.getresponse()
    text = answer.read()
    line.close()
    if answer.status != status:
        sys.exit(f"{url} answered {answer.status}: {text[:500]!r}")


def connected(url: str) -> http.client.HTTPConnection:
    """Return a line to a server."""
    parts = urlsplit(url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)


def seconds(do: Callable[..., None], *args: Any) -> float:
    """Return how long a call takes."""
    begun = time.perf_counter()
    do(*args)
    return time.perf_counter() - begun


def worker_of(base: str) -> psutil.Process:
    """Return the process that answers."""
    port = urlsplit(base).port
    for process in psutil.Process(os.getpid()).children(recursive=True):
        if any(f"{port}" == str(one.laddr.port) for one in process.net_connections("tcp")):
            children = process.children()
            if children:
                return children[0]
    sys.exit("The web process was not found.")


@contextmanager
def watched(process: psutil.Process) -> Iterator[dict[str, float]]:
    """Look at a process's memory all the while; tell what it was before, at most, and after."""
    over = threading.Event()
    seen = {"before": size_of(process), "peak": 0.0, "after": 0.0}

    def look() -> None:
        while not over.wait(0.01):
            seen["peak"] = max(seen["peak"], size_of(process))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()
        seen["after"] = size_of(process)


def size_of(process: psutil.Process) -> float:
    """Return its memory in MiB: its own, and its share of what it shares."""
    return float(process.memory_full_info().pss) / MEGABYTE


if __name__ == "__main__":
    main()
