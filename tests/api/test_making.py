"""What programs make: bookings, documents, campaigns; and nothing of it twice."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.api.conftest import Caller, Program
from tests.api.making import CAMPAIGN, a_free_service, wanted
from tests.bookings.asking import at_once
from tests.bookings.making import a_service
from tests.queues import Queue
from webapp.api import repeating
from webapp.api.models import ApiAnswer
from webapp.bookings.models import Booking
from webapp.campaigns.models import Campaign, CampaignState
from webapp.clock import now
from webapp.documents.models import Document
from webapp.extensions import db
from webapp.message_templates import editing
from webapp.messages.channels import Channel
from webapp.messages.models import Message
from webapp.notices.models import Notice


def body_of(answer: TestResponse, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json
    return found


def test_what_can_be_booked_is_found_booked_and_cancelled(program: Program) -> None:
    caller, service = program("bookings:write"), a_service()
    offered = body_of(caller.get("/api/services"), 200)["services"]
    assert [one["slug"] for one in offered] == [service.slug]
    times = body_of(caller.get(f"/api/services/{service.slug}/times"), 200)["times"]
    body = {**wanted(service, email="Asha@Example.org"), "start": times[-1]}
    made = caller.post("/api/bookings", json=body)
    booking = body_of(made, 201)
    assert (booking["state"], booking["payment"]) == ("held", "asked")
    assert (booking["phone"], booking["email"]) == ("+919812345678", "asha@example.org")
    assert booking["hold_until"]
    assert len(booking["tasks"]) == 1
    assert made.headers["Location"] == f"/api/bookings/{booking['id']}"
    assert body_of(caller.get(made.headers["Location"]), 200) == booking
    gone = body_of(caller.post(f"/api/bookings/{booking['id']}/cancel"), 200)
    assert gone["state"] == "cancelled"


def test_a_booking_is_confirmed_at_once_where_it_costs_nothing_or_is_paid_at_the_desk(
    program: Program,
) -> None:
    caller = program("bookings:write")
    free = body_of(caller.post("/api/bookings", json=wanted(a_free_service())), 201)
    assert (free["state"], free["payment"]) == ("confirmed", None)
    paid = wanted(a_service(), confirm=True)
    assert body_of(caller.post("/api/bookings", json=paid), 201)["state"] == "confirmed"


def upload(
    caller: Caller, text: bytes = b"We open at nine.", key: str | None = None
) -> TestResponse:
    headers = {"Idempotency-Key": key} if key else {}
    return caller.post(
        "/api/documents", data={"file": (BytesIO(text), "Hours.txt")}, headers=headers
    )


def test_a_document_is_read_by_a_task_and_is_there_once(program: Program, queue: Queue) -> None:
    caller = program("documents:write", "tasks:read")
    made = body_of(upload(caller), 202)
    assert (made["name"], made["status"], made["duplicate"]) == ("Hours.txt", "processing", False)
    queue.run()
    assert body_of(caller.get(f"/api/tasks/{made['task_id']}"), 200)["state"] == "SUCCESS"
    found = body_of(caller.get(f"/api/documents/{made['id']}"), 200)
    assert (found["status"], found["passages"]) == ("ready", 1)
    again = body_of(upload(caller), 200)
    assert (again["id"], again["duplicate"]) == (made["id"], True)
    assert db.session.query(Document).count() == 1


def test_many_are_written_to_by_one_request(program: Program, queue: Queue) -> None:
    caller = program("campaigns:write", "tasks:read")
    made = caller.post("/api/campaigns", json={**CAMPAIGN, "send": True})
    campaign = body_of(made, 202)
    assert (campaign["given"], campaign["state"], campaign["sends_itself"]) == (4, "draft", True)
    assert campaign["task_id"] in campaign["tasks"]
    queue.run()
    sent = body_of(caller.get(made.headers["Location"]), 200)
    assert sent["recipients"] == {"total": 2, "reading": False, "bad": 1, "doubles": 1}
    assert sent["state"] in {"sending", "done"}
    assert sum(sent["counts"].values()) == 2
    said = {message.body for message in db.session.query(Message)}
    assert said == {"We close at four today."}
    queue.run()
    assert db.session.query(Message).count() == 2


def test_a_campaign_is_made_looked_at_checked_and_sent_step_by_step(
    program: Program, queue: Queue
) -> None:
    caller = program("campaigns:write")
    editing.add(Channel.EMAIL, "Offer", subject="An offer", body='Dear {{ name|default:"guest" }}')
    db.session.commit()
    said = [{"channel": "email", "template": "Offer"}, *CAMPAIGN["messages"]]
    made = body_of(caller.post("/api/campaigns", json={"name": "Offer", "messages": said}), 202)
    address = f"/api/campaigns/{made['id']}"
    assert (made["channels"], made["given"], made["ready"]) == (["email", "sms"], 0, False)
    assert caller.post(f"{address}/check").status_code == 409
    more = {"recipients": ["+919812345678"]}
    assert body_of(caller.post(f"{address}/recipients", json=more), 202)["given"] == 1
    queue.run()
    refused = caller.post(f"{address}/send")
    assert refused.status_code == 409
    assert "checked" in (refused.json or {})["error"]
    assert caller.post(f"{address}/pause").status_code == 409
    body_of(caller.post(f"{address}/check"), 202)
    queue.run()
    assert body_of(caller.get(address), 200)["ready"] is True
    for _ in range(2):  # it is sent once, however often it is asked for
        assert body_of(caller.post(f"{address}/send"), 202)["state"] == "sending"
    assert body_of(caller.post(f"{address}/pause"), 200)["paused"] is True
    assert body_of(caller.post(f"{address}/go-on"), 200)["paused"] is False
    assert body_of(caller.post(f"{address}/stop"), 200)["state"] == "cancelled"
    assert caller.post(f"{address}/send").status_code == 409


def test_a_campaign_that_cannot_be_sent_by_itself_waits_and_its_maker_is_told(
    program: Program, queue: Queue
) -> None:
    caller = program("campaigns:write")
    body = {**CAMPAIGN, "recipients": ["no number"], "send": True}
    made = body_of(caller.post("/api/campaigns", json=body), 202)
    queue.run()
    left = body_of(caller.get(f"/api/campaigns/{made['id']}"), 200)
    assert (left["state"], left["sends_itself"]) == ("draft", False)
    notice = db.session.query(Notice).filter(Notice.title.startswith("Not sent")).one()
    assert "Nobody is to get it yet." in notice.text


def test_whoever_changes_a_campaign_that_sends_itself_sends_it_himself(
    program: Program, queue: Queue
) -> None:
    from webapp.campaigns import drafting

    made = body_of(program().post("/api/campaigns", json={**CAMPAIGN, "send": True}), 202)
    campaign = db.session.get_one(Campaign, made["id"])
    drafting.rename(campaign, "Another name")
    db.session.commit()
    queue.run()
    db.session.expire_all()
    assert db.session.get_one(Campaign, made["id"]).state == CampaignState.DRAFT
    assert db.session.query(Message).count() == 0


MADE = {"campaign": ("/api/campaigns", CAMPAIGN)}


@pytest.mark.parametrize("what", ["booking", "campaign", "document"])
def test_the_same_key_gives_the_same_answer_and_makes_nothing_twice_not_even_at_once(
    program: Program, what: str
) -> None:
    caller, service = program(), a_free_service(capacity=9)
    booking, headers = (
        wanted(service),
        {
            "Authorization": f"Bearer {caller.secret}",
            "Idempotency-Key": "the-same-key",
        },
    )

    def ask(client: FlaskClient) -> tuple[int, Any]:
        if what == "document":
            form = {"file": (BytesIO(b"We open at nine."), "Hours.txt")}
            answer = client.post("/api/documents", data=form, headers=headers)
        else:
            path, body = {"booking": ("/api/bookings", booking), **MADE}[what]
            answer = client.post(path, json=body, headers=headers)
        return answer.status_code, answer.json

    answers = at_once(caller.client.application, [ask] * 4)
    db.session.rollback()  # what they stored is seen by a transaction that begins now
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] in {200, 201, 202}
    table = {"booking": Booking, "campaign": Campaign, "document": Document}[what]
    assert db.session.query(table).count() == 1


def test_a_key_is_kept_for_a_day_for_its_own_token_and_its_own_request(program: Program) -> None:
    caller, other, service = program(), program(), a_free_service(capacity=9)
    body, key = wanted(service), {"Idempotency-Key": "order-17"}
    first = caller.post("/api/bookings", json=body, headers=key)
    again = caller.post("/api/bookings", json=body, headers=key)
    assert (again.json, again.headers["Location"]) == (first.json, first.headers["Location"])
    assert again.headers["Idempotency-Replayed"] == "true"
    different = caller.post("/api/bookings", json={**body, "name": "Bo"}, headers=key)
    assert different.status_code == 422
    assert "Idempotency-Key" in (different.json or {})["fields"]
    assert body_of(other.post("/api/bookings", json=body, headers=key), 201) != first.json
    odd = caller.post("/api/bookings", json=body, headers={"Idempotency-Key": "two words"})
    assert odd.status_code == 422
    with time_machine.travel(now() + timedelta(hours=25), tick=False):
        fresh = caller.post("/api/bookings", json=wanted(service), headers=key)
        assert body_of(fresh, 201)["id"] != (first.json or {})["id"]
        assert repeating.forget_some() == 1  # of the other program; ours took its place
        db.session.commit()
    assert db.session.query(ApiAnswer).count() == 1


def test_what_came_to_nothing_may_be_asked_again_with_the_same_key(program: Program) -> None:
    caller, service = program(), a_free_service(capacity=1)
    body, key = wanted(service), {"Idempotency-Key": "order-18"}
    taken = body_of(caller.post("/api/bookings", json=body), 201)
    assert caller.post("/api/bookings", json=body, headers=key).status_code == 409
    caller.post(f"/api/bookings/{taken['id']}/cancel")
    assert caller.post("/api/bookings", json=body, headers=key).status_code == 201
