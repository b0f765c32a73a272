import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from tests.channels.wire import (
    HASTY,
    PATIENT,
    answering,
    answering_late,
    dropping,
    free_port,
    reply,
    silent,
)
from webapp.messages.channels import (
    Channel,
    Outcome,
    OutcomeKind,
    Parcel,
    Patience,
    WhatsAppAccount,
)
from webapp.messages.channels.whatsapp import WhatsAppCarrier

PARCEL = Parcel(ref="msg-1", channel=Channel.WHATSAPP, address="+919812345678", text="Hello ✓")
ACCEPTED = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": "919812345678", "wa_id": "919812345678"}],
    "messages": [{"id": "wamid.1", "message_status": "accepted"}],
}


def account(url: str) -> WhatsAppAccount:
    return WhatsAppAccount(
        base_url=url,
        version="v25.0",
        phone_number_id="100",
        business_account_id="200",
        access_token="secret",
    )


async def send(url: str, parcel: Parcel = PARCEL, patience: Patience = PATIENT) -> Outcome:
    carrier = WhatsAppCarrier(account(url), patience)
    try:
        return await carrier.send(parcel)
    finally:
        await carrier.aclose()


def answered(*answers: bytes, parcel: Parcel = PARCEL) -> Outcome:
    async def run() -> Outcome:
        async with answering(*answers) as server:
            return await send(server.url, parcel)

    return asyncio.run(run())


def error(code: int, **more: Any) -> dict[str, Any]:
    return {"error": {"message": f"(#{code}) Words", "code": code, "fbtrace_id": "AbC"} | more}


def test_a_text_is_accepted_and_carries_our_id() -> None:
    async def run() -> None:
        async with answering(reply(200, ACCEPTED)) as server:
            outcome = await send(server.url)
        assert outcome == Outcome(OutcomeKind.ACCEPTED, "wamid.1")
        (seen,) = server.requests
        assert seen.line == "POST /v25.0/100/messages HTTP/1.1"
        assert seen.headers["authorization"] == "Bearer secret"
        assert seen.json() == {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": "919812345678",
            "biz_opaque_callback_data": "msg-1",
            "type": "text",
            "text": {"preview_url": False, "body": "Hello ✓"},
        }

    asyncio.run(run())


def test_a_template_is_sent_instead_of_the_text() -> None:
    components = [{"type": "body", "parameters": [{"type": "text", "text": "Asha"}]}]
    template = {"name": "booked", "language": "en", "components": components}

    async def run() -> None:
        async with answering(reply(200, ACCEPTED)) as server:
            await send(server.url, replace(PARCEL, template=template))
        body = server.requests[0].json()
        assert body["type"] == "template"
        assert "text" not in body
        assert body["template"] == {
            "name": "booked",
            "language": {"code": "en"},
            "components": components,
        }

    asyncio.run(run())


def test_half_a_template_fails_without_a_request() -> None:
    async def run() -> None:
        async with answering(reply(200, ACCEPTED)) as server:
            outcome = await send(server.url, replace(PARCEL, template={"name": "booked"}))
        assert (outcome.kind, outcome.code) == (OutcomeKind.PERMANENT, "malformed")
        assert server.requests == []

    asyncio.run(run())


def test_a_message_held_for_quality_is_accepted_and_says_so() -> None:
    held = ACCEPTED | {
        "messages": [{"id": "wamid.2", "message_status": "held_for_quality_assessment"}]
    }
    outcome = answered(reply(200, held))
    assert outcome == Outcome(OutcomeKind.ACCEPTED, "wamid.2", detail="held_for_quality_assessment")


def test_the_code_decides_and_not_the_status() -> None:
    for status in (200, 400, 401, 403, 429, 500, 503):
        outcome = answered(reply(status, error(131047)))
        assert (outcome.kind, outcome.code) == (OutcomeKind.PERMANENT, "131047")


def test_the_details_and_the_trace_id_are_kept() -> None:
    body = error(132000, error_data={"details": "expected 2 parameters"})
    outcome = answered(reply(400, body))
    assert outcome.detail == "(#132000) Words expected 2 parameters (trace AbC)"


@pytest.mark.parametrize(("attempt", "wait"), [(1, 1.0), (2, 4.0), (3, 16.0), (9, 3600.0)])
def test_the_pair_limit_waits_four_times_longer_each_time(attempt: int, wait: float) -> None:
    outcome = answered(reply(400, error(131056)), parcel=replace(PARCEL, attempt=attempt))
    assert (outcome.kind, outcome.retry_after) == (OutcomeKind.THROTTLED, wait)


