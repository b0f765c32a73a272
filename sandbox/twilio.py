"""Twilio Programmable Messaging: messages of one account at Twilio's paths."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

from sandbox.answers import UNDER, after_accepting, rehearsed
from sandbox.box import Box
from sandbox.faults import Fault
from sandbox.segments import count_segments
from sandbox.settings import TWILIO_FROM, TWILIO_SID
from sandbox.store import FORGOTTEN, Direction, Message, digits, same_address
from sandbox.twilio_errors import TwilioError, answer, number_error, play
from sandbox.twilio_list import ROOT, as_json, page_of

STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"}
START = {"START", "YES", "UNSTOP"}

Handler = Callable[[web.Request], Awaitable[web.Response]]


class Twilio:
    """The messages of one account."""

    def __init__(self, box: Box) -> None:
        self.box = box
        login = f"{TWILIO_SID}:{box.settings.secret}"
        self._login = "Basic " + base64.b64encode(login.encode()).decode()

    def routes(self) -> list[web.RouteDef]:
        """The same at Twilio's own paths, and for a rehearsal under ``/as/<profile>``."""
        return [route for root in ("", UNDER) for route in self._routes(root)]

    def _routes(self, under: str) -> list[web.RouteDef]:
        root = under + ROOT
        return [
            web.post(root + "/Messages.json", self._twilio("send", self.send)),
            web.get(root + "/Messages.json", self._twilio("list", self.list_messages)),
            web.get(root + r"/Messages/{sid:\w+}.json", self._twilio("fetch", self.fetch)),
            web.delete(root + r"/Messages/{sid:\w+}.json", self._twilio("delete", self.delete)),
            web.route("*", under + "/2010-04-01/{rest:.*}", self._twilio("unknown", self.unknown)),
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
        to = given.get("To", "")
        fault = self.box.trouble("twilio", rehearsed(request), to=to)
        early = await play(request, fault, to=to) if fault else None
        if early is not None:
            return early
        message = self._accept(given, len(form.getall("MediaUrl", [])))
        self._follow(message, fault)
        return await after_accepting(request, fault, answer(as_json(message), status=201))

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
        later, when_room = asyncio.get_running_loop().call_later, self.box.webhooks.when_room
        later(delay, when_room, self._report, message, "sent", None)
        if fault is not None and fault.fault == "status_error":
            later(2 * delay, when_room, self._report, message, "undelivered", fault.code)
        else:
            later(2 * delay, when_room, self._report, message, "delivered", None)

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
        return answer(page_of(self._newest_first(request.query), request.query))

    def _newest_first(self, asked: Mapping[str, str]) -> list[Message]:
        """The messages of one phone, where the list is asked for what went to it or came from it."""
        store, business = self.box.store, digits(TWILIO_FROM)
        named = {digits(asked[name]) for name in ("To", "From") if asked.get(name)} - {business}
        found = store.of("+" + named.pop()) if named else list(store.messages.values())
        return [message for message in reversed(found) if message.channel == "sms"]

    async def fetch(self, request: web.Request) -> web.Response:
        return answer(as_json(self._find(request)))

    async def delete(self, request: web.Request) -> web.Response:
        self.box.store.remove(self._find(request))
        return web.Response(status=204)

    def _find(self, request: web.Request) -> Message:
        message = self.box.store.messages.get(request.match_info["sid"])
        if message is None or message.channel != "sms":
            raise TwilioError(20404, status=404)
        return message

    async def unknown(self, request: web.Request) -> web.Response:
        raise TwilioError(20404, status=404)

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
            reply = (
                "You have successfully been unsubscribed. You will not receive any more messages "
                "from this number. Reply START to resubscribe."
            )
        elif word in START and digits(number) in self.box.store.opted_out:
            self.box.store.opted_out.discard(digits(number))
            reply = "You have successfully been re-subscribed to messages from this number."
        if reply:
            self.box.store.add(_sms("provider", number, TWILIO_FROM, reply))


def _sms(direction: Direction, to: str, sender: str, text: str) -> Message:
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
