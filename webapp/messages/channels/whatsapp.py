"""WhatsApp, by Meta's Cloud API."""

import asyncio
import json
from typing import Any

import aiohttp
from yarl import URL

from webapp.messages.channels import (
    Channel,
    Outcome,
    OutcomeKind,
    Parcel,
    Patience,
    WhatsAppAccount,
)
from webapp.messages.channels.exchange import (
    Answer,
    UnansweredError,
    exchange,
    open_session,
    refusal,
)
from webapp.messages.channels.outcomes import outcome

JSON_HEADERS = {"Content-Type": "application/json"}


class WhatsAppCarrier:
    """Sends text and templates; the answer means accepted, never delivered."""

    def __init__(
        self,
        account: WhatsAppAccount,
        patience: Patience,
        *,
        session: aiohttp.ClientSession | None = None,
    ) -> None:
        self.account = account
        self.patience = patience
        self._url = URL(f"{api_root(account)}/{account.phone_number_id}/messages")
        self._headers = JSON_HEADERS | bearer(account)
        self._session = session
        self._borrowed = session is not None
        self._turn = asyncio.Semaphore(patience.http_connections)

    async def send(self, parcel: Parcel) -> Outcome:
        """Hand one message to WhatsApp."""
        try:
            body = json.dumps(request_body(parcel)).encode()
        except (KeyError, TypeError, ValueError) as error:
            return outcome(Channel.WHATSAPP, "malformed", detail=f"{type(error).__name__}: {error}")
        async with self._turn:
            try:
                answer = await exchange(
                    self.session(), "POST", self._url, data=body, headers=self._headers
                )
            except UnansweredError as lost:
                return outcome(
                    Channel.WHATSAPP, lost.code, attempt=parcel.attempt, detail=str(lost)
                )
        return read_answer(answer, parcel.attempt)

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


def api_root(account: WhatsAppAccount) -> str:
    """Return the address under which everything of this account lies."""
    return f"{account.base_url.rstrip('/')}/{account.version}"


def bearer(account: WhatsAppAccount) -> dict[str, str]:
    """Return the header that says who we are."""
    return {"Authorization": f"Bearer {account.access_token}"}


def request_body(parcel: Parcel) -> dict[str, Any]:
    """Return the body of `POST /{phone_number_id}/messages`. Raises KeyError for a bad template."""
    body = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": parcel.address.removeprefix("+"),
        # Comes back in every status of this message: this is how a lost answer is found again.
        "biz_opaque_callback_data": parcel.ref,
    }
    if parcel.template is None:
        return body | {"type": "text", "text": {"preview_url": False, "body": parcel.text}}
    template = {
        "name": parcel.template["name"],
        "language": {"code": parcel.template["language"]},
        "components": parcel.template.get("components") or [],
    }
    return body | {"type": "template", "template": template}


def read_answer(answer: Answer, attempt: int) -> Outcome:
    """Judge the answer to a send."""
    try:
        message = answer.json()["messages"][0]
        provider_id, status = str(message["id"]), message.get("message_status")
    except (KeyError, IndexError, TypeError, AttributeError):
        return read_refusal(answer, attempt)
    # "held_for_quality_assessment": accepted, and WhatsApp decides later whether it goes on.
    held = None if status in (None, "accepted") else str(status)
    return Outcome(OutcomeKind.ACCEPTED, provider_id, detail=held)


def read_refusal(answer: Answer, attempt: int) -> Outcome:
    """Judge by the `code` in the body, as Meta asks; never by a title."""
    error = answer.json().get("error")
    if not isinstance(error, dict) or not isinstance(error.get("code"), int):
        return refusal(Channel.WHATSAPP, answer, code=None, detail=None, attempt=attempt)
    code, detail = str(error["code"]), describe(error)
    return refusal(Channel.WHATSAPP, answer, code=code, detail=detail, attempt=attempt)


def describe(error: dict[str, Any]) -> str:
    """Put Meta's own words into one line, with the trace id its support asks for."""
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else None
    words = [str(error.get("message") or ""), str(details or "")]
    if error.get("fbtrace_id"):
        words.append(f"(trace {error['fbtrace_id']})")
    return " ".join(word for word in words if word)
