import asyncio
from dataclasses import replace
from typing import Any, Literal

import pytest

from tests.channels.mailroom import HANG_UP, SILENCE, STALL, Mailroom, mailroom
from tests.channels.wire import HASTY, PATIENT, free_port, listening
from webapp.messages.channels import Channel, MailServer, Outcome, OutcomeKind, Parcel, Patience
from webapp.messages.channels.email import MailCarrier

PARCEL = Parcel(
    ref="msg-1",
    channel=Channel.EMAIL,
    address="asha@example.com",
    subject="Booked",
    text="See you on Friday.",
)
LARGE = replace(PARCEL, text="All work and no play.\n" * 500_000)
TRANSIENT, PERMANENT = OutcomeKind.TRANSIENT, OutcomeKind.PERMANENT
UNKNOWN, STOP_CHANNEL = OutcomeKind.UNKNOWN, OutcomeKind.STOP_CHANNEL


def server(
    port: int, tls: Literal["none", "starttls", "implicit"] = "none", **more: Any
) -> MailServer:
    return MailServer(
        host="127.0.0.1",
        port=port,
        sender="Salon <desk@example.org>",
        message_id_domain="example.org",
        tls=tls,
        **more,
    )


async def send(
    mail_server: MailServer, parcel: Parcel = PARCEL, patience: Patience = PATIENT
) -> Outcome:
    carrier = MailCarrier(mail_server, patience)
    try:
        return await carrier.send(parcel)
    finally:
        await carrier.aclose()


def outcome_when(parcel: Parcel, **script: list[str]) -> Outcome:
    waits_in_vain = [SILENCE] in script.values() or [STALL] in script.values()

    async def run() -> Outcome:
        room = Mailroom(script)
        async with listening(room.serve, room.listener):
            return await send(server(room.port), parcel, HASTY if waits_in_vain else PATIENT)

    return asyncio.run(run())


def test_a_mail_is_accepted_under_its_message_id_with_the_servers_words() -> None:
    async def run() -> None:
        async with mailroom() as room:
            outcome = await send(server(room.port))
        assert outcome == Outcome(OutcomeKind.ACCEPTED, "<msg-1@example.org>", detail="2.0.0 kept")
        assert room.commands[1:3] == ["MAIL FROM:<desk@example.org>", "RCPT TO:<asha@example.com>"]
        assert b"Message-ID: <msg-1@example.org>\r\n" in room.letters[0]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("step", "told", "kind", "code"),
    [
        ("greeting", "421 busy", TRANSIENT, "session 421"),
        ("greeting", "554 go away", STOP_CHANNEL, "session 554"),
        ("greeting", HANG_UP, TRANSIENT, "not_connected"),
        ("greeting", SILENCE, TRANSIENT, "not_connected"),
        ("greeting", "hello?", TRANSIENT, "not_connected"),
        ("EHLO", HANG_UP, TRANSIENT, "not_connected"),
        ("EHLO", SILENCE, TRANSIENT, "not_connected"),
        ("MAIL", "451 4.3.0 later", TRANSIENT, "session 451 4.3.0"),
        ("MAIL", "530 5.7.0 log in", STOP_CHANNEL, "session 530 5.7.0"),
        ("MAIL", "550 5.7.1 not you", STOP_CHANNEL, "session 550 5.7.1"),
        ("MAIL", "552 5.3.4 too big", PERMANENT, "session 552 5.3.4"),
        ("MAIL", HANG_UP, TRANSIENT, "cut_short"),
        ("MAIL", SILENCE, TRANSIENT, "cut_short"),
        ("RCPT", "450 4.2.1 greylisted", TRANSIENT, "450 4.2.1"),
        ("RCPT", "452 full", TRANSIENT, "452"),
        ("RCPT", "550 5.1.1 nobody", PERMANENT, "550 5.1.1"),
        ("RCPT", "550 5.1.2 nowhere", PERMANENT, "550 5.1.2"),
        ("RCPT", "550 5.2.1 off", PERMANENT, "550 5.2.1"),
        ("RCPT", HANG_UP, TRANSIENT, "cut_short"),
        ("RCPT", SILENCE, TRANSIENT, "cut_short"),
        ("DATA", "451 later", TRANSIENT, "451"),
        ("DATA", "554 no", PERMANENT, "554"),
        ("DATA", "250 what", PERMANENT, "250"),
        ("DATA", HANG_UP, TRANSIENT, "cut_short"),
        ("DATA", SILENCE, TRANSIENT, "cut_short"),
        ("verdict", "421 closing", TRANSIENT, "421"),
        ("verdict", "450 4.7.1 slowly", TRANSIENT, "450 4.7.1"),
        ("verdict", "552 5.2.2 full", PERMANENT, "552 5.2.2"),
        ("verdict", "554 5.7.1 spam", PERMANENT, "554 5.7.1"),
        ("verdict", HANG_UP, UNKNOWN, "no_answer"),
        ("verdict", SILENCE, UNKNOWN, "no_answer"),
        ("verdict", "nonsense", UNKNOWN, "no_answer"),
    ],
)
def test_the_step_and_the_reply_decide(step: str, told: str, kind: OutcomeKind, code: str) -> None:
    outcome = outcome_when(PARCEL, **{step: [told]})
    assert (outcome.kind, outcome.code) == (kind, code)


