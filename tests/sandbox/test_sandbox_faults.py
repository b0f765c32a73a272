"""Faults on demand: what each does to a caller, and to whom."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.sandbox.sandbox_process import SECRET, App, Sandbox, wait_for

TWILIO = "AC" + "5a" * 16


def send_sms(sandbox: Sandbox, to: str = "+919812345678") -> httpx.Response:
    return sandbox.http.post(
        f"/2010-04-01/Accounts/{TWILIO}/Messages.json",
        auth=(TWILIO, SECRET),
        data={
            "To": to,
            "From": "+15005550006",
            "Body": "x",
            "StatusCallback": f"{sandbox.app.url}/cb?ref=f",
        },
    )


def send_whatsapp(sandbox: Sandbox) -> httpx.Response:
    return sandbox.send_whatsapp(biz_opaque_callback_data="f")


def create_order(sandbox: Sandbox) -> httpx.Response:
    order = {"amount": 500, "currency": "INR"}
    return sandbox.http.post("/v1/orders", auth=("rzp_test_sandbox", SECRET), json=order)


Send = Callable[[Sandbox], httpx.Response]
PROVIDERS = [("whatsapp", send_whatsapp), ("twilio", send_sms), ("razorpay", create_order)]


def counted(sandbox: Sandbox) -> int:
    orders = len(sandbox.http.get("/_/payments").json()["orders"])
    return orders + sum(sandbox.accepted().values())


@pytest.mark.parametrize(("provider", "send"), PROVIDERS)
def test_a_burst_of_429_says_when_to_come_back(
    sandbox: Sandbox, app: App, provider: str, send: Send
) -> None:
    sandbox.fault(provider, "throttle", times=2, retry_after=3)
    answers = [send(sandbox) for _ in range(3)]
    assert [answer.status_code for answer in answers[:2]] == [429, 429]
    assert answers[0].headers["retry-after"] == "3"
    assert answers[2].is_success
    assert counted(sandbox) == 1


@pytest.mark.parametrize(("provider", "send"), PROVIDERS)
def test_a_lost_answer_was_accepted(sandbox: Sandbox, app: App, provider: str, send: Send) -> None:
    sandbox.fault(provider, "lost_answer", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        send(sandbox)
    assert counted(sandbox) == 1


@pytest.mark.parametrize("fault", ["drop", "refuse_connection"])
@pytest.mark.parametrize(("provider", "send"), PROVIDERS)
def test_a_dropped_request_was_not_accepted(
    sandbox: Sandbox, app: App, provider: str, send: Send, fault: str
) -> None:
    sandbox.fault(provider, fault, times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        send(sandbox)
    assert counted(sandbox) == 0
    assert send(sandbox).is_success


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("provider", "send"), PROVIDERS)
def test_a_slow_answer_comes_late(
    sandbox: Sandbox, app: App, provider: str, send: Send, when: str
) -> None:
    sandbox.fault(provider, "slow", times=1, seconds=0.6, when=when)
    start = time.monotonic()
    assert send(sandbox).is_success
    assert time.monotonic() - start >= 0.6
    assert counted(sandbox) == 1


def test_a_caller_that_gives_up_may_have_been_accepted(sandbox: Sandbox, app: App) -> None:
    for when, accepted in (("before", 0), ("after", 1)):
        sandbox.fault("whatsapp", "slow", times=1, seconds=30, when=when)
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(
                f"{sandbox.url}/v25.0/100000000000001/messages",
                headers={"Authorization": f"Bearer {SECRET}"},
                json={
                    "messaging_product": "whatsapp",
                    "to": "919812345678",
                    "text": {"body": "x"},
                    "biz_opaque_callback_data": when,
                },
                timeout=httpx.Timeout(30, read=0.5),
            )
        name = f"whatsapp:{when}"
        wait_for(lambda: sandbox.accepted().get(name, 0) == accepted)  # noqa: B023 - called here


@pytest.mark.parametrize("provider", ["whatsapp", "smtp"])
def test_connecting_is_refused_for_some_seconds(sandbox: Sandbox, provider: str) -> None:
    sandbox.fault(provider, "refuse_connection", seconds=3)
    port = sandbox.smtp_port if provider == "smtp" else httpx.URL(sandbox.url).port

    def refused() -> bool:
        try:
            httpx.get(f"http://127.0.0.1:{port}/_/health", timeout=5)
        except httpx.ConnectError:
            return True
        except httpx.TransportError:
            return False
        return False

    wait_for(refused, "a refused connection")
    wait_for(lambda: not refused(), "an open door")
    wait_for(lambda: sandbox.http.get("/_/faults").json()["faults"] == [])


@pytest.mark.parametrize(
    ("provider", "send", "fault", "status", "code"),
    [
        ("whatsapp", send_whatsapp, {"code": 131056, "status": 400}, 400, 131056),
        ("whatsapp", send_whatsapp, {"code": 131016}, 503, 131016),
        ("twilio", send_sms, {"code": 20429, "status": 429}, 429, 20429),
        ("twilio", send_sms, {"code": 21610}, 400, 21610),
        ("razorpay", create_order, {"code": 502}, 502, "GATEWAY_ERROR"),
    ],
)
def test_any_code_of_a_provider_can_be_asked_for(
    sandbox: Sandbox,
    app: App,
    provider: str,
    send: Send,
    fault: dict[str, Any],
    status: int,
    code: Any,
) -> None:
    sandbox.fault(provider, "error", times=1, **fault)
    answer = send(sandbox)
    error = answer.json().get("error") or answer.json()
    assert (answer.status_code, error["code"]) == (status, code)
    assert counted(sandbox) == 0


def test_a_fault_hits_only_whom_it_names(sandbox: Sandbox, app: App) -> None:
    sandbox.fault("twilio", "error", code=30001, to="+91 98123 45679")
    assert send_sms(sandbox).is_success
    assert send_sms(sandbox, "+919812345679").status_code == 400


def test_a_share_hits_about_that_part(sandbox: Sandbox, app: App) -> None:
    sandbox.control("settings", webhooks=False)
    sandbox.fault("whatsapp", "error", code=131000, share=0.3)
    failed = sum(send_whatsapp(sandbox).status_code == 500 for _ in range(300))
    assert 50 < failed < 130


def test_faults_are_taken_in_the_order_they_were_made(sandbox: Sandbox, app: App) -> None:
    sandbox.fault("whatsapp", "error", code=131016, times=1)
    sandbox.fault("whatsapp", "error", code=131056, times=1)
    codes = [send_whatsapp(sandbox).json()["error"]["code"] for _ in range(2)]
    assert codes == [131016, 131056]


def test_a_fault_can_be_listed_and_removed(sandbox: Sandbox, app: App) -> None:
    fault = sandbox.fault("whatsapp", "throttle", times=5)
    send_whatsapp(sandbox)
    (listed,) = sandbox.http.get("/_/faults").json()["faults"]
    assert (listed["hits"], listed["left"]) == (1, 4)
    sandbox.http.delete(f"/_/faults/{fault['id']}")
    assert send_whatsapp(sandbox).is_success


def test_a_status_error_reaches_the_app_later(sandbox: Sandbox, app: App) -> None:
    sandbox.fault("whatsapp", "status_error", code=131026, times=1)
    wamid = send_whatsapp(sandbox).json()["messages"][0]["id"]
    wait_for(lambda: app.statuses(wamid) == ["failed"])
    (status,) = [s for call in app.calls for s in call.statuses if s["id"] == wamid]
    assert status["errors"][0]["code"] == 131026
    assert status["biz_opaque_callback_data"] == "f"


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"provider": "pigeon", "fault": "error"},
        {"provider": "smtp", "fault": "error", "code": 1},
        {"provider": "whatsapp", "fault": "error"},
        {"provider": "whatsapp", "fault": "error", "code": "many"},
        {"provider": "whatsapp", "fault": "slow", "seconds": "long"},
        {"provider": "whatsapp", "fault": "slow", "seconds": -1},
        {"provider": "whatsapp", "fault": "throttle", "times": 0},
        {"provider": "whatsapp", "fault": "throttle", "times": True},
        {"provider": "whatsapp", "fault": "throttle", "share": 2},
        {"provider": "whatsapp", "fault": "throttle", "colour": "red"},
        {"provider": "smtp", "fault": "reply", "code": 550, "phase": "lunch"},
        {"provider": "smtp", "fault": "reply", "code": 550, "phase": "mail", "to": "a@b.c"},
        {"provider": "smtp", "fault": "reply", "code": 42},
        {"provider": "webhooks", "fault": "duplicate", "copies": 10**9},
        [],
    ],
)
def test_a_fault_that_cannot_be_is_refused_with_a_sentence(sandbox: Sandbox, wanted: Any) -> None:
    answer = sandbox.http.post("/_/faults", json=wanted)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert sandbox.http.get("/_/faults").json() == {"faults": []}
