"""pywa, and plain HTTP where pywa looks away, against the sandbox."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from pywa import errors
from pywa.client import WhatsApp
from pywa.types.message_status import MessageStatus
from pywa.utils import webhook_updates_validator

from tests.sandbox.sandbox_process import SECRET, App, Sandbox, wait_for

TO = "919812345678"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


class ToSandbox(httpx.HTTPTransport):
    """Sends what is meant for Meta's hosts to the sandbox."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.target = httpx.URL(url)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(
            scheme=self.target.scheme, host=self.target.host, port=self.target.port
        )
        return super().handle_request(request)


@pytest.fixture
def client_of() -> Iterator[Callable[..., WhatsApp]]:
    """Return a maker of clients; their connections end with the test."""
    with ExitStack() as stack:

        def make(sandbox: Sandbox, token: str = SECRET) -> WhatsApp:
            session = stack.enter_context(httpx.Client(transport=ToSandbox(sandbox.url)))
            return WhatsApp(
                phone_id="100000000000001",
                token=token,
                waba_id="200000000000001",
                session=session,
            )

        yield make


@pytest.fixture
def wa(sandbox: Sandbox, client_of: Callable[..., WhatsApp]) -> WhatsApp:
    return client_of(sandbox)


def template(name: str, *texts: str, language: str = "en") -> dict[str, Any]:
    parameters = [{"type": "text", "text": text} for text in texts]
    components = [{"type": "body", "parameters": parameters}] if texts else []
    return {"name": name, "language": {"code": language}, "components": components}


def test_statuses_come_signed_and_carry_our_reference(
    sandbox: Sandbox, wa: WhatsApp, app: App
) -> None:
    sent = wa.send_message(to="+91 98123-45678", text="Grüße 👋", tracker="dlv_1")
    assert sent.id.startswith("wamid.")
    calls = app.wait(lambda call: any(s["id"] == sent.id for s in call.statuses), 2)
    for call in calls:
        signature = call.headers["x-hub-signature-256"]
        assert signature.startswith("sha256=")
        assert webhook_updates_validator(SECRET, call.body, signature)
        assert not webhook_updates_validator("other", call.body, signature)
    first, second = (MessageStatus.from_update(wa, call.json) for call in calls)
    assert [first.status, second.status] == ["sent", "delivered"]
    assert (first.tracker, first.from_user.wa_id) == ("dlv_1", TO)
    assert sandbox.accepted() == {"whatsapp:dlv_1": 1}


def test_opening_the_phone_reads_the_message(sandbox: Sandbox, wa: WhatsApp, app: App) -> None:
    sent = wa.send_message(to=TO, text="hello")
    wait_for(lambda: sandbox.messages()[0]["status"] == "delivered")
    sandbox.http.get("/phone")
    assert sandbox.messages()[0]["status"] == "delivered"
    sandbox.http.get(f"/phone/{TO}")
    wait_for(lambda: app.statuses(sent.id) == ["sent", "delivered", "read"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"to": ""}, 100),
        ({"to": "12"}, 131009),
        ({"to": "15550100100"}, 131021),
        ({"type": "poem", "poem": {}}, 100),
        ({"text": {"body": ""}}, 100),
        ({"text": {"body": "x" * 4097}}, 100),
        ({"text": None}, 131008),
        ({"type": "image", "image": {"id": "404"}}, 131009),
        ({"type": "image", "image": {}}, 131008),
        ({"biz_opaque_callback_data": "x" * 513}, 100),
        ({"messaging_product": "sms"}, 100),
        ({"type": "template", "template": template("unknown")}, 132001),
        ({"type": "template", "template": template("hello_world", language="de")}, 132001),
        ({"type": "template", "template": template("booking_confirmed", "one")}, 132000),
        ({"type": "template", "template": template("booking_reminder", "a", "b\nc", "d")}, 132018),
        ({"type": "template", "template": template("booking_reminder", "a", "", "d")}, 131008),
    ],
)
def test_what_cannot_be_sent_is_refused_with_metas_code(
    sandbox: Sandbox, change: dict[str, Any], code: int
) -> None:
    answer = sandbox.send_whatsapp(**change)
    error = answer.json()["error"]
    assert answer.status_code == (404 if code == 132001 else 400)
    assert (error["code"], error["type"]) == (code, "OAuthException")
    assert error["fbtrace_id"]
    assert sandbox.messages() == []


