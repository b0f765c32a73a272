from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from devtools.valkey import Valkey
from tests.api.conftest import Program, browser_of
from webapp.accounts import programs


def test_who_asks_too_often_is_told_how_long_to_wait_and_others_are_not_held_up(
    program: Program, another_app: Any, settings_of_tests: dict[str, str]
) -> None:
    rates = {"API_RATE": "3 per minute", "API_WRITE_RATE": "1 per minute"}
    app: Flask = another_app({**settings_of_tests, **rates})
    busy, calm = program(), program()
    busy.client = calm.client = browser_of(app)
    answers = [busy.get(path) for path in ("/api/tasks", "/api/services", "/api/tasks")]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0"]
    refused = busy.get("/api/tasks")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert refused.headers["RateLimit-Limit"] == "3"
    assert set(refused.json or {}) == {"error", "advice", "fields", "request_id"}
    assert calm.get("/api/tasks").status_code == 200
    # What changes something is counted by itself.
    path = "/api/tasks/00000000-0000-7000-8000-000000000000/cancel"
    assert [busy.post(path).status_code for _ in range(2)] == [404, 429]


def test_who_tries_tokens_is_held_up_and_a_token_from_the_same_address_is_not(
    program: Program, client: FlaskClient
) -> None:
    known = program()
    wrong = {"Authorization": f"Bearer {programs.new_secret()}"}
    answers = [client.get("/api/tasks", headers=wrong) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [401] * 30 + [429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert known.get("/api/tasks").status_code == 200


def test_the_limit_holds_while_redis_is_away(
    program: Program, another_app: Any, settings_of_tests: dict[str, str], valkey: Valkey
) -> None:
    assert valkey
    away = {"REDIS_URL": "redis://127.0.0.1:1/0", "API_RATE": "2 per minute"}
    app: Flask = another_app({**settings_of_tests, **away})
    caller = program()
    caller.client = browser_of(app)
    assert [caller.get("/api/tasks").status_code for _ in range(3)] == [200, 200, 429]
