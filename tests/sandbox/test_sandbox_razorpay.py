"""Razorpay's own library and its signature checks against the sandbox."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
import razorpay
from razorpay.errors import BadRequestError, SignatureVerificationError

from tests.sandbox.sandbox_process import SECRET, App, Sandbox

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def client_of(sandbox: Sandbox, secret: str = SECRET) -> Any:
    client = razorpay.Client(auth=("rzp_test_sandbox", secret), base_url=sandbox.url)
    sandbox.lines.append(client.session)
    return client


def new_order(sandbox: Sandbox, **more: Any) -> dict[str, Any]:
    wanted = {"amount": 50_000, "currency": "INR", "receipt": "booking-1", **more}
    order: dict[str, Any] = client_of(sandbox).order.create(wanted)
    return order


def checkout(sandbox: Sandbox, app: App, order: dict[str, Any], button: str) -> httpx.Response:
    """Open the payment page as a browser does and press one of its buttons."""
    page = sandbox.http.post(
        "/v1/checkout/embedded",
        data={
            "key_id": "rzp_test_sandbox",
            "order_id": order["id"],
            "amount": order["amount"],
            "name": "Bellhop & Co",
            "description": "Haircut",
            "prefill[name]": "Asha",
            "prefill[email]": "asha@example.org",
            "prefill[contact]": "+919812345678",
            "callback_url": f"{app.url}/back",
            "cancel_url": f"{app.url}/cancelled",
        },
    )
    assert page.status_code == 200
    assert "INR 500.00" in page.text
    action = re.search(rf'action="(/v1/checkout/[\w-]+/{button})"', page.text)
    assert action is not None
    return sandbox.http.post(action[1])


def events(app: App, order_id: str) -> list[str]:
    calls = [call for call in list(app.calls) if call.path == "/webhooks/razorpay"]
    return [call.json["event"] for call in calls if order_id.encode() in call.body]


def test_paying_in_the_page_gives_a_valid_signature_and_webhooks(
    sandbox: Sandbox, app: App
) -> None:
    client = client_of(sandbox)
    order = new_order(sandbox, notes={"booking": "1"})
    page = checkout(sandbox, app, order, "pay")
    assert f'action="{app.url}/back"' in page.text
    assert f"form-action 'self' {app.url}" in page.headers["content-security-policy"]
    proof = dict(HIDDEN.findall(page.text))
    assert proof["razorpay_order_id"] == order["id"]
    assert client.utility.verify_payment_signature(proof)
    calls = app.wait(lambda call: call.path == "/webhooks/razorpay", 3)
    for call in calls:
        signature = call.headers["x-razorpay-signature"]
        secret = SECRET + "-webhook"
        assert client.utility.verify_webhook_signature(call.body.decode(), signature, secret)
    assert len({call.headers["x-razorpay-event-id"] for call in calls}) == 3
    told = {"payment.authorized", "payment.captured", "order.paid"}
    assert set(events(app, order["id"])) == told
    payment = client.payment.fetch(proof["razorpay_payment_id"])
    assert (payment["status"], payment["amount"], payment["order_id"], payment["email"]) == (
        "captured",
        50_000,
        order["id"],
        "asha@example.org",
    )
    paid = client.order.fetch(order["id"])
    assert (paid["status"], paid["amount_due"]) == ("paid", 0)
    assert client.order.payments(order["id"])["count"] == 1


def test_a_forged_signature_is_not_valid(sandbox: Sandbox, app: App) -> None:
    proof = sandbox.control("pay", order_id=new_order(sandbox)["id"])
    other = new_order(sandbox)["id"]
    with pytest.raises(SignatureVerificationError):
        client_of(sandbox).utility.verify_payment_signature({**proof, "razorpay_order_id": other})


def test_a_failed_payment_is_told_and_the_order_can_still_be_paid(
    sandbox: Sandbox, app: App
) -> None:
    order = new_order(sandbox)
    page = checkout(sandbox, app, order, "fail")
    fields = dict(HIDDEN.findall(page.text))
    assert fields["error[reason]"] == "payment_failed"
    app.wait(lambda call: b"payment.failed" in call.body)
    assert client_of(sandbox).order.fetch(order["id"])["status"] == "attempted"
    checkout(sandbox, app, order, "pay")
    assert client_of(sandbox).order.fetch(order["id"])["status"] == "paid"


def test_paying_twice_is_one_payment(sandbox: Sandbox, app: App) -> None:
    order = new_order(sandbox)
    first, second = (sandbox.control("pay", order_id=order["id"]) for _ in range(2))
    assert first == second
    assert client_of(sandbox).order.payments(order["id"])["count"] == 1


def test_cancelling_goes_back_without_a_payment(sandbox: Sandbox, app: App) -> None:
    order = new_order(sandbox)
    answer = checkout(sandbox, app, order, "cancel")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{app.url}/cancelled")
    assert client_of(sandbox).order.payments(order["id"])["count"] == 0


def test_paying_without_coming_back_is_told_by_webhook_alone(sandbox: Sandbox, app: App) -> None:
    order = new_order(sandbox)
    page = checkout(sandbox, app, order, "leave")
    assert "razorpay_signature" not in page.text
    app.wait(lambda call: b"order.paid" in call.body and order["id"].encode() in call.body)


def test_capture_by_hand_and_refunds(sandbox: Sandbox, app: App) -> None:
    client = client_of(sandbox)
    sandbox.control("settings", auto_capture=False)
    proof = sandbox.control("pay", order_id=new_order(sandbox)["id"])
    payment_id = proof["razorpay_payment_id"]
    assert client.payment.fetch(payment_id)["status"] == "authorized"
    with pytest.raises(BadRequestError, match="Capture amount must be equal"):
        client.payment.capture(payment_id, 100, {"currency": "INR"})
    assert client.payment.capture(payment_id, 50_000, {"currency": "INR"})["captured"] is True
    with pytest.raises(BadRequestError, match="already been captured"):
        client.payment.capture(payment_id, 50_000, {"currency": "INR"})
    part = client.payment.refund(payment_id, {"amount": 20_000, "notes": {"why": "late"}})
    assert (part["status"], part["amount"]) == ("processed", 20_000)
    with pytest.raises(BadRequestError, match="greater than the refund payment amount"):
        client.payment.refund(payment_id, {"amount": 30_001})
    client.payment.refund(payment_id, {})
    assert client.payment.fetch(payment_id)["status"] == "refunded"
    app.wait(lambda call: b"refund.processed" in call.body, 2)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"amount": 99}, "less than minimum"),
        ({"amount": None}, "amount field is required"),
        ({"amount": 1.5}, "must be an integer"),
        ({"currency": ""}, "currency field is required"),
        ({"receipt": "x" * 41}, "40 characters"),
    ],
)
def test_an_order_that_cannot_be_is_refused(
    sandbox: Sandbox, change: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(BadRequestError, match=sentence):
        new_order(sandbox, **change)


def test_wrong_login_and_unknown_ids(sandbox: Sandbox) -> None:
    with pytest.raises(BadRequestError, match="Authentication failed"):
        client_of(sandbox, "wrong").order.fetch("order_x")
    for look in (client_of(sandbox).order.fetch, client_of(sandbox).payment.fetch):
        with pytest.raises(BadRequestError, match="does not exist"):
            look("nothing_here")


def test_orders_are_found_by_receipt(sandbox: Sandbox) -> None:
    wanted = new_order(sandbox, receipt="booking-77")
    new_order(sandbox, receipt="booking-78")
    found = client_of(sandbox).order.all({"receipt": "booking-77"})
    assert [order["id"] for order in found["items"]] == [wanted["id"]]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"key_id": "rzp_live_other"}, "key id"),
        ({"amount": "1"}, "amount is not the one"),
        ({"order_id": "order_none"}, "does not exist"),
        ({"callback_url": "javascript:alert(1)"}, "must start with http"),
        ({"callback_url": ""}, "callback_url is missing"),
    ],
)
def test_a_checkout_that_does_not_fit_its_order_says_so(
    sandbox: Sandbox, app: App, change: dict[str, str], sentence: str
) -> None:
    order = new_order(sandbox)
    form = {"key_id": "rzp_test_sandbox", "order_id": order["id"], "callback_url": app.url}
    page = sandbox.http.post("/v1/checkout/embedded", data={**form, **change})
    assert page.status_code == 400
    assert sentence in page.text
