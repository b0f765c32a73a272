"""The phone page: each customer's SMS and WhatsApp, and a box to answer as the customer."""

from __future__ import annotations

from typing import Any

import phonenumbers
from aiohttp import web

from sandbox.box import Box
from sandbox.looks import Looks, from_here, policy, see
from sandbox.settings import TWILIO_FROM, WHATSAPP_NUMBER
from sandbox.store import Message, digits
from sandbox.twilio import Twilio
from sandbox.twilio_errors import number_error
from sandbox.whatsapp import WhatsApp, wa_id

LISTED = 40


class PhonePages:
    """Phones, one per number."""

    def __init__(self, box: Box, looks: Looks, whatsapp: WhatsApp, twilio: Twilio) -> None:
        self.box = box
        self.looks = looks
        self.whatsapp = whatsapp
        self.twilio = twilio

    def routes(self) -> list[web.RouteDef]:
        phone = r"/phone/{number:\d+}"
        return [
            web.get("/phone", self.show),
            web.post("/phone", from_here(self.write_first)),
            web.get(phone, self.show),
            web.post(phone + "/answer", from_here(self.answer)),
            web.post(phone + "/read", from_here(self.read)),
            web.get(r"/phone/media/{media:\d+}", self.media),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """One phone; the one that heard last when none is named. Opening one reads it."""
        phones = self.box.store.phones()
        chosen = request.match_info.get("number", "")
        number = "+" + chosen if chosen else next(iter(phones), "")
        if chosen and self.box.behaviour.read_on_open:
            self._read(number)
        return self._page(number, phones)

    def _page(
        self,
        number: str,
        phones: dict[str, Message],
        *,
        problem: str = "",
        typed: dict[str, str] | None = None,
    ) -> web.Response:
        store = self.box.store
        return self.looks.page(
            "phone.html",
            status=422 if problem else 200,
            phones=list(phones.items())[:LISTED],
            more=max(0, len(phones) - LISTED),
            number=number,
            path="/phone/" + digits(number),
            sms=store.thread(number, "sms"),
            whatsapp=store.thread(number, "whatsapp"),
            opted_out=digits(number) in store.opted_out,
            unread=any(m.status == "delivered" for m in store.thread(number, "whatsapp")),
            business=self.box.settings.business_name,
            twilio_from=readable(TWILIO_FROM),
            whatsapp_from=readable(WHATSAPP_NUMBER),
            readable=readable,
            problem=problem,
            typed=typed or {},
        )

    async def answer(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        form = await request.post()
        text, button = str(form.get("text", "")).strip(), str(form.get("button", ""))
        if form.get("channel") == "sms" and text:
            self.twilio.receive(number, text)
        elif form.get("channel") == "whatsapp" and (text or button):
            more: dict[str, Any] = {"button": button} if button else {}
            self.whatsapp.receive(number, text or button, **more)
        return see(f"/phone/{number}")

    async def write_first(self, request: web.Request) -> web.Response:
        """A customer who got nothing yet writes."""
        typed = {name: str(value).strip() for name, value in (await request.post()).items()}
        number, text = "+" + digits(typed.get("number", "")), typed.get("text", "")
        problem = "" if wa_id(number) else "That number cannot be right: start with the country."
        if not problem and typed.get("channel") == "sms" and number_error(number) == 21211:
            problem = "No SMS can come from that number: is a digit missing?"
        if not problem and not text:
            problem = "Write a few words first."
        if problem:
            phones = self.box.store.phones()
            return self._page(next(iter(phones), ""), phones, problem=problem, typed=typed)
        if typed.get("channel") == "sms":
            self.twilio.receive(number, text)
        else:
            self.whatsapp.receive(number, text)
        return see(f"/phone/{digits(number)}")

    async def read(self, request: web.Request) -> web.Response:
        self._read("+" + request.match_info["number"])
        return see("/phone/" + request.match_info["number"])

    def _read(self, number: str) -> None:
        for message in self.box.store.thread(number, "whatsapp"):
            self.whatsapp.statuses.read(message)

    async def media(self, request: web.Request) -> web.Response:
        """A picture or file of a message; anything but a picture is only for saving."""
        media = self.whatsapp.media.get(request.match_info["media"])
        if media is None:
            raise web.HTTPNotFound(text="This file was deleted.")
        headers = policy()
        if not media.mime.startswith("image/"):
            headers["Content-Disposition"] = "attachment"
        return web.Response(body=media.content, content_type=media.mime, headers=headers)


def readable(number: str) -> str:
    """Write a number as people do, with its country."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
