"""Mail servers that take an envelope in one write: each reply still belongs to its own command."""

import asyncio
from dataclasses import replace

import pytest

from tests.channels.mailroom import HANG_UP, mailroom
from tests.channels.test_email import PARCEL, PERMANENT, STOP_CHANNEL, TRANSIENT, UNKNOWN, server
from tests.channels.wire import PATIENT, Listener, listening
from webapp.messages.channels import OutcomeKind
from webapp.messages.channels.email import MailCarrier

ACCEPTED = OutcomeKind.ACCEPTED


async def send_two(port: int) -> list[tuple[OutcomeKind, str | None]]:
    carrier = MailCarrier(server(port), PATIENT)
    outcomes = [await carrier.send(replace(PARCEL, ref=ref)) for ref in ("one", "two")]
    await carrier.aclose()
    return [(outcome.kind, outcome.code) for outcome in outcomes]


@pytest.mark.parametrize(
    ("script", "first", "connections"),
    [
        ({}, (ACCEPTED, None), 1),
        (
            {"RCPT": ["550 5.1.1 nobody", "250 ok"], "DATA": ["503 no", "354 go"]},
            (PERMANENT, "550 5.1.1"),
            1,
        ),
        # A server that waits for a mail to nobody is left.
        ({"RCPT": ["550 5.1.1 nobody", "250 ok"]}, (PERMANENT, "550 5.1.1"), 2),
        (
            {
                "MAIL": ["550 5.7.1 not you", "250 ok"],
                "RCPT": ["503 no", "250 ok"],
                "DATA": ["503 no", "354 go"],
            },
            (STOP_CHANNEL, "session 550 5.7.1"),
            1,
        ),
        ({"DATA": ["451 later", "354 go"]}, (TRANSIENT, "451"), 1),
        ({"RCPT": [HANG_UP, "250 ok"]}, (TRANSIENT, "cut_short"), 2),
        (
            {"MAIL": ["421 closing", "250 ok"], "RCPT": [HANG_UP, "250 ok"]},
            (TRANSIENT, "session 421"),
            2,
        ),
        ({"RCPT": ["nonsense", "250 ok"]}, (TRANSIENT, "cut_short"), 2),
        ({"verdict": ["554 5.7.1 spam", "250 ok"]}, (PERMANENT, "554 5.7.1"), 1),
        ({"verdict": [HANG_UP, "250 ok"]}, (UNKNOWN, "no_answer"), 2),
    ],
)
def test_the_first_refusal_decides_and_the_next_mail_is_sent_all_the_same(
    script: dict[str, list[str]], first: tuple[OutcomeKind, str | None], connections: int
) -> None:
    async def run() -> None:
        async with mailroom("PIPELINING", **script) as room:
            assert await send_two(room.port) == [first, (ACCEPTED, None)]
        assert room.listener.connections == connections
        assert sum(b"Message-ID: <two@" in letter for letter in room.letters) == 1

    asyncio.run(run())


def test_an_envelope_comes_in_one_write_and_only_where_the_server_said_so() -> None:
    heard: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        await reader.readline()
        writer.write(b"250-here\r\n250 PIPELINING\r\n")
        # It says nothing before it has heard all three, and then all in one packet.
        heard.extend([(await reader.readline()).decode().split()[0] for _ in range(3)])
        writer.write(b"250-2.1.0\r\n250 fine\r\n250 fine\r\n354 go on\r\n")
        await reader.readuntil(b"\r\n.\r\n")
        writer.write(b"250 2.0.0 kept\r\n")
        await reader.readline()
        writer.write(b"221 bye\r\n")

    async def run() -> None:
        async with listening(serve, Listener(0)) as found:
            carrier = MailCarrier(server(found.port), PATIENT)
            assert (await carrier.send(PARCEL)).kind is ACCEPTED
            await carrier.aclose()

    asyncio.run(run())
    assert heard == ["MAIL", "RCPT", "DATA"]


@pytest.mark.parametrize("said", ["421 4.4.2 too long silent", "250 what"])
def test_a_kept_line_on_which_the_server_spoke_unasked_is_not_used_again(said: str) -> None:
    async def run() -> None:
        async with mailroom("PIPELINING", verdict=[f"250 ok\r\n{said}", "250 ok"]) as room:
            assert await send_two(room.port) == [(ACCEPTED, None)] * 2
        assert room.listener.connections == 2
        assert len(room.letters) == 2

    asyncio.run(run())
