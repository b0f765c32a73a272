"""The account's WhatsApp templates are fetched by a job, and ours follow them."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from tests.bookings.asking import csrf
from tests.channels.wire import Listener, answering, dropping, reply
from tests.message_templates.making import a_whatsapp_template
from webapp.jobs.models import Job, JobState
from webapp.jobs.running import Impossible, NotNow
from webapp.message_templates import choosing, fetching
from webapp.message_templates.models import Template
from webapp.messages.channels import Channel, WhatsAppAccount

ALL = ["booking_cancelled", "booking_confirmed", "booking_reminder", "hello_world"]


def fetch(otto: Any, queue: Any, db: Any) -> Job:
    answer = otto.post("/templates/fetch", data=csrf(otto))
    assert answer.location == "/templates?show=whatsapp"
    assert queue.run(1) == ["templates.fetch"]
    return db.session.scalars(select(Job).order_by(Job.id.desc()).limit(1)).one()


def named(db: Any, name: str) -> Template:
    return db.session.scalars(select(Template).where(Template.name == name)).one()


def test_a_click_fetches_the_templates_and_another_one_finds_nothing_new(otto, queue, db):
    job = fetch(otto, queue, db)
    assert job.state == JobState.SUCCESS
    assert job.result == {"answer": "WhatsApp has 4 templates: 4 new."}
    found = db.session.scalars(select(Template).order_by(Template.name)).all()
    assert [template.name for template in found] == ALL
    assert {template.channel for template in found} == {Channel.WHATSAPP}
    assert [choosing.why_not(template) for template in found] == [None] * 4
    assert named(db, "hello_world").language == "en_US"
    assert (
        named(db, "booking_reminder").versions[0].body
        == "Hello {{1}}, a reminder: {{2}} is on {{3}}."
    )

    page = otto.get("/templates?show=whatsapp").text
    assert "hello_world" in page
    assert "Last fetched" in page
    job = fetch(otto, queue, db)
    assert job.result == {"answer": "WhatsApp has 4 templates; nothing has changed."}
    assert len(named(db, "hello_world").versions) == 1


def test_two_clicks_are_one_job(otto, queue, db):
    for _ in range(2):
        otto.post("/templates/fetch", data=csrf(otto))
    assert queue.names() == ["templates.fetch"]
    assert db.session.query(Job).count() == 1


def test_what_changed_gets_a_version_and_what_vanished_is_archived_until_it_is_back(
    otto, queue, db
):
    a_whatsapp_template("booking_confirmed", status="PAUSED")
    a_whatsapp_template("vanished")
    archived = a_whatsapp_template("booking_reminder")
    archived.archived_at = archived.created_at
    back = a_whatsapp_template("booking_cancelled", status=fetching.GONE)
    back.archived_at = back.created_at

    job = fetch(otto, queue, db)

    answer = "WhatsApp has 4 templates: 1 new, 3 changed, 1 no longer there."
    assert job.result == {"answer": answer}
    confirmed = named(db, "booking_confirmed")
    assert confirmed.status == "APPROVED"
    assert [version.number for version in confirmed.versions] == [2, 1]
    assert named(db, "vanished").archived_at is not None
    assert choosing.why_not(named(db, "vanished")) == "It is no longer at WhatsApp."
    assert named(db, "booking_reminder").archived_at is not None, "a person had archived it"
    assert named(db, "booking_cancelled").archived_at is None


@pytest.mark.parametrize(
    ("fault", "state", "sentence"),
    [
        ({"fault": "throttle"}, JobState.RETRY, "WhatsApp cannot be asked at the moment."),
        ({"fault": "error", "status": 500, "code": 2}, JobState.RETRY, "WhatsApp cannot be asked"),
        ({"fault": "error", "status": 401, "code": 190}, JobState.FAILURE, "access"),
    ],
)
def test_trouble_at_whatsapp_is_tried_again_or_told(
    otto, queue, db, sandbox, fault, state, sentence
):
    a_whatsapp_template("hello")
    sandbox.fault(provider="whatsapp", on="templates", times=1, **fault)
    job = fetch(otto, queue, db)
    assert job.state == state
    assert sentence in job.error
    assert named(db, "hello").archived_at is None
    assert job.error in otto.get("/templates?show=whatsapp").text.replace("&#39;", "'")


def account(at: Listener) -> WhatsAppAccount:
    return WhatsAppAccount(
        base_url=at.url, version="v25.0", phone_number_id="1", business_account_id="2",
        access_token="secret",
    )  # fmt: skip


def one(name: str) -> dict[str, Any]:
    return {"name": name, "language": "en", "components": []}


def test_every_page_is_read_and_the_token_goes_nowhere_else():
    elsewhere = "https://elsewhere.example/steal?limit=1&after=MARK"

    async def read() -> None:
        first = reply(200, {"data": [one("a"), {"odd": 1}, None], "paging": {"next": elsewhere}})
        last = reply(200, {"data": [one("b")], "paging": {"cursors": {"after": "x"}}})
        async with answering(first, last) as server:
            found = await fetching.read_all(account(server))
        assert [template["name"] for template in found] == ["a", "b"]
        assert len(server.requests) == 2
        assert all(seen.headers["authorization"] == "Bearer secret" for seen in server.requests)
        assert "after=MARK" in server.requests[1].line

    asyncio.run(read())


def test_a_list_that_never_ends_is_read_once():
    async def read() -> None:
        again = reply(200, {"data": [one("a")], "paging": {"next": "?after=SAME"}})
        async with answering(again) as server:
            await fetching.read_all(account(server))
        assert len(server.requests) == 2

    asyncio.run(read())


@pytest.mark.parametrize("body", [b"<html>", {"data": "x"}, {"error": "x"}, []])
def test_an_answer_that_is_none_changes_nothing(body: Any):
    async def read() -> None:
        async with answering(reply(200, body)) as server:
            await fetching.read_all(account(server))

    with pytest.raises(NotNow):
        asyncio.run(read())


def test_a_refusal_that_waiting_does_not_mend_is_final():
    async def read() -> None:
        error = {"error": {"code": 200, "message": "Permissions error"}}
        async with answering(reply(403, error)) as server:
            await fetching.read_all(account(server))

    with pytest.raises(Impossible):
        asyncio.run(read())


def test_a_line_that_breaks_is_tried_again():
    async def read() -> None:
        async with dropping() as server:
            await fetching.read_all(account(server))

    with pytest.raises(NotNow) as caught:
        asyncio.run(read())
    assert not isinstance(caught.value, Impossible)
