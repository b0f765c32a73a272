import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.channels.wire import HASTY, PATIENT, answering, dropping, free_port, reply, silent
from webapp.messages.channels import Channel, Outcome, OutcomeKind, Parcel, Patience, TwilioAccount
from webapp.messages.channels.exchange import ProviderError
from webapp.messages.channels.sms import TwilioCarrier

SID = "AC" + "5a" * 16
PARCEL = Parcel(ref="a b&c", channel=Channel.SMS, address="+919812345678", text="Hello ✓ & bye")


def account(url: str, sender: str = "+15005550006") -> TwilioAccount:
    return TwilioAccount(
        base_url=url,
        account_sid=SID,
        auth_token="secret",
        sender=sender,
        status_callback="https://desk.example.org/",
    )


def message(**more: Any) -> dict[str, Any]:
    return {
        "sid": "SM1",
        "status": "queued",
        "error_code": None,
        "error_message": None,
        "body": "Hello",
        "date_created": "Fri, 20 Nov 2026 10:00:00 +0000",
    } | more


def error(code: int, status: int) -> dict[str, Any]:
    info = f"https://www.twilio.com/docs/errors/{code}"
    return {"code": code, "message": "Words", "more_info": info, "status": status}


async def send(
    url: str,
    parcel: Parcel = PARCEL,
    *,
    sender: str = "+15005550006",
    patience: Patience = PATIENT,
) -> Outcome:
    carrier = TwilioCarrier(account(url, sender), patience)
    try:
        return await carrier.send(parcel)
    finally:
        await carrier.aclose()


def answered(answer: bytes, parcel: Parcel = PARCEL) -> Outcome:
    async def run() -> Outcome:
        async with answering(answer) as server:
            outcome = await send(server.url, parcel)
        assert len(server.requests) == 1
        return outcome

    return asyncio.run(run())


def test_a_text_is_accepted_and_its_callback_carries_our_id() -> None:
    async def run() -> None:
        async with answering(reply(201, message())) as server:
            outcome = await send(server.url)
        assert outcome == Outcome(OutcomeKind.ACCEPTED, "SM1")
        (seen,) = server.requests
        assert seen.line == f"POST /2010-04-01/Accounts/{SID}/Messages.json HTTP/1.1"
        assert seen.headers["authorization"].startswith("Basic ")
        form = parse_qs(seen.body.decode(), strict_parsing=True)
        callback = urlsplit(form.pop("StatusCallback")[0])
        assert callback.netloc + callback.path == "desk.example.org/webhooks/twilio/status"
        assert parse_qs(callback.query) == {"ref": ["a b&c"]}
        assert form == {
            "To": ["+919812345678"],
            "From": ["+15005550006"],
            "Body": ["Hello ✓ & bye"],
        }

    asyncio.run(run())


def test_a_messaging_service_can_be_the_sender() -> None:
    async def run() -> None:
        async with answering(reply(201, message())) as server:
            await send(server.url, sender="MG1")
        form = parse_qs(server.requests[0].body.decode())
        assert form["MessagingServiceSid"] == ["MG1"]
        assert "From" not in form

    asyncio.run(run())


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (reply(400, error(21211, 400)), OutcomeKind.PERMANENT, "21211"),
        (reply(400, error(21610, 400)), OutcomeKind.PERMANENT, "21610"),
        (reply(401, error(20003, 401)), OutcomeKind.STOP_CHANNEL, "20003"),
        (reply(429, error(20429, 429)), OutcomeKind.THROTTLED, "20429"),
        (reply(429, b""), OutcomeKind.THROTTLED, "http 429"),
        (reply(400, error(29999, 400)), OutcomeKind.PERMANENT, "29999"),
        (reply(500, error(20500, 500)), OutcomeKind.TRANSIENT, "fault 20500"),
        (reply(502, b"<html>"), OutcomeKind.UNKNOWN, "http 502"),
        (reply(307, b"", Location="http://elsewhere.invalid/"), OutcomeKind.STOP_CHANNEL, None),
        (reply(201, b"<html>"), OutcomeKind.UNKNOWN, "unreadable"),
        (reply(201, b"\xff\xfe"), OutcomeKind.UNKNOWN, "unreadable"),
        (reply(201, b"[1]"), OutcomeKind.UNKNOWN, "unreadable"),
        (reply(201, {}), OutcomeKind.UNKNOWN, "unreadable"),
    ],
)
def test_the_answer_is_judged_by_its_code(
    answer: bytes, kind: OutcomeKind, code: str | None
) -> None:
    outcome = answered(answer)
    assert outcome.kind is kind
    assert code is None or outcome.code == code