def test_a_wrong_token_is_190(sandbox: Sandbox, client_of: Callable[..., WhatsApp]) -> None:
    with pytest.raises(errors.WhatsAppError) as refused:
        client_of(sandbox, "wrong").send_message(to=TO, text="x")
    assert (refused.value.code, refused.value.status_code) == (190, 401)


def test_an_asked_for_error_becomes_pywas_own_class(sandbox: Sandbox, wa: WhatsApp) -> None:
    sandbox.fault("whatsapp", "error", code=131047, times=1)
    with pytest.raises(errors.ReEngagementMessage) as refused:
        wa.send_message(to=TO, text="x")
    assert refused.value.details
    assert wa.send_message(to=TO, text="x").id


def test_a_template_is_shown_with_its_parameters(sandbox: Sandbox, wa: WhatsApp) -> None:
    details = template("booking_confirmed", "Asha", "Haircut", "Friday", "http://x.example/b")
    assert sandbox.send_whatsapp(type="template", template=details).status_code == 200
    (message,) = sandbox.messages()
    assert message["text"] == "Hello Asha, Haircut on Friday is booked. Details: http://x.example/b"
    page = sandbox.http.get(f"/phone/{TO}").text
    assert "Hello Asha, Haircut on Friday is booked." in page
    assert '<a href="http://x.example/b" target="_blank" rel="noopener noreferrer">' in page


def test_templates_are_listed_created_and_deleted(sandbox: Sandbox, wa: WhatsApp) -> None:
    body = {"type": "BODY", "text": "Hi {{name}}", "example": {}}
    made = wa.api.create_template(
        "200000000000001",
        {
            "name": "named",
            "language": "en",
            "category": "UTILITY",
            "parameter_format": "NAMED",
            "components": [body],
        },
    )
    assert made["status"] == "APPROVED"
    listed = wa.api.get_templates("200000000000001", filters={"name": "named"})["data"]
    assert [one["name"] for one in listed] == ["named"]
    named = {"type": "text", "parameter_name": "name", "text": "Asha"}
    sent = template("named") | {"components": [{"type": "body", "parameters": [named]}]}
    assert sandbox.send_whatsapp(type="template", template=sent).status_code == 200
    assert sandbox.messages()[0]["text"] == "Hi Asha"
    deleted = sandbox.http.delete(
        "/v25.0/200000000000001/message_templates?name=named",
        headers={"Authorization": f"Bearer {SECRET}"},
    )
    assert deleted.json() == {"success": True}


