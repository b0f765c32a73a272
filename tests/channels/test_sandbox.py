"""The carriers against the sandbox: providers' protocols spoken by a program written apart."""

import asyncio
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from devtools.processes import free_port
from webapp.messages.channels import (
    Accounts,
    Channel,
    MailServer,
    Outcome,
    OutcomeKind,
    Parcel,
    Patience,
    TwilioAccount,
    WhatsAppAccount,
    open_carriers,
)
from webapp.messages.channels.exchange import open_session
from webapp.messages.channels.sms import Listed, TwilioCarrier
from webapp.messages.channels.whatsapp_media import delete_media, get_media, upload_media

ROOT = Path(__file__).parents[2]
SECRET = "a-secret-for-the-test"
GENEROUS = 60.0
ADDRESSES = {
    Channel.WHATSAPP: "+919812345678",
    Channel.SMS: "+919812345679",
    Channel.EMAIL: "asha@example.com",
}
PROVIDERS = {Channel.WHATSAPP: "whatsapp", Channel.SMS: "twilio", Channel.EMAIL: "smtp"}


def parcel(channel: Channel, ref: str = "msg-1", **more: Any) -> Parcel:
    return Parcel(
        ref=ref,
        channel=channel,
        address=ADDRESSES[channel],
        text="Hello ✓\n.\nbye",
        subject="Zoë ✓",
        **more,
    )


@dataclass
class Sandbox:
    http_port: int
    smtp_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    def ask(self, method: str, path: str, body: object = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=GENEROUS)
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        found = json.loads(answer.read() or b"null")
        connection.close()
        assert answer.status < 300, found
        return found

    def break_(self, channel: Channel, fault: str, **more: object) -> None:
        self.ask("POST", "/_/faults", {"provider": PROVIDERS[channel], "fault": fault} | more)

    def accepted(self, channel: Channel, ref: str = "msg-1") -> int:
        counts: dict[str, int] = self.ask("GET", f"/_/accepted?channel={channel}")
        return counts.get(f"{channel}:{ref}", 0)

    @property
    def accounts(self) -> Accounts:
        return Accounts(
            whatsapp=WhatsAppAccount(
                base_url=self.url,
                version="v25.0",
                phone_number_id="100000000000001",
                business_account_id="200000000000001",
                access_token=SECRET,
            ),
            twilio=TwilioAccount(
                base_url=self.url,
                account_sid="AC" + "5a" * 16,
                auth_token=SECRET,
                sender="+15005550006",
                status_callback="http://127.0.0.1:9",
            ),
            mail=MailServer(
                host="127.0.0.1",
                port=self.smtp_port,
                sender="Salon Zoë <desk@example.org>",
                message_id_domain="example.org",
            ),
            patience=Patience(connect=5.0, answer=5.0, verdict=5.0),
        )

    def send(self, *parcels: Parcel, accounts: Accounts | None = None) -> list[Outcome]:
        """Send one after the other, over the same connections."""

        async def run() -> list[Outcome]:
            carriers = open_carriers(accounts or self.accounts)
            try:
                return [await carriers[one.channel].send(one) for one in parcels]
            finally:
                for carrier in carriers.values():
                    await carrier.aclose()

        return asyncio.run(run())


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    found = Sandbox(free_port(), free_port())
    settings = {
        "SANDBOX_URL": found.url,
        "SANDBOX_SMTP": f"127.0.0.1:{found.smtp_port}",
        "SANDBOX_SECRET": SECRET,
        "PUBLIC_URL": "http://127.0.0.1:9",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox"], cwd=ROOT, env=os.environ | settings
    )
    try:
        wait_until_it_answers(found, process)
        found.ask("POST", "/_/settings", {"webhooks": False})
        yield found
    finally:
        process.terminate()
        process.wait(GENEROUS)


def wait_until_it_answers(found: Sandbox, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + GENEROUS
    while True:
        try:
            found.ask("GET", "/_/health")
        except ConnectionError:
            assert process.poll() is None, "the sandbox ended"
            assert time.monotonic() < give_up, "the sandbox does not answer"
            time.sleep(0.05)
        else:
            return


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.ask("DELETE", "/_/faults")
    running.ask("DELETE", "/_/messages")
    return running


@pytest.fixture
def ref(request: pytest.FixtureRequest) -> str:
    """A reference of the test's own: the sandbox never forgets what it accepted."""
    return f"msg-{abs(hash(request.node.nodeid))}"


@pytest.mark.parametrize("channel", Channel)
def test_a_message_arrives_whole_and_once(sandbox: Sandbox, channel: Channel, ref: str) -> None:
    (outcome,) = sandbox.send(parcel(channel, ref))
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert sandbox.accepted(channel, ref) == 1
    (found,) = sandbox.ask("GET", f"/_/messages?channel={channel}")["messages"]
    assert (found["to"], found["ref"]) == (ADDRESSES[channel], ref)
    assert found["text"].splitlines() == ["Hello ✓", ".", "bye"]


@pytest.mark.parametrize("channel", Channel)
def test_a_lost_answer_is_unknown_and_was_accepted_once(
    sandbox: Sandbox, channel: Channel, ref: str
) -> None:
    sandbox.break_(channel, "lost_answer", times=1)
    (outcome,) = sandbox.send(parcel(channel, ref))
    assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, "no_answer")
    assert sandbox.accepted(channel, ref) == 1