def test_retry_after_outweighs_our_own_wait() -> None:
    outcome = answered(reply(429, error(130429), Retry_After="77"))
    assert (outcome.kind, outcome.retry_after) == (OutcomeKind.THROTTLED, 77.0)


def test_an_unknown_code_is_final_but_a_fault_the_provider_signed_is_tried_again() -> None:
    assert answered(reply(400, error(999999))).kind is OutcomeKind.PERMANENT
    fault = answered(reply(500, error(999999)))
    assert (fault.kind, fault.code) == (OutcomeKind.TRANSIENT, "fault 999999")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(500, b"<html>oops"), OutcomeKind.UNKNOWN),
        (reply(502, b"<html>bad gateway"), OutcomeKind.UNKNOWN),
        (reply(503, b"reset before headers"), OutcomeKind.UNKNOWN),
        (reply(503, b"", Retry_After="3"), OutcomeKind.TRANSIENT),
        (reply(504, b""), OutcomeKind.UNKNOWN),
        (reply(501, b""), OutcomeKind.TRANSIENT),
        (reply(429, b""), OutcomeKind.THROTTLED),
        (reply(408, b""), OutcomeKind.TRANSIENT),
        (reply(400, b"what"), OutcomeKind.PERMANENT),
        (reply(401, b""), OutcomeKind.STOP_CHANNEL),
        (reply(404, b"<html>"), OutcomeKind.STOP_CHANNEL),
        (reply(200, b"<html>welcome to this hotel"), OutcomeKind.UNKNOWN),
        (reply(200, {"messages": []}), OutcomeKind.UNKNOWN),
        (reply(200, b"[]"), OutcomeKind.UNKNOWN),
        (reply(400, {"error": "text"}), OutcomeKind.PERMANENT),
        (reply(400, {"error": {"code": None}}), OutcomeKind.PERMANENT),
    ],
)
def test_an_answer_without_a_code_is_judged_by_what_it_excludes(
    answer: bytes, kind: OutcomeKind
) -> None:
    assert answered(answer).kind is kind


def test_a_redirect_is_not_followed() -> None:
    async def run() -> None:
        async with AsyncExitStack() as stack:
            other = await stack.enter_async_context(answering(reply(200, ACCEPTED)))
            moved = reply(307, b"", Location=other.url)
            server = await stack.enter_async_context(answering(moved))
            outcome = await send(server.url)
        assert outcome.kind is OutcomeKind.STOP_CHANNEL
        assert other.requests == []

    asyncio.run(run())


def test_a_refused_connection_is_tried_again() -> None:
    async def run() -> None:
        outcome = await send(f"http://127.0.0.1:{await free_port()}")
        assert (outcome.kind, outcome.code) == (OutcomeKind.TRANSIENT, "not_connected")

    asyncio.run(run())


def test_a_name_that_does_not_exist_is_tried_again() -> None:
    outcome = asyncio.run(send("http://provider.invalid"))
    assert (outcome.kind, outcome.code) == (OutcomeKind.TRANSIENT, "not_connected")


def test_a_server_that_speaks_no_tls_got_nothing() -> None:
    async def run() -> None:
        async with dropping() as server:
            outcome = await send(server.url.replace("http:", "https:"), patience=HASTY)
        assert outcome.kind is OutcomeKind.TRANSIENT

    asyncio.run(run())


@pytest.mark.parametrize(
    "sent",
    [b"", b"HTTP/1.1 200 OK\r\nContent-", reply(200, ACCEPTED)[:-10], b"nonsense\r\n\r\n"],
)
def test_an_answer_that_breaks_off_leaves_the_outcome_unknown(sent: bytes) -> None:
    async def run() -> None:
        async with dropping(sent) as server:
            outcome = await send(server.url)
        assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, "no_answer")
        assert len(server.requests) == 1

    asyncio.run(run())


def test_no_answer_in_time_leaves_the_outcome_unknown() -> None:
    async def run() -> None:
        async with silent() as server:
            outcome = await send(server.url, patience=HASTY)
        assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, "no_answer")
        assert len(server.requests) == 1

    asyncio.run(run())


def test_waiting_for_a_free_connection_is_not_taken_for_an_unreachable_provider() -> None:
    async def run() -> None:
        one_at_a_time = Patience(connect=1.5, answer=30.0, http_connections=1)
        async with answering_late(0.4, reply(200, ACCEPTED)) as server:
            carrier = WhatsAppCarrier(account(server.url), one_at_a_time)
            outcomes = await asyncio.gather(*(carrier.send(PARCEL) for _ in range(6)))
            await carrier.aclose()
        assert {outcome.kind for outcome in outcomes} == {OutcomeKind.ACCEPTED}

    asyncio.run(run())
