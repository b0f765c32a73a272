"""Mail over real SMTP: what arrives, and faults at each phase."""

from __future__ import annotations

import asyncio
import smtplib
from email.message import EmailMessage

import aiosmtplib
import pytest

from tests.sandbox.sandbox_process import Sandbox

TO = "asha@example.org"


def mail(message_id: str = "dlv-1") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Bellhop <desk@example.org>"
    message["To"] = TO
    message["Subject"] = "Grüße – booked"
    message["Message-ID"] = f"<{message_id}@bellhop.example>"
    message.set_content("Hällo Asha\nhttps://bellhop.example/b/1\n")
    message.add_alternative("<p>Hällo <b>Asha</b></p><script>alert(1)</script>", subtype="html")
    message.add_attachment(
        b"BEGIN:VCALENDAR", maintype="text", subtype="calendar", filename="b.ics"
    )
    return message


def connect(sandbox: Sandbox) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=20)


def phases(sandbox: Sandbox) -> tuple[str, int]:
    """Send a mail step by step: the phase that did not go well, and its code (0: hung up)."""
    phase = "connect"
    try:
        with connect(sandbox) as session:
            session.ehlo()
            phase = "mail"
            if (code := session.mail("desk@example.org")[0]) != 250:
                return phase, code
            phase = "rcpt"
            if (code := session.rcpt(TO)[0]) != 250:
                return phase, code
            phase = "dot"
            code = session.data(mail().as_bytes())[0]
            return ("done" if code == 250 else phase), code
    except smtplib.SMTPDataError as error:
        return "data", error.smtp_code
    except smtplib.SMTPConnectError as error:
        return phase, error.smtp_code
    except smtplib.SMTPServerDisconnected:
        return phase, 0


def test_a_mail_is_kept_and_decoded(sandbox: Sandbox) -> None:
    with connect(sandbox) as session:
        session.send_message(mail())
    (kept,) = sandbox.messages(channel="email")
    assert (kept["to"], kept["ref"], kept["status"]) == (TO, "dlv-1", "delivered")
    assert kept["details"]["subject"] == "Grüße – booked"
    assert kept["text"].startswith("Hällo Asha")
    assert sandbox.accepted() == {"email:dlv-1": 1}
    page = sandbox.http.get(f"/mail/{kept['provider_id']}").text
    assert "Grüße – booked" in page
    assert "b.ics" in page
    assert '<a href="https://bellhop.example/b/1"' in page


def test_html_of_a_mail_is_framed_where_no_script_runs(sandbox: Sandbox) -> None:
    with connect(sandbox) as session:
        session.send_message(mail())
    (kept,) = sandbox.messages()
    page = sandbox.http.get(f"/mail/{kept['provider_id']}")
    assert "alert(1)" not in page.text
    frame = sandbox.http.get(f"/mail/{kept['provider_id']}/html")
    assert "Hällo <b>Asha</b>" in frame.text
    policy = frame.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_another_library_delivers_to_several_recipients(sandbox: Sandbox) -> None:
    asyncio.run(
        aiosmtplib.send(
            mail("two"),
            recipients=[TO, "ravi@example.org"],
            hostname="127.0.0.1",
            port=sandbox.smtp_port,
        )
    )
    (kept,) = sandbox.messages(channel="email")
    assert kept["details"]["recipients"] == [TO, "ravi@example.org"]
    assert sandbox.accepted() == {"email:two": 1}


@pytest.mark.parametrize("phase", ["connect", "mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize("code", [451, 550])
def test_a_reply_is_given_at_the_asked_phase(sandbox: Sandbox, phase: str, code: int) -> None:
    sandbox.fault("smtp", "reply", phase=phase, code=code, times=1)
    assert phases(sandbox) == (phase, code)
    assert sandbox.accepted() == {}
    assert phases(sandbox) == ("done", 250)


@pytest.mark.parametrize("phase", ["connect", "mail", "rcpt", "dot"])
def test_a_dropped_connection_counts_nothing(sandbox: Sandbox, phase: str) -> None:
    sandbox.fault("smtp", "drop", phase=phase, times=1)
    assert phases(sandbox) == (phase, 0)
    assert sandbox.accepted() == {}


def test_a_lost_answer_was_accepted_all_the_same(sandbox: Sandbox) -> None:
    sandbox.fault("smtp", "lost_answer", times=1)
    assert phases(sandbox) == ("dot", 0)
    assert sandbox.accepted() == {"email:dlv-1": 1}


def test_throttling_says_421_and_closes(sandbox: Sandbox) -> None:
    sandbox.fault("smtp", "throttle", times=1)
    assert phases(sandbox) == ("mail", 421)
    assert phases(sandbox) == ("done", 250)


def test_only_the_named_recipient_is_refused(sandbox: Sandbox) -> None:
    sandbox.fault("smtp", "reply", phase="rcpt", code=550, to="Other@Example.org")
    assert phases(sandbox) == ("done", 250)
    with connect(sandbox) as session, pytest.raises(smtplib.SMTPRecipientsRefused):
        session.sendmail("desk@example.org", ["other@example.org"], mail().as_bytes())


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no headers at all",
        b"Content-Type: text/plain; charset=nonsense-8\r\n\r\n\xff\xfe",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nbroken",
        b"Subject: =?utf-8?b?!!!?=\r\nMessage-ID: <<>>\r\n\r\nx",
        b"Content-Type: text/html; charset=utf-7\r\nContent-Transfer-Encoding: base64\r\n\r\n*",
    ],
)
def test_strange_mails_are_kept_and_shown(sandbox: Sandbox, raw: bytes) -> None:
    with connect(sandbox) as session:
        session.sendmail("a@example.org", [TO], raw)
    (kept,) = sandbox.messages()
    for path in ("", "/source"):
        assert sandbox.http.get(f"/mail/{kept['provider_id']}{path}").status_code == 200
    shown = sandbox.http.get(f"/mail/{kept['provider_id']}/html").status_code
    assert shown == (200 if b"text/html" in raw else 404)
