"""Faults are told to Sentry: by each process, with ids, and without what is personal."""

import gzip
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import brotli
import pytest

from tests.live import ROOT, wait_for
from webapp import faults
from webapp.config import BadSetting, Config

ENVIRONMENT = {
    "SECRET_KEY": "0123456789abcdef" * 4,
    "DATABASE_URL": "sqlite:////nowhere/never-opened.db",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}
WEB = """
import sys
from webapp import create_app
from webapp.accounts.access import public
app = create_app()
def broken():
    whom = "Mrs. Rao"
    raise ValueError(f"cannot reach meera@example.org at +91 98123 45678, {len(whom)} letters")
app.add_url_rule("/broken", "broken", public(broken))
answer = app.test_client().get(
    "/broken?q=secret-word", headers={"X-Request-ID": "request-1234", "Cookie": "bellhop=secret-word"}
)
assert answer.status_code == 500
"""
WORKER = """
import structlog
from webapp import logs
import worker.app
logs.begin(job_id="job-1234", kind="exports.write")
log = structlog.get_logger("worker.tasking")
try:
    1 / 0
except ZeroDivisionError as error:
    log.error("job failed", exc_info=error)
"""
BEAT = """
import logging
import worker.beat
from celery.signals import setup_logging
setup_logging.send(sender=None)
logging.getLogger("celery.beat").error("Message Error: %s", "Redis of ops@example.org is away")
"""
NOTHING = """
import sys
from webapp import create_app
create_app()
assert not [name for name in sys.modules if name.startswith("sentry_sdk")]
"""


class Sentry(ThreadingHTTPServer):
    """Takes envelopes as Sentry does."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taker)
        self.events: list[dict[str, Any]] = []
        self.raw = ""

    @property
    def dsn(self) -> str:
        return f"http://key@127.0.0.1:{self.server_address[1]}/7"


class Taker(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        unpack = {"gzip": gzip.decompress, "br": brotli.decompress}
        body = unpack.get(self.headers.get("Content-Encoding", ""), bytes)(body)
        sentry: Any = self.server
        sentry.raw += body.decode()
        lines = body.decode().splitlines()
        found = [json.loads(line) for line in lines[1:] if line.startswith("{")]
        sentry.events += [line for line in found if "event_id" in line]
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def sentry():
    server = Sentry()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def run(code, **more):
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **ENVIRONMENT, **more}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )


def told(sentry, code):
    run(code, SENTRY_DSN=sentry.dsn, RELEASE="v42", SENTRY_ENVIRONMENT="staging")
    [event] = wait_for(lambda: sentry.events)
    return event


def test_a_crash_in_the_web_is_told_with_its_ids_and_without_personal_data(sentry):
    event = told(sentry, WEB)
    assert event["release"] == "v42"
    assert event["environment"] == "staging"
    assert event["tags"]["process"] == "web"
    assert event["tags"]["request_id"] == "request-1234"
    [crash] = event["exception"]["values"]
    assert crash["type"] == "ValueError"
    assert crash["value"] == "cannot reach [address] at [number], 8 letters"
    for personal in ("meera@", "98123", 'Mrs. Rao"', "secret-word"):
        assert personal not in json.dumps({**event, "exception": None})
    assert "vars" not in sentry.raw
    assert "cookies" not in sentry.raw


def test_a_job_that_fails_is_told_by_the_worker(sentry):
    event = told(sentry, WORKER)
    assert event["tags"]["process"] == "worker"
    assert event["tags"]["job_id"] == "job-1234"
    assert event["tags"]["kind"] == "exports.write"
    assert event["exception"]["values"][0]["type"] == "ZeroDivisionError"


def test_what_a_library_logs_is_told_by_beat_too(sentry):
    event = told(sentry, BEAT)
    assert event["tags"]["process"] == "beat"
    assert "[address]" in json.dumps(event)
    assert "ops@example.org" not in sentry.raw


def test_without_a_dsn_nothing_of_it_is_loaded():
    run(NOTHING)


@pytest.mark.parametrize(
    "wrong",
    [
        "sentry.example.org/7",
        "https://sentry.example.org/7",
        "https://key@host/",
        "https://key@host:x/7",
    ],
)
def test_a_wrong_dsn_is_refused_by_name(wrong):
    with pytest.raises(BadSetting, match=r"^SENTRY_DSN "):
        Config.from_env({**ENVIRONMENT, "SENTRY_DSN": wrong})


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("ALERT_EMAILS", "ops"),
        ("ALERT_WAITING", "many"),
        ("METRICS_TOKEN", "short"),
        ("METRICS_TOKEN", "with a space in it"),
    ],
)
def test_other_settings_that_cannot_be_used_are_refused_by_name(name, wrong):
    with pytest.raises(BadSetting, match=rf"^{name} "):
        Config.from_env({**ENVIRONMENT, name: wrong})


@pytest.mark.parametrize(
    ("text", "told_as"),
    [
        ("at 0f8fad5b-d9cb-469f-a165-70867728950e", "at 0f8fad5b-d9cb-469f-a165-70867728950e"),
        (
            "(sqlite3) no table [SQL: SELECT 1] [parameters: ('Mrs. Rao',)]",
            "(sqlite3) no table [SQL: SELECT 1] [parameters: left out]",
        ),
        ("call 020 7946 0958 now", "call [number] now"),
        ("line 812, 1234 rows", "line 812, 1234 rows"),
    ],
)
def test_what_says_nothing_of_anybody_stays(text, told_as):
    assert faults.scrub({"message": text}, {})["message"] == told_as