def test_a_large_mail_that_was_cut_in_the_middle_was_not_sent() -> None:
    outcome = outcome_when(LARGE, body=[HANG_UP])
    assert (outcome.kind, outcome.code) == (TRANSIENT, "cut_short")


def test_a_large_mail_that_nobody_reads_was_not_sent() -> None:
    outcome = outcome_when(LARGE, body=[STALL])
    assert (outcome.kind, outcome.code) == (TRANSIENT, "cut_short")


def test_a_large_mail_arrives_whole() -> None:
    async def run() -> None:
        async with mailroom() as room:
            outcome = await send(server(room.port), replace(LARGE, text=LARGE.text + "\n.\nend"))
        assert outcome.kind is OutcomeKind.ACCEPTED
        assert room.letters[0].count(b"All work and no play.\r\n") == 500_000
        assert room.letters[0].endswith(b"\r\n..\r\nend\r\n.\r\n")

    asyncio.run(run())


def test_nobody_listening_is_tried_again() -> None:
    async def run() -> None:
        outcome = await send(server(await free_port()))
        assert (outcome.kind, outcome.code) == (TRANSIENT, "not_connected")

    asyncio.run(run())


def test_a_text_cannot_end_its_mail_and_begin_another() -> None:
    forged = "MAIL FROM:<a@example.org>\nRCPT TO:<b@example.org>\nDATA\nForged"
    ends = ["\r\n.\r\n", "\n.\n", "\r.\r", "\n.\r\n", "\r\n.\n", "\r.\n"]

    async def run() -> None:
        async with mailroom() as room:
            carrier = MailCarrier(server(room.port), PATIENT)
            for end in ends:
                outcome = await carrier.send(replace(PARCEL, text=f"Hello{end}{forged}"))
                assert outcome.kind is OutcomeKind.ACCEPTED
            await carrier.aclose()
        assert len(room.letters) == len(ends)
        assert room.verbs.count("MAIL") == len(ends)

    asyncio.run(run())


@pytest.mark.parametrize(
    "bad",
    [
        {"address": "asha@example.com>\r\nDATA"},
        {"address": "asha@example.com> SIZE=1"},
        {"address": "asha"},
        {"address": "a@b@example.com"},
        {"subject": "Hello\r\nBcc: all@example.com"},
        {"subject": "Hello\nBcc: all@example.com"},
        {"subject": "Zoë\nBcc: all@example.com"},
        {"subject": "Hello\x00"},
        {"unsubscribe_url": "https://example.org/\r\nBcc: all@example.com"},
        {"ref": "x\r\nBcc: all@example.com"},
        {"text": "half an emoji \ud83d"},
    ],
)
def test_a_mail_that_cannot_be_written_fails_before_it_is_sent(bad: dict[str, str]) -> None:
    async def run() -> None:
        async with mailroom() as room:
            outcome = await send(server(room.port), replace(PARCEL, **bad))
        assert (outcome.kind, outcome.code) == (PERMANENT, "malformed")
        assert room.commands == []

    asyncio.run(run())


def test_one_connection_carries_many_mails_also_after_a_refusal() -> None:
    async def run() -> None:
        async with mailroom(RCPT=["250 ok", "550 5.1.1 nobody", "250 ok"]) as room:
            carrier = MailCarrier(server(room.port), PATIENT)
            kinds = [(await carrier.send(PARCEL)).kind for _ in range(3)]
            await carrier.aclose()
        assert kinds == [OutcomeKind.ACCEPTED, PERMANENT, OutcomeKind.ACCEPTED]
        assert room.listener.connections == 1
        assert room.verbs == [
            *("EHLO", "MAIL", "RCPT", "DATA", "MAIL", "RCPT", "RSET"),
            *("MAIL", "RCPT", "DATA", "QUIT"),
        ]

    asyncio.run(run())


