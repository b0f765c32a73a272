"""Rehearsals: trouble for those who ask for it by their address or login, and for nobody else."""

from __future__ import annotations

import base64
import smtplib
from typing import Any

import httpx
import pytest

from sandbox.profiles import PROFILES, place_of
from tests.sandbox.sandbox_process import SECRET, App, Sandbox
from tests.sandbox.test_sandbox_smtp import mail
from webapp.messages.channels import rehearsing

ACCOUNT = "AC" + "5a" * 16
LOGIN = base64.b64encode(f"{ACCOUNT}:{SECRET}".encode()).decode()


def whatsapp(sandbox: Sandbox, profile: str, to: str = "919812345678", **more: Any) -> Any:
    body: dict[str, Any] = {"messaging_product": "whatsapp", "to": to, "type": "text", **more}
    body["text"] = {"body": "hello"}
    return sandbox.http.post(
        f"/as/{profile}/v25.0/100000000000001/messages",
        json=body,
        headers={"Authorization": f"Bearer {SECRET}"},
    )


def sms(sandbox: Sandbox, profile: str, to: str = "+919812345678", **more: str) -> httpx.Response:
    return sandbox.http.post(
        f"/as/{profile}/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
        data={"To": to, "From": "+15005550006", "Body": "hello", **more},
        headers={"Authorization": f"Basic {LOGIN}"},
    )


def mails(sandbox: Sandbox, profile: str, *recipients: str) -> list[int]:
    """Send a mail to each on one connection, and return the last reply to each."""
    codes = []
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=20) as session:
        session.ehlo()
        if profile:
            session.login(profile, SECRET)
        for to in recipients:
            codes.append(one_mail(session, to))
            session.rset()
    return codes


def one_mail(session: smtplib.SMTP, to: str) -> int:
    for answer in (session.mail("desk@example.org"), session.rcpt(to)):
        if answer[0] != 250:
            return answer[0]
    return session.data(mail().as_bytes())[0]


def numbers(count: int) -> list[str]:
    return [f"+9198123{number:05}" for number in range(count)]


def test_both_sides_know_the_same_rehearsals() -> None:
    assert list(rehearsing.PROFILES) == list(PROFILES)


@pytest.mark.parametrize("profile", ["calm", "calm.17"])
def test_in_a_calm_rehearsal_all_goes_well_and_is_reported(
    sandbox: Sandbox, app: App, profile: str
) -> None:
    sent = whatsapp(sandbox, profile, biz_opaque_callback_data="w-1").json()["messages"][0]["id"]
    back = f"{app.url}/webhooks/twilio/status?ref=s-1"
    assert sms(sandbox, profile, StatusCallback=back).status_code == 201
    assert mails(sandbox, profile, "asha@example.org") == [250]

    app.wait(lambda call: "delivered" in app.statuses(sent))
    app.wait(lambda call: call.path.endswith("ref=s-1") and b"delivered" in call.body)
    counts = sandbox.accepted()
    assert (counts["whatsapp:w-1"], counts["sms:s-1"], counts["email:dlv-1"]) == (1, 1, 1)


def test_a_rehearsal_that_does_not_exist_is_refused(sandbox: Sandbox) -> None:
    assert whatsapp(sandbox, "stormy").status_code == 404
    assert sms(sandbox, "stormy").status_code == 404
    with pytest.raises(smtplib.SMTPAuthenticationError):
        mails(sandbox, "stormy", "asha@example.org")


def test_a_rehearsal_needs_the_secret_too(sandbox: Sandbox) -> None:
    session = smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=20)
    with session, pytest.raises(smtplib.SMTPAuthenticationError):
        session.login("calm", "guessed")
    wrong = {"Authorization": "Bearer guessed"}
    path = "/as/calm/v25.0/100000000000001/messages"
    assert sandbox.http.post(path, json={}, headers=wrong).status_code == 401


def test_a_busy_provider_asks_some_to_wait(sandbox: Sandbox) -> None:
    # Only until the first is asked to wait: the slow ones would make the test slow.
    for _ in range(500):
        answer = sms(sandbox, "busy")
        if answer.status_code == 429:
            break
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert answer.json()["code"] == 20429


def test_a_lossy_provider_accepts_and_does_not_answer(sandbox: Sandbox) -> None:
    lost = 0
    for number in range(60):
        try:
            whatsapp(sandbox, "lossy", biz_opaque_callback_data=f"w-{number}")
        except httpx.RemoteProtocolError:
            lost += 1
    assert 0 < lost < 20
    counts = [sandbox.accepted()[f"whatsapp:w-{number}"] for number in range(60)]
    assert set(counts) == {1}


def test_on_a_bad_list_the_same_addresses_are_wrong_each_time(sandbox: Sandbox) -> None:
    bad = [to for to in numbers(60) if place_of(to) < 5]
    later = [to for to in numbers(200) if 5 <= place_of(to) < 7]
    for _ in range(2):
        refused = [to for to in numbers(60) if sms(sandbox, "bad-list", to).status_code == 400]
        assert refused == bad
    assert sms(sandbox, "bad-list", bad[0]).json()["code"] == 21211
    assert whatsapp(sandbox, "bad-list", bad[0]).json()["error"]["code"] == 131026
    addresses = [f"guest{number}@example.org" for number in range(40)]
    wrong = [550 if place_of(to) < 5 else 250 for to in addresses]
    assert mails(sandbox, "bad-list", *addresses) == wrong
    assert 550 in wrong

    assert sms(sandbox, "bad-list", later[0]).status_code == 201
    assert sandbox.messages(to=later[0], channel="sms")[-1]["error_code"] in (None, 30005)


@pytest.mark.parametrize(
    ("profile", "whatsapp_code", "sms_code", "mail_code"),
    [("template-paused", 132015, 30007, 554), ("out-of-credit", 131042, 30002, 550)],
)
def test_trouble_begins_with_the_fiftieth_message_of_each_rehearsal(
    sandbox: Sandbox, profile: str, whatsapp_code: int, sms_code: int, mail_code: int
) -> None:
    assert {whatsapp(sandbox, profile).status_code for _ in range(49)} == {200}
    assert whatsapp(sandbox, profile).json()["error"]["code"] == whatsapp_code
    assert {sms(sandbox, profile).status_code for _ in range(49)} == {201}
    assert sms(sandbox, profile).json()["code"] == sms_code
    assert mails(sandbox, profile, *["asha@example.org"] * 50) == [250] * 49 + [mail_code]

    assert whatsapp(sandbox, f"{profile}.2").status_code == 200
    assert sandbox.send_whatsapp().status_code == 200
    assert mails(sandbox, "", "asha@example.org") == [250]
