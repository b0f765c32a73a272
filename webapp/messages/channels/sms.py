"""SMS, by Twilio's SDK over our own connections and time-outs."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from webapp.messages.channels import (
    Channel,
    Outcome,
    OutcomeKind,
    Parcel,
    Patience,
    TwilioAccount,
)
from webapp.messages.channels.exchange import (
    Answer,
    ProviderError,
    UnansweredError,
    exchange,
    open_session,
    refusal,
)
from webapp.messages.channels.outcomes import outcome

LISTED = 200
NOT_SENT = ("failed", "undelivered", "canceled")


@dataclass(frozen=True, slots=True)
class Listed:
    """A message in Twilio's list, which knows nothing of our ids: compare text and time."""

    ref: str
    sid: str
    status: str
    body: str
    date_created: datetime
    error_code: str | None


class TwilioCarrier:
    """Sends text messages; the answer means accepted, never delivered."""

    def __init__(
        self,
        account: TwilioAccount,
        patience: Patience,
        *,
        session: aiohttp.ClientSession | None = None,
    ) -> None:
        self.account = account
        self.patience = patience
        self._session = session
        self._borrowed = session is not None
        self._turn = asyncio.Semaphore(patience.http_connections)
        self._client = Client(
            account.account_sid,
            account.auth_token,
            http_client=Transport(self.session),
            # Not empty, or the SDK would read the process's own environment.
            environment={"TWILIO_EDGE": ""},
        )
        self._client.api.base_url = account.base_url.rstrip("/")
        kind = "messaging_service_sid" if account.sender.startswith("MG") else "from_"
        self._sender = {kind: account.sender}
        self._callback = f"{account.status_callback.rstrip('/')}/webhooks/twilio/status"

    async def send(self, parcel: Parcel) -> Outcome:
        """Hand one text message to Twilio."""
        callback = f"{self._callback}?{urlencode({'ref': parcel.ref})}"
        try:
            async with self._turn:
                message = await self._client.messages.create_async(
                    to=parcel.address, body=parcel.text, status_callback=callback, **self._sender
                )
        except UnansweredError as lost:
            return outcome(Channel.SMS, lost.code, attempt=parcel.attempt, detail=str(lost))
        except RefusedError as refused:
            return _judge(refused.answer, parcel.attempt)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            # Twilio said yes in words its SDK cannot read.
            return outcome(Channel.SMS, "unreadable", detail=f"{type(error).__name__}: {error}")
        return _accepted(message, parcel.attempt)

    async def find(self, ref: str, to: str, since: datetime) -> list[Listed]:
        """List what was sent to a number since a time, newest first. Raises ProviderError."""
        # Not filtered by DateSent: a message that still waits at Twilio has none yet.
        try:
            async with self._turn:
                found = await self._client.messages.list_async(to=to, limit=LISTED)
        except UnansweredError as lost:
            raise ProviderError(outcome(Channel.SMS, lost.code, detail=str(lost))) from lost
        except RefusedError as refused:
            raise ProviderError(_judge(refused.answer, 1)) from refused
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise ProviderError(outcome(Channel.SMS, "unreadable", detail=repr(error))) from error
        return [_listed(ref, message) for message in found if message.date_created >= since]

    def session(self) -> aiohttp.ClientSession:
        """Return the connections, opened at first use because they belong to the running loop."""
        if self._session is None:
            self._session = open_session(self.patience)
        return self._session

    async def aclose(self) -> None:
        """Close the connections, unless somebody else opened them."""
        if self._session is not None and not self._borrowed:
            await self._session.close()
            self._session = None


class RefusedError(Exception):
    """Twilio answered, and not with success."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Transport(AsyncHttpClient):  # type: ignore[misc]
    """The SDK's HTTP client, with time-outs, without retries and without logging numbers.

    A refusal leaves here as RefusedError: the SDK's own exception keeps neither Retry-After nor
    whether the code was in the body.
    """

    def __init__(self, session: Callable[[], aiohttp.ClientSession]) -> None:
        super().__init__(logging.getLogger(__name__), is_async=True)
        self._open = session

    async def request(
        self,
        method: str,
        uri: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002 (the session's own hold)
        allow_redirects: bool = False,  # noqa: ARG002, FBT001, FBT002 (never)
    ) -> Response:
        """Send one request. Raises UnansweredError and RefusedError."""
        login = {"Authorization": aiohttp.encode_basic_auth(*auth)} if auth else {}
        answer = await exchange(
            self._open(),
            method,
            uri,
            params=params,
            data=urlencode(data, doseq=True).encode() if data else None,
            headers=(headers or {}) | login,
        )
        if not 200 <= answer.status < 300:
            raise RefusedError(answer)
        return Response(answer.status, answer.body.decode(), answer.headers)


def _judge(answer: Answer, attempt: int) -> Outcome:
    error = answer.json()
    code = error.get("code")
    known = str(code) if isinstance(code, int) else None
    words = [str(error.get("message") or ""), str(error.get("more_info") or "")]
    if answer.headers.get("Twilio-Request-Id"):
        words.append(f"(trace {answer.headers['Twilio-Request-Id']})")
    detail = " ".join(word for word in words if word)
    return refusal(Channel.SMS, answer, code=known, detail=detail, attempt=attempt)


def _accepted(message: Any, attempt: int) -> Outcome:
    if not message.sid:
        return outcome(Channel.SMS, "unreadable", detail="the answer names no message")
    if message.status in NOT_SENT and message.error_code:
        judged = outcome(
            Channel.SMS, str(message.error_code), attempt=attempt, detail=message.error_message
        )
        return Outcome(judged.kind, message.sid, judged.code, judged.detail, judged.retry_after)
    return Outcome(OutcomeKind.ACCEPTED, message.sid, units=_units(message.num_segments))


def _units(segments: str | None) -> int | None:
    """Read the number of segments; 0 means that Twilio has not counted them yet."""
    return int(segments) or None if segments and segments.isdecimal() else None


def _listed(ref: str, message: Any) -> Listed:
    return Listed(
        ref=ref,
        sid=message.sid,
        status=str(message.status),
        body=message.body or "",
        date_created=message.date_created,
        error_code=str(message.error_code) if message.error_code else None,
    )