def test_twilios_words_trace_id_and_retry_after_are_kept() -> None:
    answer = reply(429, error(20429, 429), Retry_After="7", Twilio_Request_Id="RQ1")
    outcome = answered(answer)
    assert outcome.retry_after == 7.0
    assert outcome.detail == "Words https://www.twilio.com/docs/errors/20429 (trace RQ1)"


@pytest.mark.parametrize(
    ("segments", "units"), [("3", 3), (2, 2), ("0", None), (None, None), ("many", None)]
)
def test_the_segments_that_twilio_charges_are_noted(segments: Any, units: int | None) -> None:
    assert answered(reply(201, message(num_segments=segments))).units == units


def test_a_text_that_cannot_be_written_fails_before_it_is_sent() -> None:
    async def run() -> None:
        async with answering(reply(201, message())) as server:
            outcome = await send(server.url, replace(PARCEL, text="half an emoji \ud83d"))
        assert (outcome.kind, outcome.code) == (OutcomeKind.PERMANENT, "malformed")
        assert server.requests == []

    asyncio.run(run())


def test_the_login_never_follows_a_list_to_another_host() -> None:
    async def run() -> None:
        first = {"messages": [], "next_page_uri": "@elsewhere.example/list"}
        async with answering(reply(200, first)) as server:
            carrier = TwilioCarrier(account(server.url), PATIENT)
            with pytest.raises(ProviderError):
                await carrier.find("msg-1", "+91", datetime.now(UTC))
            await carrier.aclose()
        assert len(server.requests) == 1

    asyncio.run(run())


def test_a_message_that_failed_at_once_is_not_accepted() -> None:
    outcome = answered(reply(201, message(status="failed", error_code=30006)))
    assert (outcome.kind, outcome.provider_id, outcome.code) == (
        OutcomeKind.PERMANENT,
        "SM1",
        "30006",
    )


def test_a_refused_connection_is_tried_again() -> None:
    async def run() -> None:
        outcome = await send(f"http://127.0.0.1:{await free_port()}")
        assert (outcome.kind, outcome.code) == (OutcomeKind.TRANSIENT, "not_connected")

    asyncio.run(run())


def test_a_lost_answer_leaves_the_outcome_unknown_and_is_not_repeated() -> None:
    async def run() -> None:
        for fault in (dropping(), dropping(reply(201, message())[:-5]), silent()):
            async with fault as server:
                outcome = await send(server.url, patience=HASTY)
            assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, "no_answer")
            assert len(server.requests) == 1

    asyncio.run(run())


def test_the_environment_does_not_change_where_messages_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    monkeypatch.setenv("TWILIO_REGION", "au1")
    assert answered(reply(201, message())).kind is OutcomeKind.ACCEPTED


def test_what_was_sent_to_a_number_since_a_time_is_found_over_several_pages() -> None:
    early = message(sid="SM0", date_created="Fri, 20 Nov 2026 09:00:00 +0000")
    following = f"/2010-04-01/Accounts/{SID}/Messages.json?To=%2B91&PageSize=1&Page=1"

    async def run() -> None:
        first = {"messages": [message()], "next_page_uri": following}
        last = {"messages": [early], "next_page_uri": None}
        async with answering(reply(200, first), reply(200, last)) as server:
            carrier = TwilioCarrier(account(server.url), PATIENT)
            since = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
            found = await carrier.find("msg-1", "+91", since)
            await carrier.aclose()
        assert [(one.ref, one.sid, one.status, one.body) for one in found] == [
            ("msg-1", "SM1", "queued", "Hello")
        ]
        assert found[0].date_created == datetime(2026, 11, 20, 10, tzinfo=UTC)
        assert "To=%2B91" in server.requests[0].line
        assert server.requests[1].line.split()[1] == following

    asyncio.run(run())


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(401, error(20003, 401)), OutcomeKind.STOP_CHANNEL),
        (reply(200, b"<html>"), OutcomeKind.UNKNOWN),
    ],
)
def test_a_list_that_cannot_be_had_is_not_an_empty_list(answer: bytes, kind: OutcomeKind) -> None:
    async def run() -> None:
        async with answering(answer) as server:
            carrier = TwilioCarrier(account(server.url), PATIENT)
            with pytest.raises(ProviderError) as caught:
                await carrier.find("msg-1", "+91", datetime.now(UTC))
            await carrier.aclose()
        assert caught.value.outcome.kind is kind

    asyncio.run(run())


def test_each_attempt_is_a_request_of_its_own() -> None:
    outcome = answered(reply(400, error(30001, 400)), replace(PARCEL, attempt=5))
    assert (outcome.kind, outcome.retry_after) == (OutcomeKind.THROTTLED, 60.0)
