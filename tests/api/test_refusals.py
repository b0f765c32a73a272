"""What is answered to each request that cannot be right."""

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.api.conftest import Program, browser_of
from tests.api.making import CAMPAIGN, a_free_service, wanted
from webapp.accounts.models import AuditEntry
from webapp.bookings.models import Booking
from webapp.campaigns.models import Campaign
from webapp.extensions import db
from webapp.jobs.models import Job
from webapp.message_templates.models import Template

FORM = {"error", "advice", "fields", "request_id"}
NOBODY = "/api/tasks/00000000-0000-7000-8000-000000000000"
JSON = {"Content-Type": "application/json"}
BOOKING: dict[str, Any] = {
    "service": "massage", "start": "2027-03-01T09:30:00+05:30", "name": "Asha", "phone": "98123 45678",
}  # fmt: skip
DAYS = {"booked_from": "2026-03-02", "booked_until": "2026-03-01"}
SMS = {"channel": "sms", "text": "Hello"}


def said(answer: Any) -> dict[str, Any]:
    assert answer.is_json, answer.text
    assert set(answer.json) == FORM
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert len(answer.json["error"]) > 10
    assert len(answer.json["advice"]) > 10
    told: dict[str, Any] = answer.json
    return told


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("GET", "/api", {}, 404),
        ("GET", "/api/nothing", {}, 404),
        ("GET", "/api/tasks/", {}, 404),
        ("GET", "/api/bookings/-1", {}, 404),
        ("GET", NOBODY, {}, 404),
        ("GET", f"{NOBODY}/progress", {}, 404),
        ("POST", f"{NOBODY}/retry", {}, 404),
        ("POST", f"{NOBODY}/retry-with", {"json": {"arguments": {"what": "confirmed"}}}, 404),
        ("POST", f"{NOBODY}/take-back", {}, 404),
        ("POST", f"{NOBODY}/take-back-all", {}, 404),
        ("POST", "/api/tasks/many/forget", {}, 404),
        ("GET", "/api/tasks/12", {}, 404),
        ("GET", "/api/bookings/99999", {}, 404),
        ("GET", "/api/bookings/99999999999999999999", {}, 404),
        ("GET", "/api/documents/99999", {}, 404),
        ("GET", "/api/campaigns/99999", {}, 404),
        ("POST", "/api/campaigns/99999/send", {}, 404),
        ("GET", "/api/services/no\0thing/times", {}, 404),
        ("POST", "/api/tasks", {}, 405),
        ("GET", "/api/campaigns", {}, 405),
        ("DELETE", "/api/tasks", {}, 405),
        ("POST", "/api/bookings", {"data": "a=b"}, 415),
        ("POST", "/api/bookings", {"data": {"name": "A form"}}, 415),
        ("POST", "/api/documents", {"json": {}}, 415),
        ("POST", "/api/bookings", {"data": "{", "headers": JSON}, 400),
        ("POST", "/api/bookings", {"data": b"\xff\xfe", "headers": JSON}, 400),
        ("POST", "/api/bookings", {"data": "[" * 100_000, "headers": JSON}, 400),
        ("POST", "/api/bookings", {"data": '{"a": ' + "9" * 5000 + "}", "headers": JSON}, 400),
        ("POST", "/api/campaigns", {"data": b" " * (4 * 1024 * 1024 + 1), "headers": JSON}, 413),
    ],
)
def test_every_refusal_is_json_of_one_form(
    program: Program, method: str, path: str, more: dict[str, Any], status: int
) -> None:
    given = {**more, "headers": {"Accept": "text/html", **more.get("headers", {})}}
    answer = program()._ask(method, path, **given)
    assert answer.status_code == status, answer.text
    said(answer)
    if status == 405:
        assert "GET" in answer.headers["Allow"] or "POST" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/bookings", [], ""),
        ("/api/bookings", {}, "service"),
        ("/api/bookings", {**BOOKING, "colour": "red"}, "colour"),
        ("/api/bookings", {**BOOKING, "start": "tomorrow"}, "start"),
        ("/api/bookings", {**BOOKING, "start": "2027-03-01T09:30:00"}, "start"),
        ("/api/bookings", {**BOOKING, "start": "0001-01-01T00:00:00Z"}, "start"),
        ("/api/bookings", {**BOOKING, "start": "9999-12-31T23:59:59Z"}, "start"),
        ("/api/bookings", {**BOOKING, "start": 5}, "start"),
        ("/api/bookings", {**BOOKING, "service": "no such thing"}, "service"),
        ("/api/bookings", {**BOOKING, "name": " \u0000 "}, "name"),
        ("/api/bookings", {**BOOKING, "phone": None}, "phone"),
        ("/api/bookings", {**BOOKING, "phone": "12"}, "phone"),
        ("/api/bookings", {**BOOKING, "email": "nobody"}, "email"),
        ("/api/bookings", {**BOOKING, "confirm": "perhaps"}, "confirm"),
        ("/api/campaigns", {**CAMPAIGN, "name": ""}, "name"),
        ("/api/campaigns", {**CAMPAIGN, "messages": []}, "messages"),
        ("/api/campaigns", {**CAMPAIGN, "messages": [SMS, SMS]}, "messages"),
        ("/api/campaigns", {**CAMPAIGN, "messages": [{"channel": "fax", "text": "x"}]}, "messages.0.channel"),
        ("/api/campaigns", {**CAMPAIGN, "messages": [{"channel": "sms"}]}, "messages.0.text"),
        ("/api/campaigns", {**CAMPAIGN, "messages": [{**SMS, "text": "Dear {{ name"}]}, "messages.0.text"),
        ("/api/campaigns", {**CAMPAIGN, "messages": [{**SMS, "text": " \n "}]}, "messages.0.text"),
        ("/api/campaigns", {**CAMPAIGN, "messages": [{"channel": "email", "text": "x"}]}, "messages.0.subject"),
        ("/api/campaigns", {**CAMPAIGN, "messages": [{"channel": "whatsapp", "text": "x"}]}, "messages.0.text"),
        ("/api/campaigns", {**CAMPAIGN, "messages": [{"channel": "sms", "template": "none"}]}, "messages.0.template"),
        ("/api/campaigns", {**CAMPAIGN, "recipients": ["+91981, 98123"]}, "recipients.0"),
        ("/api/campaigns", {**CAMPAIGN, "recipients": ["+919812345678"] * 5001}, "recipients"),
        ("/api/campaigns", {**CAMPAIGN, "region": "ZZ"}, "region"),
        ("/api/campaigns", {**CAMPAIGN, "send": True, "recipients": None}, "recipients"),
        ("/api/campaigns", {**CAMPAIGN, "customers": {"wants": "fax"}}, "customers.wants"),
        ("/api/campaigns", {**CAMPAIGN, "customers": DAYS}, "customers.booked_until"),
        (f"{NOBODY}/cancel", {"reason": "x" * 301}, "reason"),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_right_is_named_and_nothing_is_made(
    program: Program, path: str, body: Any, field: str
) -> None:
    a_free_service(slug="massage")
    caller = program()
    before = db.session.query(AuditEntry).count()
    answer = caller.post(path, json=body)
    assert answer.status_code == 422, answer.text
    told = said(answer)
    assert field in told["fields"], told["fields"]
    assert all(len(one[0]) > 10 for one in told["fields"].values()), told["fields"]
    for made in (Booking, Campaign, Job, Template):
        assert db.session.query(made).count() == 0
    assert db.session.query(AuditEntry).count() == before


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=failed", "state"),
        ("kind=none", "kind"),
        ("queue=slow", "queue"),
        ("about=booking", "about"),
        ("about=booking:%00", "about"),
        ("since=yesterday", "since"),
        ("until=2026-03-01T00:00:00", "until"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=many", "limit"),
        ("cursor=12", "cursor"),
        ("stat=FAILURE", "stat"),
        ("state=FAILURE,failed", "state"),
        ("state=", "state"),
        ("who=-1", "who"),
        ("type=" + "x" * 33, "type"),
        ("cause=-1", "cause"),
        ("cause=0", "cause"),
        ("q=" + "x" * 201, "q"),
        ("since=2026-03-02T00:00:00Z&until=2026-03-01T00:00:00Z", "until"),
        ("limit=1&limit=2", "limit"),
        ("cursor=" + "0" * 5000, "cursor"),
    ],
)
def test_a_filter_that_cannot_be_right_is_named(program: Program, query: str, field: str) -> None:
    answer = program().get(f"/api/tasks?{query}")
    assert answer.status_code == 422
    assert list(said(answer)["fields"]) == [field]