def test_the_list_of_templates_is_paged(sandbox: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {SECRET}"}
    url, names = "/v25.0/200000000000001/message_templates?limit=3", []
    while url:
        page = sandbox.http.get(url, headers=headers).json()
        assert len(page["data"]) <= 3
        names += [one["name"] for one in page["data"]]
        url = page["paging"].get("next", "")
    assert names[:2] == ["hello_world", "booking_confirmed"]
    assert len(names) == len(set(names)) >= 4


def test_media_is_uploaded_sent_fetched_and_deleted(sandbox: Sandbox, wa: WhatsApp) -> None:
    media_id = wa.api.upload_media(
        phone_id="100000000000001", media=PNG, mime_type="image/png", filename="a.png"
    )["id"]
    found = wa.api.get_media_url(media_id)
    assert found["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert found["file_size"] == len(PNG)
    assert httpx.get(found["url"]).status_code == 401
    headers = {"Authorization": f"Bearer {SECRET}"}
    assert httpx.get(found["url"], headers=headers).content == PNG
    assert wa.send_image(to=TO, image=media_id, caption="A picture").id
    assert f"/phone/media/{media_id}" in sandbox.http.get(f"/phone/{TO}").text
    path = f"/v25.0/{media_id}"
    assert sandbox.http.delete(path, headers=headers).json() == {"success": True}
    gone = sandbox.http.get(path, headers=headers).json()["error"]
    assert (gone["code"], gone["error_subcode"]) == (100, 33)


@pytest.mark.parametrize(
    ("mime", "size", "code"),
    [
        ("image/gif", 10, 100),
        ("image/png", 5 * 1024 * 1024 + 1, 131053),
        ("image/webp", 500 * 1024 + 1, 131053),
        ("text/plain", 0, 131053),
    ],
)
def test_media_of_a_wrong_type_or_size_is_refused(
    sandbox: Sandbox, mime: str, size: int, code: int
) -> None:
    answer = sandbox.http.post(
        "/v25.0/100000000000001/media",
        headers={"Authorization": f"Bearer {SECRET}"},
        data={"messaging_product": "whatsapp"},
        files={"file": ("a.bin", b"x" * size, mime)},
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_a_customers_message_comes_signed(sandbox: Sandbox, wa: WhatsApp, app: App) -> None:
    sandbox.http.post(f"/phone/{TO}/answer", data={"channel": "whatsapp", "text": "Hallo 🙂"})
    (call,) = app.wait(lambda call: call.path == "/webhooks/whatsapp" and b"Hallo" in call.body)
    assert webhook_updates_validator(SECRET, call.body, call.headers["x-hub-signature-256"])
    value = call.json["entry"][0]["changes"][0]["value"]
    message = value["messages"][0]
    assert (message["from"], message["type"], message["text"]["body"]) == (TO, "text", "Hallo 🙂")
    assert value["contacts"][0]["profile"]["name"]
    assert wa.mark_message_as_read(message_id=message["id"])


def test_a_pressed_button_and_a_stop_of_marketing_are_told(sandbox: Sandbox, app: App) -> None:
    sandbox.control("inbound", channel="whatsapp", text="Yes", button="YES", **{"from": TO})
    (call,) = app.wait(lambda call: b'"button"' in call.body)
    message = call.json["entry"][0]["changes"][0]["value"]["messages"][0]
    assert message["button"] == {"text": "Yes", "payload": "YES"}
    assert "text" not in message
    sandbox.control("preference", value="stop", **{"from": TO})
    (call,) = app.wait(lambda call: b"user_preferences" in call.body)
    assert call.json["entry"][0]["changes"][0]["field"] == "user_preferences"


def test_the_24_hour_window_is_kept_when_asked_for(sandbox: Sandbox, app: App) -> None:
    sandbox.control("settings", window=True)
    wamid = sandbox.send_whatsapp().json()["messages"][0]["id"]
    wait_for(lambda: app.statuses(wamid) == ["failed"])
    (failed,) = [s for call in app.calls for s in call.statuses if s["id"] == wamid]
    assert failed["errors"][0]["code"] == 131047
    hello = template("hello_world", language="en_US")
    by_template = sandbox.send_whatsapp(type="template", template=hello).json()
    wait_for(lambda: "delivered" in app.statuses(by_template["messages"][0]["id"]))
    sandbox.control("inbound", channel="whatsapp", text="hi", **{"from": TO})
    answered = sandbox.send_whatsapp().json()["messages"][0]["id"]
    wait_for(lambda: "delivered" in app.statuses(answered))


def test_the_webhook_handshake_is_checked(sandbox: Sandbox, app: App) -> None:
    app.reply = lambda call: dict(httpx.URL(call.path).params)["hub.challenge"].encode()
    assert sandbox.control("handshake")["verified"] is True
    assert "hub.mode=subscribe" in app.calls[-1].path
    assert f"hub.verify_token={SECRET}" in app.calls[-1].path
    app.reply = lambda call: b"something else"
    assert sandbox.control("handshake")["verified"] is False
