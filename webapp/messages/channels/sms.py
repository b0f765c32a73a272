"""SMS, by Twilio's API: one form a message, over connections and time-outs of our own.

Not by Twilio's SDK, which costs more CPU than the request itself, keeps neither Retry-After nor
whether an error's code was in the body, and takes half a second to import. In the tests it speaks
to the same stand-in, so that both mean the same.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote_plus, urlencode

import aiohttp
from yarl import URL

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
    units: int | None = None


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
        self._root = account.base_url.rstrip("/")
        self._path = f"/2010-04-01/Accounts/{account.account_sid}/Messages.json"
        self._url = URL(self._root + self._path)
        login = aiohttp.encode_basic_auth(account.account_sid, account.auth_token)
        self._login = {"Authorization": login}
        self._headers = self._login | {"Content-Type": "application/x-www-form-urlencoded"}
        kind = "MessagingServiceSid" if account.sender.startswith("MG") else "From"
        callback = f"{account.status_callback.rstrip('/')}/webhooks/twilio/status?ref="
        # What is the same in every form, so its last field is still open.
        self._form = urlencode({kind: account.sender, "StatusCallback": callback})

    async def send(self, parcel: Parcel) -> Outcome:
        """Hand over one text message to Twilio."""
        try:
            form = self._filled(parcel)
        except ValueError as error:
            return outcome(Channel.SMS, "malformed", detail=f"{type(error).__name__}: {error}")
        async with self._turn:
            try:
                answer = await exchange(
                    self.session(), "POST", self._url, data=form, headers=self._headers
                )
            except UnansweredError as lost:
                return outcome(Channel.SMS, lost.code, attempt=parcel.attempt, detail=str(lost))
        return read_answer(answer, parcel.attempt)

    async def find(self, ref: str, to: str, since: datetime) -> list[Listed]:
        """List what was sent to a number since a time, newest first. Raises ProviderError."""
        # Not filtered by DateSent: a message that still waits at Twilio has none yet.
        found: list[Listed] = []
        try:
            async for page in self._pages(urlencode({"To": to, "PageSize": LISTED})):
                found += [_listed(ref, message) for message in page]
                if len(found) >= LISTED:
                    break
        except UnansweredError as lost:
            raise ProviderError(outcome(Channel.SMS, lost.code, detail=str(lost))) from lost
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise ProviderError(outcome(Channel.SMS, "unreadable", detail=repr(error))) from error
        return [message for message in found[:LISTED] if message.date_created >= since]

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

    def _filled(self, parcel: Parcel) -> bytes:
        """Write the form of a message. Raises ValueError for a text that is none."""
        # The ref is quoted twice: once for the address that is called back, once for the form.
        ref = quote_plus(quote_plus(parcel.ref))
        to, body = quote_plus(parcel.address), quote_plus(parcel.text)
        return f"{self._form}{ref}&To={to}&Body={body}".encode()

    async def _pages(self, query: str) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield the list page by page. Raises UnansweredError, ProviderError, KeyError, ValueError."""
        path: str | None = f"{self._path}?{query}"
        while path:
            # Twilio names the next page by its path: the login goes to no other host.
            url = URL(self._root + path, encoded=True)
            async with self._turn:
                answer = await exchange(self.session(), "GET", url, headers=self._login)
            if not 200 <= answer.status < 300:
                raise ProviderError(_refused(answer, 1))
            content = answer.json()
            yield content["messages"]
            path = content.get("next_page_uri")
            if path and not path.startswith("/"):
                raise ValueError(f"{path} is no path")


def read_answer(answer: Answer, attempt: int) -> Outcome:
    """Judge the answer to a send."""
    if not 200 <= answer.status < 300:
        return _refused(answer, attempt)
    message = answer.json()
    sid, status, code = message.get("sid"), message.get("status"), message.get("error_code")
    if not isinstance(sid, str) or not sid:
        return outcome(Channel.SMS, "unreadable", detail="the answer names no message")
    if status in NOT_SENT and code:
        words = message.get("error_message")
        judged = outcome(Channel.SMS, str(code), attempt=attempt, detail=words)
        return Outcome(judged.kind, sid, judged.code, judged.detail, judged.retry_after)
    return Outcome(OutcomeKind.ACCEPTED, sid, units=_units(message.get("num_segments")))


def _refused(answer: Answer, attempt: int) -> Outcome:
    error = answer.json()
    code = error.get("code")
    known = str(code) if isinstance(code, int) else None
    words = [str(error.get("message") or ""), str(error.get("more_info") or "")]
    if answer.headers.get("Twilio-Request-Id"):
        words.append(f"(trace {answer.headers['Twilio-Request-Id']})")
    detail = " ".join(word for word in words if word)
    return refusal(Channel.SMS, answer, code=known, detail=detail, attempt=attempt)


def _units(segments: Any) -> int | None:
    """Read the number of segments; 0 means that Twilio has not counted them yet."""
    text = str(segments)
    return int(text) or None if text.isdecimal() else None


def _listed(ref: str, message: dict[str, Any]) -> Listed:
    return Listed(
        ref=ref,
        sid=str(message["sid"]),
        status=str(message["status"]),
        body=message.get("body") or "",
        date_created=parsedate_to_datetime(message["date_created"]),
        error_code=str(message["error_code"]) if message.get("error_code") else None,
        units=_units(message.get("num_segments")),
    )
