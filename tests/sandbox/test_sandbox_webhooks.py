"""Webhooks: sent again until the app took them, and disturbed on demand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pywa.utils import webhook_updates_validator

from tests.sandbox.sandbox_process import SECRET, App, Call, Sandbox, wait_for


def send(sandbox: Sandbox, to: str = "919812345678") -> str:
    wamid: str = sandbox.send_whatsapp(to).json()["messages"][0]["id"]
    return wamid


def about(wamid: str, status: str) -> Callable[[Call], bool]:
    def wanted(call: Call) -> bool:
        return any(s["id"] == wamid and s["status"] == status for s in call.statuses)

    return wanted


def test_a_webhook_waits_for_an_app_that_is_away(sandbox: Sandbox, app: App) -> None:
    app.stop()
    wamid = send(sandbox)
    wait_for(lambda: sandbox.messages()[0]["status"] == "delivered")
    wait_for(lambda: any(w["attempts"] for w in hooks(sandbox, wamid)))
    app.start()
    wait_for(lambda: sorted(app.statuses(wamid)) == ["delivered", "sent"])
    wait_for(lambda: [w["state"] for w in hooks(sandbox, wamid)] == ["taken", "taken"])


def hooks(sandbox: Sandbox, wamid: str) -> list[dict[str, object]]:
    found = sandbox.http.get("/_/webhooks").json()["webhooks"]
    return [webhook for webhook in found if webhook["about"] == wamid]


def test_a_refused_webhook_comes_again_with_growing_gaps(sandbox: Sandbox, app: App) -> None:
    sandbox.control("settings", webhook_gap=0.3)
    app.status = 503
    wamid = send(sandbox)
    wait_for(lambda: app.statuses(wamid).count("sent") == 3)
    first, second, third = [c.at for c in app.calls if about(wamid, "sent")(c)][:3]
    assert second - first >= 0.29
    assert third - second >= 0.59
    app.status = 200
    wait_for(lambda: [w["state"] for w in hooks(sandbox, wamid)] == ["taken", "taken"])


def test_a_webhook_is_given_up_after_its_time(sandbox: Sandbox, app: App) -> None:
    sandbox.control("settings", webhook_gap=0.1, webhook_give_up=0.5)
    app.status = 500
    wamid = send(sandbox)
    wait_for(lambda: [w["state"] for w in hooks(sandbox, wamid)] == ["given up", "given up"])


def test_a_duplicate_is_the_same_body_twice(sandbox: Sandbox, app: App) -> None:
    sandbox.fault("webhooks", "duplicate", event="delivered", copies=3, times=1)
    wamid = send(sandbox)
    wait_for(lambda: sorted(app.statuses(wamid)) == ["delivered"] * 3 + ["sent"])
    assert len({c.body for c in app.calls if about(wamid, "delivered")(c)}) == 1


def test_reordered_statuses_come_the_wrong_way_round(sandbox: Sandbox, app: App) -> None:
    sandbox.fault("webhooks", "reorder", event="sent", times=1)
    wamid = send(sandbox)
    wait_for(lambda: app.statuses(wamid) == ["delivered", "sent"])


def test_a_batch_spreads_over_entries_changes_and_statuses(sandbox: Sandbox, app: App) -> None:
    sandbox.fault("webhooks", "batch", size=8, times=8, seconds=20)
    wamids = {send(sandbox, f"9198123456{number}") for number in range(10, 14)}
    (call,) = app.wait(lambda call: len(call.statuses) == 8)
    assert {status["id"] for status in call.statuses} == wamids
    entries = call.json["entry"]
    assert len(entries) == 2
    assert len(entries[0]["changes"]) == 2
    assert len(entries[0]["changes"][0]["value"]["statuses"]) == 2
    assert webhook_updates_validator(SECRET, call.body, call.headers["x-hub-signature-256"])


def test_a_batch_that_stays_small_leaves_after_its_time(sandbox: Sandbox, app: App) -> None:
    sandbox.fault("webhooks", "batch", size=50, seconds=0.4, times=2)
    wamid = send(sandbox)
    (call,) = app.wait(lambda call: len(call.statuses) == 2)
    assert [status["id"] for status in call.statuses] == [wamid, wamid]


def test_a_dropped_webhook_never_comes(sandbox: Sandbox, app: App) -> None:
    sandbox.fault("webhooks", "drop", event="sent", times=1)
    wamid = send(sandbox)
    wait_for(lambda: app.statuses(wamid) == ["delivered"])
    assert hooks(sandbox, wamid)[0]["state"] == "dropped"


def test_a_delayed_webhook_comes_late(sandbox: Sandbox, app: App) -> None:
    sandbox.fault("webhooks", "delay", event="sent", seconds=0.8, times=1)
    wamid = send(sandbox)
    wait_for(lambda: app.statuses(wamid) == ["delivered", "sent"])


@pytest.mark.parametrize("always", [False, True])
def test_a_bad_signature_is_bad_once_or_always(sandbox: Sandbox, app: App, always: bool) -> None:
    sandbox.control("settings", webhook_gap=0.1)
    sandbox.fault("webhooks", "bad_signature", event="sent", times=1, always=always)
    app.status = 401
    wamid = send(sandbox)
    wait_for(lambda: app.statuses(wamid).count("sent") >= 3)
    app.status = 200
    calls = [call for call in app.calls if about(wamid, "sent")(call)]
    valid = [
        webhook_updates_validator(SECRET, call.body, call.headers["x-hub-signature-256"])
        for call in calls
    ]
    assert valid[:3] == [False, not always, not always]


def test_a_fault_for_one_channel_leaves_the_others(sandbox: Sandbox, app: App) -> None:
    sandbox.fault("webhooks", "drop", channel="sms")
    wamid = send(sandbox)
    wait_for(lambda: app.statuses(wamid) == ["sent", "delivered"])
