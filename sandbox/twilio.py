"""Twilio Programmable Messaging: messages of one account at Twilio's paths."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import phonenumbers
from aiohttp import web
from multidict import MultiMapping

from .answers import after_accepting, before_accepting, retry_after
from .box import Box
from .faults import Fault
from .segments import count_segments
from .settings import TWILIO_FROM, TWILIO_SID
from .store import FORGOTTEN, Message, digits, same_address

ROOT = f"/2010-04-01/Accounts/{TWILIO_SID}"
MAGIC = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
"""Twilio's own test numbers and what sending to them answers."""
STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"}
START = {"START", "YES", "UNSTOP"}
SENTENCES = {
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    21211: "Invalid 'To' Phone Number: {to}",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' "
    "number: {to}",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21606: "The 'From' phone number {sender} is not a valid, SMS-capable inbound phone number or "
    "short code for your account.",
    21609: "The StatusCallback URL {url} is not a valid URL.",
    21610: "Attempt to send to unsubscribed recipient",
    21612: "Message cannot be sent with the current combination of 'To' ({to}) and/or 'From' "
    "({sender}) parameters",
    21614: "'To' number: {to}, is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit.",
}

Handler = Callable[[web.Request], Awaitable[web.Response]]


class TwilioError(Exception):
    """An answer in Twilio's error form."""

    def __init__(
        self, code: int, *, status: int = 400, headers: dict[str, str] | None = None, **words: str
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.headers = headers
        self.sentence = SENTENCES.get(code, "Error {code}").format(code=code, **words)

    def response(self) -> web.Response:
        error = {
            "code": self.code,
            "message": self.sentence,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }
        return answer(error, status=self.status, headers=self.headers)


def answer(
    content: Any, *, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    body = json.dumps(content).encode()
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")


@lru_cache(maxsize=50_000)
def number_error(number: str) -> int | None:
    """Tell why a number cannot get an SMS: a Twilio error code, or None when it can."""
    if number in MAGIC:
        return MAGIC[number]
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return 21211
    if not phonenumbers.is_valid_number(parsed):
        return 21211
    landline = phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.FIXED_LINE
    return 21614 if landline else None


class Twilio:
    """The messages of one account."""

    def __init__(self, box: Box) -> None:
        self.box = box
        login = f"{TWILIO_SID}:{box.settings.secret}"
        self._login = "Basic " + base64.b64encode(login.encode()).decode()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(ROOT + "/Messages.json", self._twilio("send", self.send)),
            web.get(ROOT + "/Messages.json", self._twilio("list", self.list_messages)),
            web.get(ROOT + r"/Messages/{sid:\w+}.json", self._twilio("fetch", self.fetch)),
            web.delete(ROOT + r"/Messages/{sid:\w+}.json", self._twilio("delete", self.delete)),
            web.route("*", "/2010-04-01/{rest:.*}", self._twilio("unknown", self.unknown)),
        ]

    def _twilio(self, operation: str, handler: Handler) -> Handler:
        """Check the login, play faults (a message's wait for its recipient), answer errors."""

        async def handle(request: web.Request) -> web.Response:
            try:
                if request.headers.get("Authorization") != self._login:
                    raise TwilioError(20003, status=401)
                if self.box.faults.active and operation != "send":
                    fault = self.box.faults.take("twilio", on=operation)
                    early = await play(request, fault, to="")
                    return early or await after_accepting(request, fault, await handler(request))
                return await handler(request)
            except TwilioError as error:
                return error.response()

        return handle

    async def send(self, request: web.Request) -> web.Response:
        form = await request.post()
        given = {name: str(value).strip() for name, value in form.items() if name != "Body"}
        given["Body"] = str(form.get("Body", ""))
        fault: Fault | None = None
        if self.box.faults.active:
            fault = self.box.faults.take("twilio", on="send", to=given.get("To", ""))
            early = await play(request, fault, to=given.get("To", ""))
            if early is not None:
                return early
        message = self._accept(given, len(form.getall("MediaUrl", [])))
        self._follow(message, fault)
        return await after_accepting(request, fault, answer(self.as_json(message), status=201))

    def _accept(self, given: dict[str, str], media: int) -> Message:
        to, body, url = given.get("To", ""), given["Body"], given.get("StatusCallback", "")
        sender = given.get("From", "") or given.get("MessagingServiceSid", "")
        if not to:
            raise TwilioError(21604)
        if not sender:
            raise TwilioError(21603)
        code = self._send_error(to, sender)
        if code is not None:
            raise TwilioError(code, to=to, sender=sender)
        if not body and not media:
            raise TwilioError(21602)
        if len(body) > 1600:
            raise TwilioError(21617)
        if url and urlsplit(url).scheme not in ("http", "https"):
            raise TwilioError(21609, url=url)
        return self.box.store.add(
            Message(
                channel="sms",
                direction="out",
                to="+" + digits(to),
                sender=TWILIO_FROM,
                text=body,
                ref=(parse_qs(urlsplit(url).query).get("ref") or [""])[0],
                provider_id="SM" + secrets.token_hex(16),
                status="queued",
                callback=url,
                details={"segments": count_segments(body), "media": media},
            )
        )

    def _send_error(self, to: str, sender: str) -> int | None:
        if not sender.startswith("MG") and not same_address(sender, TWILIO_FROM):
            return 21606
        if digits(to) in self.box.store.opted_out:
            return 21610
        return number_error(to)

    def _follow(self, message: Message, fault: Fault | None) -> None:
        """Report queued at once, then sent and delivered, or undelivered by a fault."""
        self._callback(message)
        delay = self.box.behaviour.status_delay
        later = asyncio.get_running_loop().call_later
        later(delay, self._report, message, "sent", None)
        if fault is not None and fault.fault == "status_error":
            later(2 * delay, self._report, message, "undelivered", fault.code)
        else:
            later(2 * delay, self._report, message, "delivered", None)

    def _report(self, message: Message, status: str, code: int | None) -> None:
        if message.status == FORGOTTEN:
            return
        self.box.store.set_status(message, status, code)
        self._callback(message)

    def _callback(self, message: Message) -> None:
        if not message.callback:
            return
        form = {
            "MessageSid": message.provider_id,
            "SmsSid": message.provider_id,
            "MessageStatus": message.status,
            "SmsStatus": message.status,
            "To": message.to,
            "From": message.sender,
            "AccountSid": TWILIO_SID,
            "ApiVersion": "2010-04-01",
        }
        if message.error_code is not None:
            form["ErrorCode"] = str(message.error_code)
        self.box.webhooks.twilio(
            message.callback,
            form,
            event=message.status,
            to=message.to,
            about=message.provider_id,
        )

    async def list_messages(self, request: web.Request) -> web.Response:
        """Newest first, by To, From and DateSent (also ``DateSent>`` and ``DateSent<``)."""
        asked = request.query
        found = [m for m in self._newest_first() if _wanted(m, asked)]
        size = min(_number(asked.get("PageSize"), 50), 1000) or 50
        page = _number(asked.get("Page"), 0)
        shown = found[page * size : (page + 1) * size]
        more = (page + 1) * size < len(found)

        def uri(number: int) -> str:
            query = [(k, v) for k, v in asked.items() if k not in ("Page", "PageSize")]
            query += [("PageSize", str(size)), ("Page", str(number))]
            return f"{ROOT}/Messages.json?{urlencode(query)}"

        return answer(
            {
                "messages": [self.as_json(message) for message in shown],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + max(len(shown) - 1, 0),
                "uri": uri(page),
                "first_page_uri": uri(0),
                "previous_page_uri": uri(page - 1) if page else None,
                "next_page_uri": uri(page + 1) if more else None,
            }
        )

    def _newest_first(self) -> list[Message]:
        return [m for m in reversed(self.box.store.messages.values()) if m.channel == "sms"]

    async def fetch(self, request: web.Request) -> web.Response:
        return answer(self.as_json(self._find(request)))

    async def delete(self, request: web.Request) -> web.Response:
        del self.box.store.messages[self._find(request).provider_id]
        return web.Response(status=204)

    def _find(self, request: web.Request) -> Message:
        message = self.box.store.messages.get(request.match_info["sid"])
        if message is None or message.channel != "sms":
            raise TwilioError(20404, status=404)
        return message

    async def unknown(self, request: web.Request) -> web.Response:
        raise TwilioError(20404, status=404)

    def as_json(self, message: Message) -> dict[str, Any]:
        inbound = message.direction == "in"
        sent = next((at for status, at in message.history if status in ("sent", "received")), None)
        uri = f"{ROOT}/Messages/{message.provider_id}"
        done = message.status in ("delivered", "undelivered")
        return {
            "sid": message.provider_id,
            "account_sid": TWILIO_SID,
            "api_version": "2010-04-01",
            "body": message.text,
            "date_created": _date(message.accepted_at),
            "date_sent": _date(sent),
            "date_updated": _date(message.history[-1][1]),
            "direction": "inbound" if inbound else "outbound-api",
            "error_code": message.error_code,
            "error_message": None,
            "from": message.sender,
            "messaging_service_sid": None,
            "num_media": str(message.details.get("media", 0)),
            "num_segments": str(message.details.get("segments", 1)),
            "price": "-0.00750" if done else None,
            "price_unit": "USD",
            "status": message.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": message.to,
            "uri": f"{uri}.json",
        }

    def receive(self, number: str, text: str) -> Message:
        """A customer texts the business; STOP and START change what may be sent to them."""
        number = "+" + digits(number)
        message = self.box.store.add(_sms("in", TWILIO_FROM, number, text))
        form = {
            "ToCountry": "US",
            "MessageSid": message.provider_id,
            "SmsMessageSid": message.provider_id,
            "SmsSid": message.provider_id,
            "NumMedia": "0",
            "NumSegments": str(count_segments(text)),
            "SmsStatus": "received",
            "Body": text,
            "To": TWILIO_FROM,
            "From": number,
            "AccountSid": TWILIO_SID,
            "ApiVersion": "2010-04-01",
        }
        self.box.webhooks.twilio(
            self.box.settings.public_url + "/webhooks/twilio/inbound",
            form,
            event="inbound",
            to=number,
            about=message.provider_id,
        )
        self._heed(number, text.strip().upper())
        return message

    def _heed(self, number: str, word: str) -> None:
        reply = ""
        if word in STOP:
            self.box.store.opted_out.add(digits(number))
            reply = "You have successfully been unsubscribed. You will not receive any more " + (
                "messages from this number. Reply START to resubscribe."
            )
        elif word in START and digits(number) in self.box.store.opted_out:
            self.box.store.opted_out.discard(digits(number))
            reply = "You have successfully been re-subscribed to messages from this number."
        if reply:
            self.box.store.add(_sms("provider", number, TWILIO_FROM, reply))


async def play(request: web.Request, fault: Fault | None, *, to: str) -> web.Response | None:
    """Play the faults that come before a request counts; None lets it through."""
    if fault is None:
        return None
    if fault.fault == "throttle":
        raise TwilioError(fault.code or 20429, status=429, headers=retry_after(fault))
    if fault.fault == "error":
        code = fault.code or 20500
        usual = {20003: 401, 20404: 404, 20429: 429, 20500: 500, 20503: 503}.get(code, 400)
        error = TwilioError(code, status=fault.status or usual, to=to, sender=TWILIO_FROM, url="")
        error.sentence = fault.message or error.sentence
        raise error
    return await before_accepting(request, fault)


def _sms(direction: Any, to: str, sender: str, text: str) -> Message:
    return Message(
        channel="sms",
        direction=direction,
        to=to,
        sender=sender,
        text=text,
        ref="",
        provider_id="SM" + secrets.token_hex(16),
        status="received" if direction == "in" else "delivered",
        details={"segments": count_segments(text), "media": 0},
    )


def _wanted(message: Message, asked: MultiMapping[str]) -> bool:
    if message.direction == "provider":
        return False
    if asked.get("To") and not same_address(message.to, asked["To"]):
        return False
    if asked.get("From") and not same_address(message.sender, asked["From"]):
        return False
    at = datetime.fromtimestamp(message.accepted_at, UTC)
    day = asked.get("DateSent", "")
    if day and at.date().isoformat() != day[:10]:
        return False
    after, before = _moment(asked.get("DateSent>")), _moment(asked.get("DateSent<"), end=True)
    return (after is None or at >= after) and (before is None or at <= before)


def _moment(text: str | None, *, end: bool = False) -> datetime | None:
    """Read a date or a time; a date as an upper bound means its end."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise TwilioError(20001) from None
    if len(text) == 10 and end:
        moment = moment.replace(hour=23, minute=59, second=59, microsecond=999_999)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _date(at: float | None) -> str | None:
    return None if at is None else format_datetime(datetime.fromtimestamp(at, UTC))


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdigit() else otherwise
