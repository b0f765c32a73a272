"""The pages for people, the control API and the start."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import httpx
import pytest

from tests.sandbox.sandbox_process import ROOT, App, Sandbox, wait_for

PAGES = ["/", "/phone", "/phone/919812345678", "/mail", "/faults"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_strict_and_complete(sandbox: Sandbox, app: App, path: str) -> None:
    sandbox.send_whatsapp()
    sandbox.fault("webhooks", "duplicate", times=1)
    page = sandbox.http.get(path)
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.text.count("<h1") == 1
    assert not re.search(r"<[^>]+ (style|on\w+)=", page.text)
    assert not re.search(r"<script(?![^>]* src=)", page.text)
    ids = re.findall(r' id="([^"]+)"', page.text)
    assert len(ids) == len(set(ids))
    labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', page.text))
    for field in re.findall(r"<(?:input|select|textarea)[^>]*>", page.text):
        name = re.search(r' id="([^"]+)"', field)
        assert 'type="hidden"' in field or 'type="checkbox"' in field or name
        assert not name or name[1] in labelled


def test_words_of_a_message_are_shown_but_never_run(sandbox: Sandbox, app: App) -> None:
    body = '<script>alert(1)</script> *bold* https://x.example/?a=1&b="2"). javascript:alert(2)'
    sandbox.send_whatsapp(text={"body": body})
    page = sandbox.http.get("/phone/919812345678").text
    assert "<script>alert" not in page
    assert "<strong>bold</strong>" in page
    assert '<a href="https://x.example/?a=1&amp;b="' in page
    assert 'href="javascript' not in page


def test_a_customer_who_got_nothing_can_write_first(sandbox: Sandbox, app: App) -> None:
    form = {"number": "+49 1512 3456789", "channel": "whatsapp", "text": "Are you open?"}
    answer = sandbox.http.post("/phone", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/phone/4915123456789")
    app.wait(lambda call: b"Are you open?" in call.body)
    wrong = sandbox.http.post("/phone", data={**form, "number": "12"})
    assert wrong.status_code == 422
    assert "Are you open?" in wrong.text


def test_a_fault_is_switched_on_and_off_by_hand(sandbox: Sandbox) -> None:
    form = {"provider": "whatsapp", "fault": "error", "code": "131056", "times": "2", "share": "50"}
    assert sandbox.http.post("/faults", data=form).status_code == 303
    (fault,) = sandbox.http.get("/_/faults").json()["faults"]
    assert (fault["code"], fault["times"], fault["share"]) == (131056, 2, 0.5)
    assert "Refuse with an error code 131056" in sandbox.http.get("/faults").text
    sandbox.http.post(f"/faults/{fault['id']}/remove")
    assert "All providers work." in sandbox.http.get("/faults").text
    wrong = sandbox.http.post("/faults", data={**form, "code": "many", "to": "+4912"})
    assert wrong.status_code == 422
    assert "code must be a number" in wrong.text
    assert 'value="+4912"' in wrong.text


def test_behaviour_is_changed_by_hand(sandbox: Sandbox) -> None:
    form = {"webhooks": "on", "window": "on", "status_delay": "0.5"}
    assert sandbox.http.post("/behaviour", data=form).status_code == 303
    now = sandbox.http.get("/_/settings").json()
    assert (now["window"], now["status_delay"], now["auto_capture"]) == (True, 0.5, False)
    assert sandbox.http.post("/behaviour", data={"status_delay": "soon"}).status_code == 422


def test_another_website_cannot_make_a_browser_change_anything(sandbox: Sandbox) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    for path in ("/forget", "/faults", "/phone", "/_/faults", "/_/inbound"):
        assert sandbox.http.post(path, headers=foreign).status_code == 403


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("settings", {"status_delay": "soon"}),
        ("settings", {"status_delay": -1}),
        ("settings", {"unknown": 1}),
        ("settings", {"webhooks": 1}),
        ("inbound", {"channel": "fax", "from": "+4912345", "text": "x"}),
        ("inbound", {"channel": "sms", "text": "x"}),
        ("preference", {"from": "+4912345"}),
        ("pay", {"order_id": "none"}),
    ],
)
def test_what_the_control_api_cannot_do_is_a_400(
    sandbox: Sandbox, path: str, content: dict[str, object]
) -> None:
    answer = sandbox.http.post(f"/_/{path}", json=content)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert sandbox.http.post(f"/_/{path}", content=b"{").status_code == 400


def test_the_sink_counts(sandbox: Sandbox) -> None:
    for _ in range(3):
        assert sandbox.http.post("/sink", content=b"x" * 1000).status_code == 200
    assert sandbox.http.get("/sink").json() == {"count": 3}


def test_messages_are_filtered(sandbox: Sandbox, app: App) -> None:
    sandbox.send_whatsapp(biz_opaque_callback_data="a")
    sandbox.send_whatsapp("4915123456789", biz_opaque_callback_data="b")
    assert [m["ref"] for m in sandbox.messages(to="+49 1512 3456789")] == ["b"]
    assert [m["ref"] for m in sandbox.messages(ref="a", channel="whatsapp")] == ["a"]
    assert sandbox.messages(channel="sms") == []
    wait_for(lambda: all(m["status"] == "delivered" for m in sandbox.messages()))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"SANDBOX_SECRET": ""}, "SANDBOX_SECRET"),
        ({"SANDBOX_URL": "ftp://x"}, "SANDBOX_URL"),
        ({"SANDBOX_URL": "http://127.0.0.1:99999"}, "SANDBOX_URL"),
        ({"SANDBOX_SMTP": "here"}, "SANDBOX_SMTP"),
        ({"PUBLIC_URL": "bellhop"}, "PUBLIC_URL"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(change: dict[str, str], name: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "sandbox"],
        cwd=ROOT,
        env={**os.environ, "SANDBOX_SECRET": "x", **change},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert name in ended.stderr


def test_a_taken_address_is_told_in_one_line(sandbox: Sandbox) -> None:
    taken = {"SANDBOX_SECRET": "x", "SANDBOX_URL": sandbox.url, "SANDBOX_SMTP": "127.0.0.1:0"}
    ended = subprocess.run(
        [sys.executable, "-m", "sandbox"],
        cwd=ROOT,
        env={**os.environ, **taken},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert str(httpx.URL(sandbox.url).port) in ended.stderr
