from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser

from tests.api.conftest import Program
from tests.api.making import a_free_service, wanted
from tests.contracts.world import send
from tests.people import person
from webapp.accounts import people, programs
from webapp.accounts.models import ApiToken, AuditEntry, Role
from webapp.accounts.scopes import Scope
from webapp.clock import now
from webapp.extensions import db

UNKNOWN = "bh_" + "0" * 43


def test_a_secret_can_be_told_from_any_other_text() -> None:
    secret = programs.new_secret()
    assert programs.well_made(secret)
    assert len(secret) == len("bh_") + 43 + 6
    swapped = secret[:10] + ("A" if secret[10] != "A" else "B") + secret[11:]
    assert not programs.well_made(swapped)
    assert not programs.well_made(secret[:-1])
    assert programs.new_secret() != secret


def test_a_token_is_shown_once_and_only_its_hash_is_kept(ada: FlaskClient, db: Any) -> None:
    typed = {"name": "  The\u202e till ", "scopes": ["tasks:read", "bookings:write"]}
    page = send(ada, "/tokens/new", **typed)
    assert page.status_code == 200
    secret = LexborHTMLParser(page.text).css_first("#secret").attributes["value"]
    assert secret
    token = db.session.query(ApiToken).one()
    assert (token.name, token.scopes) == ("The till", ["tasks:read", "bookings:write"])
    assert token.prefix == secret[:9]
    stored = str([getattr(token, column.name) for column in ApiToken.__table__.columns])
    assert secret not in stored
    assert secret not in ada.get("/tokens").text
    entry = db.session.query(AuditEntry).filter_by(action="token.made").one()
    assert secret not in str(entry.detail)
    answer = ada.application.test_client().get(
        "/api/tasks", headers={"Authorization": f"Bearer {secret}"}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": " ", "scopes": "tasks:read"}, "A name is needed."),
        ({"name": "x" * 101, "scopes": "tasks:read"}, "At most 100 characters."),
        ({"name": "Kept as typed"}, "Tick at least one thing."),
        ({"name": "Kept as typed", "scopes": "everything"}, "not a valid choice"),
        ({"name": "Kept as typed", "scopes": "tasks:read", "last_day": "soon"}, "Write the day"),
        ({"name": "Kept as typed", "scopes": "tasks:read", "last_day": "2001-01-01"}, "is over"),
        ({"name": "Kept as typed", "scopes": "tasks:read", "last_day": "9999-12-31"}, "ten years"),
    ],
)
def test_what_is_typed_wrongly_is_said_and_kept(
    ada: FlaskClient, db: Any, typed: dict[str, str], said: str
) -> None:
    answer = send(ada, "/tokens/new", **typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert typed["name"].strip() in answer.text
    assert db.session.query(ApiToken).count() == 0


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        f"Bearer {UNKNOWN}{programs.checksum('0' * 43)}",
        f"Bearer {UNKNOWN}",
        "Bearer \u00e9\u00e9",
        "bearer x y z",
    ],
)
def test_without_a_token_that_works_the_answer_is_401(
    client: FlaskClient, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header.encode().decode("latin-1")}
    answer = client.get("/api/tasks", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer realm=")
    assert set(answer.json or {}) == {"error", "advice", "fields", "request_id"}


def test_a_token_that_was_revoked_has_ended_or_whose_maker_left_opens_nothing(
    program: Program, ada: FlaskClient
) -> None:
    kept, revoked = program(), program()
    boss = person("Bo", Role.ADMIN)
    ends, left = program(expires_at=now() + timedelta(days=1)), program(by=boss)
    assert {one.get("/api/tasks").status_code for one in (kept, revoked, ends, left)} == {200}
    assert send(ada, f"/tokens/{revoked.token_id}/revoke").status_code == 303
    people.deactivate(boss)
    db.session.commit()
    assert revoked.get("/api/tasks").status_code == 401
    assert left.get("/api/tasks").status_code == 401
    with time_machine.travel(now() + timedelta(days=1, seconds=1), tick=False):
        assert ends.get("/api/tasks").status_code == 401
        assert kept.get("/api/tasks").status_code == 200
    assert send(ada, f"/tokens/{revoked.token_id}/revoke").status_code == 409
    assert send(ada, "/tokens/99999/revoke").status_code == 404


def test_a_program_may_never_do_more_than_whoever_made_its_token(program: Program) -> None:
    maker, other = person("Bo", Role.ADMIN), person("Cy", Role.ADMIN)
    caller = program("tasks:write", by=maker)
    path = "/api/tasks/00000000-0000-0000-0000-000000000000/retry"
    assert caller.post(path).status_code == 404
    people.change(maker, name="Bo", role=Role.VIEWER, session_id=None)
    db.session.commit()
    assert other.active
    assert caller.post(path).status_code == 403
    assert caller.get("/api/tasks").status_code == 200  # who may write may read, and a viewer too


def test_a_scope_that_is_missing_is_named(program: Program) -> None:
    answer = program("tasks:read", "bookings:read").post("/api/bookings", json={})
    assert answer.status_code == 403
    challenge = answer.headers["WWW-Authenticate"]
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="bookings:write"' in challenge
    assert "Make bookings" in (answer.json or {})["error"]


def test_the_last_use_is_written_at_most_once_a_minute(program: Program) -> None:
    caller, start = program(), now()
    with time_machine.travel(start, tick=False) as clock:
        caller.get("/api/tasks")
        first = caller.token.used_at
        assert first == start
        clock.shift(59)
        caller.get("/api/tasks")
        assert caller.token.used_at == first
        clock.shift(2)
        caller.post("/api/tasks/00000000-0000-7000-8000-000000000000/cancel")
        assert caller.token.used_at == start + timedelta(seconds=61)


def test_what_a_program_does_stands_under_its_name(
    program: Program, ada: FlaskClient, app: Flask
) -> None:
    assert app
    service = a_free_service()
    made = program().post("/api/bookings", json=wanted(service))
    assert made.status_code == 201
    entry = db.session.query(AuditEntry).filter_by(action="booking.made").one()
    assert entry.token is not None
    assert (entry.token.name, entry.user and entry.user.role) == ("The till", Role.ADMIN)
    assert "The program The till" in ada.get("/activity").text
    job = (made.json or {})["tasks"][0]
    assert "the program The till" in ada.get(f"/jobs/{job}").text


def test_each_scope_opens_something(app: Flask) -> None:
    used = {getattr(view, "access", None) for view in app.view_functions.values()}
    opened = {scope for scope in Scope if scope in used}
    assert set(Scope) - opened <= {Scope.METRICS_READ}
