"""Twilio's own library and its signature check against the sandbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from tests.sandbox.sandbox_process import SECRET, App, Sandbox, wait_for

FROM = "+15005550006"
TO = "+919812345678"


def client_of(sandbox: Sandbox, token: str = SECRET) -> Client:
    http = TwilioHttpClient(timeout=10)
    sandbox.lines.append(http.session)
    client = Client("AC" + "5a" * 16, token, http_client=http)
    client.api.base_url = sandbox.url
    return client


def test_a_message_is_queued_then_sent_then_delivered(sandbox: Sandbox, app: App) -> None:
    client = client_of(sandbox)
    message = client.messages.create(
        to=TO, from_=FROM, body="Grüße", status_callback=f"{app.url}/webhooks/twilio?ref=d%2F1&x=a"
    )
    assert (message.status, message.num_segments, message.direction) == (
        "queued",
        "1",
        "outbound-api",
    )
    calls = app.wait(lambda call: call.path.startswith("/webhooks/twilio?"), 3)
    assert [call.form["MessageStatus"] for call in calls] == ["queued", "sent", "delivered"]
    for call in calls:
        assert call.path == "/webhooks/twilio?ref=d%2F1&x=a"
        assert RequestValidator(SECRET).validate(
            app.url + call.path, call.form, call.headers["x-twilio-signature"]
        )
    fetched = client.messages(str(message.sid)).fetch()
    assert fetched.status == "delivered"
    assert fetched.date_sent is not None
    assert sandbox.accepted() == {"sms:d/1": 1}


@pytest.mark.parametrize(
    ("to", "sender", "body", "code"),
    [
        ("+1234", FROM, "x", 21211),
        ("nobody", FROM, "x", 21211),
        ("+15005550001", FROM, "x", 21211),
        ("+912227782183", FROM, "x", 21614),
        (TO, "+14155552671", "x", 21606),
        (TO, FROM, "", 21602),
        (TO, FROM, "x" * 1601, 21617),
        ("", FROM, "x", 21604),
    ],
)
def test_what_cannot_be_sent_is_refused_with_twilios_code(
    sandbox: Sandbox, to: str, sender: str, body: str, code: int
) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client_of(sandbox).messages.create(to=to, from_=sender, body=body)
    assert (refused.value.status, refused.value.code) == (400, code)
    assert sandbox.messages() == []


def test_a_wrong_login_is_20003(sandbox: Sandbox) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client_of(sandbox, "wrong").messages.create(to=TO, from_=FROM, body="x")
    assert (refused.value.status, refused.value.code) == (401, 20003)


def test_the_list_is_filtered_and_paged(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    for number in range(5):
        client.messages.create(to=TO, from_=FROM, body=f"text {number}")
    client.messages.create(to="+14155552671", from_=FROM, body="other")
    found = client.messages.list(to=TO, from_=FROM, page_size=2)
    assert [message.body for message in found] == [f"text {n}" for n in (4, 3, 2, 1, 0)]
    now = datetime.now(UTC)
    assert len(client.messages.list(date_sent_after=now - timedelta(minutes=5))) == 6
    assert client.messages.list(date_sent_before=now - timedelta(minutes=5)) == []
    assert len(client.messages.list(date_sent=now)) == 6


def test_stop_blocks_and_start_lets_through_again(sandbox: Sandbox, app: App) -> None:
    client = client_of(sandbox)
    sandbox.http.post(f"/phone/{TO[1:]}/answer", data={"channel": "sms", "text": "Stop"})
    (call,) = app.wait(lambda call: call.path == "/webhooks/twilio/inbound")
    assert (call.form["From"], call.form["To"], call.form["Body"]) == (TO, FROM, "Stop")
    assert RequestValidator(SECRET).validate(
        app.url + call.path, call.form, call.headers["x-twilio-signature"]
    )
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to=TO, from_=FROM, body="x")
    assert refused.value.code == 21610
    sandbox.control("inbound", channel="sms", text="START", **{"from": TO})
    assert client.messages.create(to=TO, from_=FROM, body="x").status == "queued"


def test_a_message_can_fail_after_it_was_accepted(sandbox: Sandbox, app: App) -> None:
    sandbox.fault("twilio", "status_error", code=30003, times=1)
    message = client_of(sandbox).messages.create(
        to=TO, from_=FROM, body="x", status_callback=f"{app.url}/cb?ref=late"
    )
    (call,) = app.wait(lambda call: call.form.get("MessageStatus") == "undelivered")
    assert (call.form["ErrorCode"], call.form["MessageSid"]) == ("30003", message.sid)


def test_texts_outside_the_gsm_alphabet_take_more_segments(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    sent = {
        body: client.messages.create(to=TO, from_=FROM, body=body).num_segments
        for body in ("a" * 160, "a" * 161, "न" * 70, "न" * 71, "€" * 80, "€" * 81)
    }
    assert list(sent.values()) == ["1", "2", "1", "2", "1", "2"]
    wait_for(lambda: client.messages.list(limit=1)[0].status == "delivered")
