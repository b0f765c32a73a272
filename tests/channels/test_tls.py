"""Encryption: the certificate in data/ is for 127.0.0.1, and its key is known to everybody."""

import asyncio
import ssl
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP

from tests.channels.mailroom import HANG_UP, Mailroom, mailroom
from tests.channels.test_email import LARGE, PARCEL, server
from tests.channels.test_whatsapp import PARCEL as WHATSAPP_PARCEL
from tests.channels.test_whatsapp import send as send_whatsapp
from tests.channels.wire import PATIENT, listening
from webapp.messages.channels import MailServer, Outcome, OutcomeKind, Parcel
from webapp.messages.channels.email import MailCarrier

CERTIFICATE = Path(__file__).parent / "data" / "localhost.pem"


def context() -> ssl.SSLContext:
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(CERTIFICATE)
    return found


@pytest.fixture
def _trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


async def send(mail_server: MailServer, *parcels: Parcel) -> list[Outcome]:
    carrier = MailCarrier(mail_server, PATIENT)
    try:
        return [await carrier.send(parcel) for parcel in parcels]
    finally:
        await carrier.aclose()


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_small_and_large_mails_go_over_one_encrypted_connection(tls: str) -> None:
    async def run() -> Mailroom:
        if tls == "starttls":
            async with mailroom("STARTTLS", starttls=context(), STARTTLS=["220 go"]) as room:
                outcomes = await send(server(room.port, tls="starttls"), PARCEL, LARGE, PARCEL)
        else:
            async with mailroom(implicit=context()) as room:
                outcomes = await send(server(room.port, tls="implicit"), PARCEL, LARGE, PARCEL)
        assert [outcome.kind for outcome in outcomes] == [OutcomeKind.ACCEPTED] * 3
        return room

    room = asyncio.run(run())
    assert room.listener.connections == 1
    assert len(room.letters) == 3


@pytest.mark.usefixtures("_trusted")
def test_a_large_encrypted_mail_that_was_cut_in_the_middle_was_not_sent() -> None:
    async def run() -> None:
        async with mailroom(implicit=context(), body=[HANG_UP]) as room:
            (outcome,) = await send(server(room.port, tls="implicit"), LARGE)
        assert (outcome.kind, outcome.code) == (OutcomeKind.TRANSIENT, "cut_short")

    asyncio.run(run())


def test_a_mail_server_whose_certificate_nobody_vouches_for_stops_the_channel() -> None:
    async def run() -> None:
        async with mailroom(implicit=context()) as room:
            (outcome,) = await send(server(room.port, tls="implicit"), PARCEL)
        assert (outcome.kind, outcome.code) == (OutcomeKind.STOP_CHANNEL, "certificate")
        assert room.commands == []

    asyncio.run(run())


def test_a_bad_certificate_after_starttls_stops_the_channel_before_the_password() -> None:
    said: list[str] = []

    class Listening(SMTP):
        async def smtp_STARTTLS(self, arg: str) -> None:
            said.append("STARTTLS")
            await super().smtp_STARTTLS(arg)

        async def smtp_AUTH(self, arg: str) -> None:
            said.append("AUTH")
            await super().smtp_AUTH(arg)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        found = await loop.create_server(
            lambda: Listening(None, tls_context=context(), loop=loop), "127.0.0.1", 0
        )
        port = found.sockets[0].getsockname()[1]
        (outcome,) = await send(server(port, tls="starttls", user="u", password="p"), PARCEL)
        found.close()
        assert (outcome.kind, outcome.code) == (OutcomeKind.STOP_CHANNEL, "certificate")
        assert said == ["STARTTLS"]

    asyncio.run(run())


def test_a_provider_whose_certificate_nobody_vouches_for_gets_no_message() -> None:
    room = Mailroom()

    async def run() -> None:
        async with listening(room.serve, tls=context()) as found:
            url = f"https://127.0.0.1:{found.port}"
            outcome = await send_whatsapp(url, WHATSAPP_PARCEL, PATIENT)
        assert (outcome.kind, outcome.code) == (OutcomeKind.STOP_CHANNEL, "certificate")
        assert room.commands == []

    asyncio.run(run())