@pytest.mark.parametrize(
    "form",
    [
        dict,
        lambda: {"other": "x"},
        lambda: {"file": "no file"},
        lambda: {"file": (BytesIO(b""), "")},
    ],
    ids=["nothing", "another field", "a text", "a file without a name"],
)
def test_an_upload_without_a_file_says_so(
    program: Program, form: Callable[[], dict[str, Any]]
) -> None:
    answer = program().post("/api/documents", data=form(), content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "file" in said(answer)["fields"]


def test_a_file_that_is_too_large_is_refused_for_whoever_may_upload_and_unread_for_others(
    program: Program, client: FlaskClient, another_app: Any, settings_of_tests: dict[str, str]
) -> None:
    app: Flask = another_app({**settings_of_tests, "UPLOAD_MEGABYTES": "1"})
    caller, reader = program(), program("documents:read")
    large = b"x" * (1024 * 1024 + 1)
    for one, size, status in ((caller, large, 413), (caller, large * 2, 413), (reader, large, 403)):
        one.client = browser_of(app)
        # Written out: the test client would leave a file open for what is as large as this.
        form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="x.txt"\r\n\r\n'
        kind = "multipart/form-data; boundary=x"
        answer = one.post("/api/documents", data=form + size + b"\r\n--x--\r\n", content_type=kind)
        assert answer.status_code == status, answer.text
        said(answer)


def test_a_body_that_comes_in_pieces_is_too_large_like_any_other(program: Program) -> None:
    body = BytesIO(b'{"reason": "' + b"x" * (4 * 1024 * 1024) + b'"}')
    answer = program().post(
        f"{NOBODY}/cancel", input_stream=body, headers=JSON,
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )  # fmt: skip
    assert answer.status_code == 413
    said(answer)


def test_what_stands_twice_in_a_body_is_named(program: Program) -> None:
    body = b'{"reason": "The one", "reason": "The other"}'
    answer = program().post(f"{NOBODY}/cancel", data=body, headers=JSON)
    assert answer.status_code == 422
    assert "twice" in said(answer)["fields"]["reason"][0]


def test_an_address_of_a_taken_time_is_409_and_one_that_is_not_offered_names_the_field(
    program: Program,
) -> None:
    caller, service = program(), a_free_service(capacity=1)
    body = wanted(service)
    assert caller.post("/api/bookings", json=body).status_code == 201
    taken = caller.post("/api/bookings", json=body)
    assert taken.status_code == 409
    assert "taken" in said(taken)["error"]
    odd = {**body, "start": body["start"].replace(":00+", ":01+")}
    answer = caller.post("/api/bookings", json=odd)
    assert answer.status_code == 422
    assert "/api/services/" in said(answer)["fields"]["start"][0]
    assert db.session.query(Booking).count() == 1


def test_a_body_is_sent_as_people_write_it(program: Program) -> None:
    """Accents and signs of other scripts come through as they are."""
    caller, service = program(), a_free_service()
    body = json.dumps(wanted(service, name="Zoë  Ångström 🌸"), ensure_ascii=False).encode()
    made = caller.post("/api/bookings", data=body, headers=JSON)
    assert (made.json or {})["name"] == "Zoë Ångström 🌸"