@pytest.mark.parametrize("channel", Channel)
def test_what_is_to_be_tried_again_was_not_accepted(
    sandbox: Sandbox, channel: Channel, ref: str
) -> None:
    sandbox.break_(channel, "throttle", times=1)
    first, second = sandbox.send(parcel(channel, ref), parcel(channel, ref, attempt=2))
    assert first.kind in (OutcomeKind.THROTTLED, OutcomeKind.TRANSIENT)
    assert second.kind is OutcomeKind.ACCEPTED
    assert sandbox.accepted(channel, ref) == 1


@pytest.mark.parametrize(
    ("channel", "code", "kind"),
    [
        (Channel.WHATSAPP, 131047, OutcomeKind.PERMANENT),
        (Channel.WHATSAPP, 131056, OutcomeKind.THROTTLED),
        (Channel.WHATSAPP, 132015, OutcomeKind.STOP_CAMPAIGN),
        (Channel.WHATSAPP, 190, OutcomeKind.STOP_CHANNEL),
        (Channel.WHATSAPP, 131000, OutcomeKind.TRANSIENT),
        (Channel.SMS, 21610, OutcomeKind.PERMANENT),
        (Channel.SMS, 20003, OutcomeKind.STOP_CHANNEL),
        (Channel.SMS, 30001, OutcomeKind.THROTTLED),
    ],
)
def test_an_error_of_the_provider_leads_to_its_action(
    sandbox: Sandbox, channel: Channel, code: int, kind: OutcomeKind
) -> None:
    sandbox.break_(channel, "error", times=1, code=code)
    (outcome,) = sandbox.send(parcel(channel))
    assert (outcome.kind, outcome.code) == (kind, str(code))
    assert outcome.detail


@pytest.mark.parametrize(
    ("phase", "code", "kind"),
    [
        ("connect", 421, OutcomeKind.TRANSIENT),
        ("mail", 451, OutcomeKind.TRANSIENT),
        ("rcpt", 550, OutcomeKind.PERMANENT),
        ("data", 451, OutcomeKind.TRANSIENT),
        ("dot", 554, OutcomeKind.PERMANENT),
    ],
)
def test_a_refusal_at_any_step_of_a_mail_leaves_the_next_one_well(
    sandbox: Sandbox, phase: str, code: int, kind: OutcomeKind, ref: str
) -> None:
    sandbox.break_(Channel.EMAIL, "reply", times=1, code=code, phase=phase)
    first, second = sandbox.send(parcel(Channel.EMAIL, ref), parcel(Channel.EMAIL, ref))
    assert first.kind is kind
    assert second.kind is OutcomeKind.ACCEPTED
    assert sandbox.accepted(Channel.EMAIL, ref) == 1


@pytest.mark.parametrize("channel", [Channel.WHATSAPP, Channel.SMS])
def test_a_wrong_token_stops_the_channel(sandbox: Sandbox, channel: Channel) -> None:
    accounts = sandbox.accounts
    assert accounts.whatsapp is not None
    assert accounts.twilio is not None
    wrong = replace(
        accounts,
        whatsapp=replace(accounts.whatsapp, access_token="wrong"),
        twilio=replace(accounts.twilio, auth_token="wrong"),
    )
    (outcome,) = sandbox.send(parcel(channel), accounts=wrong)
    assert outcome.kind is OutcomeKind.STOP_CHANNEL


def test_a_text_whose_answer_was_lost_is_found_in_twilios_list(sandbox: Sandbox, ref: str) -> None:
    account = sandbox.accounts.twilio
    assert account is not None
    start = datetime.now(UTC) - timedelta(seconds=2)
    sandbox.break_(Channel.SMS, "lost_answer", times=1)

    async def run() -> tuple[Outcome, list[Listed]]:
        carrier = TwilioCarrier(account, sandbox.accounts.patience)
        outcome = await carrier.send(parcel(Channel.SMS, ref))
        found = await carrier.find(ref, ADDRESSES[Channel.SMS], start)
        await carrier.aclose()
        return outcome, found

    outcome, found = asyncio.run(run())
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert [one.body for one in found] == [parcel(Channel.SMS).text]
    assert found[0].sid.startswith("SM")


def test_a_thousand_messages_at_once_are_each_accepted_once(sandbox: Sandbox, ref: str) -> None:
    parcels = [parcel(channel, f"{ref}-{n}") for n in range(334) for channel in Channel]

    async def run() -> list[Outcome]:
        carriers = open_carriers(replace(sandbox.accounts, patience=Patience(answer=GENEROUS)))
        outcomes = await asyncio.gather(*(carriers[one.channel].send(one) for one in parcels))
        for carrier in carriers.values():
            await carrier.aclose()
        return outcomes

    assert {outcome.kind for outcome in asyncio.run(run())} == {OutcomeKind.ACCEPTED}
    counts = sandbox.ask("GET", "/_/accepted")
    assert [counts.get(f"{one.channel}:{one.ref}") for one in parcels] == [1] * len(parcels)


def test_a_file_is_uploaded_found_and_deleted(sandbox: Sandbox) -> None:
    account = sandbox.accounts.whatsapp
    assert account is not None
    content = b"\x89PNG\r\n\x1a\n" + b"x" * 1000

    async def run() -> None:
        async with open_session(Patience()) as session:
            media_id = await upload_media(
                session, account, content=content, name="a.png", mime="image/png"
            )
            media = await get_media(session, account, media_id)
            assert (media.mime, media.size) == ("image/png", len(content))
            await delete_media(session, account, media_id)

    asyncio.run(run())