@pytest.mark.parametrize("second", [HANG_UP, "421 too many mails"])
def test_a_kept_connection_that_the_server_closed_costs_no_retry(second: str) -> None:
    async def run() -> None:
        async with mailroom(MAIL=["250 ok", second, "250 ok"]) as room:
            carrier = MailCarrier(server(room.port), PATIENT)
            kinds = [(await carrier.send(PARCEL)).kind for _ in range(2)]
            await carrier.aclose()
        assert kinds == [OutcomeKind.ACCEPTED] * 2
        assert len(room.letters) == room.listener.connections == 2

    asyncio.run(run())


def test_a_lost_verdict_on_a_kept_connection_is_not_repeated() -> None:
    async def run() -> None:
        async with mailroom(verdict=["250 ok", HANG_UP, "250 ok"]) as room:
            carrier = MailCarrier(server(room.port), PATIENT)
            kinds = [(await carrier.send(PARCEL)).kind for _ in range(3)]
            await carrier.aclose()
        assert kinds == [OutcomeKind.ACCEPTED, UNKNOWN, OutcomeKind.ACCEPTED]
        assert len(room.letters) == 3

    asyncio.run(run())


def test_a_connection_whose_send_was_cancelled_is_not_used_again() -> None:
    async def run() -> None:
        async with mailroom(RCPT=[SILENCE, "250 ok"]) as room:
            carrier = MailCarrier(server(room.port), PATIENT)
            task = asyncio.create_task(carrier.send(PARCEL))
            async with asyncio.timeout(30):
                while "RCPT" not in room.verbs:
                    await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await carrier.send(PARCEL)).kind is OutcomeKind.ACCEPTED
            await carrier.aclose()
        assert room.listener.connections == 2

    asyncio.run(run())


def test_at_most_eight_connections_are_open_and_each_carries_one_mail_at_a_time() -> None:
    async def run() -> None:
        async with mailroom() as room:
            carrier = MailCarrier(server(room.port), Patience())
            parcels = [replace(PARCEL, ref=f"msg-{n}") for n in range(100)]
            outcomes = await asyncio.gather(*(carrier.send(parcel) for parcel in parcels))
            await carrier.aclose()
        assert {outcome.kind for outcome in outcomes} == {OutcomeKind.ACCEPTED}
        assert room.listener.connections <= 8
        for parcel in parcels:
            mark = f"Message-ID: <{parcel.ref}@".encode()
            assert sum(mark in letter for letter in room.letters) == 1

    asyncio.run(run())


def test_encryption_that_was_asked_for_is_never_left_out() -> None:
    async def run() -> None:
        async with mailroom() as room:
            outcome = await send(server(room.port, tls="starttls", user="u", password="p"))
        assert (outcome.kind, outcome.code) == (STOP_CHANNEL, "no_starttls")
        assert room.verbs == ["EHLO"]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("extensions", "reply", "kind", "code"),
    [
        ((), "", STOP_CHANNEL, "no_login"),
        (("AUTH PLAIN",), "535 5.7.8 wrong", STOP_CHANNEL, "session 535 5.7.8"),
        (("AUTH PLAIN",), "454 4.7.0 later", TRANSIENT, "session 454 4.7.0"),
        (("AUTH PLAIN",), "235 2.7.0 welcome", OutcomeKind.ACCEPTED, None),
    ],
)
def test_a_log_in_that_fails_stops_the_channel_and_no_single_mail(
    extensions: tuple[str, ...], reply: str, kind: OutcomeKind, code: str | None
) -> None:
    async def run() -> None:
        async with mailroom(*extensions, AUTH=[reply]) as room:
            outcome = await send(server(room.port, user="u", password="p"))
        assert (outcome.kind, outcome.code) == (kind, code)

    asyncio.run(run())


def test_letters_before_the_at_that_are_not_ascii_need_a_server_that_knows_them() -> None:
    parcel = replace(PARCEL, address="zoë@bücher.example")

    async def run() -> None:
        async with mailroom() as room:
            outcome = await send(server(room.port), parcel)
        assert (outcome.kind, outcome.code) == (PERMANENT, "no_smtputf8")
        async with mailroom("SMTPUTF8") as room:
            assert (await send(server(room.port), parcel)).kind is OutcomeKind.ACCEPTED
        assert room.commands[1:3] == [
            "MAIL FROM:<desk@example.org> SMTPUTF8",
            "RCPT TO:<zoë@xn--bcher-kva.example>",
        ]

    asyncio.run(run())


def test_a_foreign_domain_alone_needs_no_such_server() -> None:
    async def run() -> None:
        async with mailroom("SMTPUTF8") as room:
            outcome = await send(server(room.port), replace(PARCEL, address="zoe@bücher.example"))
        assert outcome.kind is OutcomeKind.ACCEPTED
        assert room.commands[1] == "MAIL FROM:<desk@example.org>"

    asyncio.run(run())
