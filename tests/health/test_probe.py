"""/health and /livez: what a load balancer and a monitor of addresses ask."""

import socket
import time
from datetime import timedelta

import pytest
import time_machine

from tests.health.looking import a_job, a_tick, a_worker
from webapp.clock import now
from webapp.health.probing import probe


@pytest.fixture(autouse=True)
def _forget():
    probe.at = 0.0
    yield
    probe.at = 0.0


def test_a_house_at_work_is_ok(client):
    a_worker()
    a_tick()
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json["status"] == "ok"
    assert answer.json["database"] == answer.json["redis"] == "ok"
    assert answer.json["celery"] == "1 worker(s) active"
    assert answer.json["beat"].startswith("heard ")
    assert answer.json["waiting"] == 0
    assert answer.json["problems"] == []
    assert answer.headers["Cache-Control"] == "no-store"


def test_degraded_is_told_apart_from_dead_and_says_why(client):
    a_job(run_at=now() - timedelta(minutes=11), published_at=None)
    answer = client.get("/health")
    assert answer.status_code == 200
    said = answer.json
    assert said["status"] == "degraded"
    assert said["celery"] == "0 worker(s) active"
    assert said["beat"] == "never heard"
    assert said["waiting"] == 1
    assert said["oldest_waiting_seconds"] >= 660
    assert said["ledger_lag_seconds"] >= 660
    assert len(said["problems"]) == 4


def test_a_flood_of_probes_costs_one_look_a_second(client):
    first = client.get("/health").json
    a_worker()
    a_tick()
    assert client.get("/health").json == first
    probe.at = 0.0
    assert client.get("/health").json["status"] == "ok"


def test_without_its_database_it_is_dead_and_still_answers_json(another_app, settings_of_tests):
    nowhere = {**settings_of_tests, "DATABASE_URL": "sqlite:////nowhere/at/all.db"}
    if settings_of_tests["DATABASE_URL"].startswith("postgres"):
        nowhere["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/nothing"
    client = another_app(nowhere).test_client()
    assert client.get("/livez").status_code == 200
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json["status"] == "dead"
    assert answer.json["database"] == "away"
    assert answer.json["redis"] == "ok"
    assert answer.json["celery"] == "unknown"


def test_a_database_that_hangs_does_not_hang_the_probe(another_app, settings_of_tests, kind):
    if kind == "sqlite":
        pytest.skip("a file does not hang")
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    hangs = {**settings_of_tests, "DATABASE_URL": f"postgresql://nobody@127.0.0.1:{port}/nothing"}
    client = another_app(hangs).test_client()
    began = time.monotonic()
    assert client.get("/health").status_code == 503
    assert time.monotonic() - began < 4, "it would take five seconds to connect"
    listener.close()


def test_a_silent_clock_is_told(client):
    a_worker()
    a_tick()
    with time_machine.travel(now() + timedelta(seconds=61), tick=True):
        a_worker()
        assert client.get("/health").json["problems"] == ["The clock (beat) is not heard."]
