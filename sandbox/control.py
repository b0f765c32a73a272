"""The control API for tests and rehearsals: what arrived, faults, settings, inbound messages."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

import aiohttp
from aiohttp import web

from sandbox.box import Box
from sandbox.ledger import Ledger, RazorpayError
from sandbox.looks import from_here
from sandbox.settings import Refused
from sandbox.twilio import Twilio
from sandbox.whatsapp import WhatsApp

Handler = Callable[[web.Request], Awaitable[Any]]


SUNK = b'{"messages": [{"id": "wamid.sink"}]}'


class Control:
    """Everything under ``/_/``, and the sink."""

    def __init__(self, box: Box, whatsapp: WhatsApp, twilio: Twilio, ledger: Ledger) -> None:
        self.box = box
        self.whatsapp = whatsapp
        self.twilio = twilio
        self.ledger = ledger

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/_/health", _json(self.health)),
            web.get("/_/messages", _json(self.messages)),
            web.delete("/_/messages", _json(self.forget)),
            web.get("/_/accepted", _json(self.accepted)),
            web.get("/_/faults", _json(self.faults)),
            web.post("/_/faults", _json(self.add_fault)),
            web.delete("/_/faults", _json(self.clear_faults)),
            web.delete(r"/_/faults/{id:\d+}", _json(self.remove_fault)),
            web.get("/_/settings", _json(self.settings)),
            web.post("/_/settings", _json(self.change_settings)),
            web.post("/_/inbound", _json(self.inbound)),
            web.post("/_/read", _json(self.read)),
            web.post("/_/preference", _json(self.preference)),
            web.post("/_/pay", _json(self.pay)),
            web.get("/_/payments", _json(self.payments)),
            web.get("/_/media", _json(self.media)),
            web.get("/_/webhooks", _json(self.webhooks)),
            web.post("/_/handshake", _json(self.handshake)),
            web.post("/sink{tail:.*}", self.sink),
            web.get("/sink", _json(self.sink_count)),
        ]

    async def sink(self, request: web.Request) -> web.Response:
        """Take anything, under any path; the body is not even read.

        The answer is the shortest that a client of WhatsApp takes for an acceptance.
        """
        self.box.store.sink += 1
        return web.Response(body=SUNK, content_type="application/json")

    async def sink_count(self, request: web.Request) -> Any:
        return {"count": self.box.store.sink}

    async def health(self, request: web.Request) -> Any:
        settings = self.box.settings
        return {
            "ok": True,
            "messages": len(self.box.store.messages),
            "webhooks_waiting": self.box.webhooks.waiting,
            "faults": len(self.box.faults.active),
            "smtp": f"{settings.smtp_host}:{settings.smtp_port}",
            "public_url": settings.public_url,
        }

    async def messages(self, request: web.Request) -> Any:
        asked = request.query
        found = self.box.store.find(
            channel=asked.get("channel", ""),
            to=asked.get("to", ""),
            ref=asked.get("ref", ""),
            direction=asked.get("direction", "out"),
        )
        return {"messages": [message.as_json() for message in found]}

    async def forget(self, request: web.Request) -> Any:
        self.box.store.forget()
        self.box.rehearsals.forget()
        self.ledger.forget()
        return {"ok": True}

    async def accepted(self, request: web.Request) -> Any:
        channel = request.query.get("channel", "")
        counts = self.box.store.accepted
        if not channel:
            return dict(counts)
        return {key: n for key, n in counts.items() if key.startswith(channel + ":")}

    async def faults(self, request: web.Request) -> Any:
        return {"faults": [fault.as_json() for fault in self.box.faults.active]}

    async def add_fault(self, request: web.Request) -> Any:
        return self.box.switch_on(await _body(request)).as_json()

    async def clear_faults(self, request: web.Request) -> Any:
        self.box.faults.clear()
        return {"ok": True}

    async def remove_fault(self, request: web.Request) -> Any:
        self.box.faults.remove(int(request.match_info["id"]))
        return {"ok": True}

    async def settings(self, request: web.Request) -> Any:
        return asdict(self.box.behaviour)

    async def change_settings(self, request: web.Request) -> Any:
        self.box.behaviour.change(await _body(request))
        return asdict(self.box.behaviour)

    async def inbound(self, request: web.Request) -> Any:
        """A customer writes: channel (sms or whatsapp), from, text; name, button, media, context."""
        given = await _body(request)
        channel, number, text = (str(given.get(k) or "") for k in ("channel", "from", "text"))
        if not number:
            raise ValueError("from is missing")
        if channel == "sms":
            return self.twilio.receive(number, text).as_json()
        if channel != "whatsapp":
            raise ValueError("channel must be sms or whatsapp")
        more = {k: given[k] for k in ("button", "media", "context") if given.get(k)}
        return self.whatsapp.receive(number, text, str(given.get("name") or ""), **more).as_json()

    async def read(self, request: web.Request) -> Any:
        """The customer reads: one message by provider_id, or all delivered ones to a number."""
        given = await _body(request)
        store = self.box.store
        if given.get("provider_id"):
            one = store.messages.get(str(given["provider_id"]))
            found = [one] if one else []
        else:
            found = store.find(channel="whatsapp", to=str(given.get("to") or ""))
        unread = [message for message in found if message.status == "delivered"]
        for message in unread:
            self.whatsapp.statuses.read(message)
        return {"read": len(unread)}

    async def preference(self, request: web.Request) -> Any:
        """The customer stops or resumes marketing messages: from, value (stop or resume)."""
        given = await _body(request)
        if given.get("value") not in ("stop", "resume") or not given.get("from"):
            raise ValueError("from is needed, and value: stop or resume")
        self.whatsapp.statuses.preference(str(given["from"]), str(given["value"]))
        return {"ok": True}

    async def pay(self, request: web.Request) -> Any:
        """Pay an order without the page: order_id, outcome (pay or fail), webhooks (true)."""
        given = await _body(request)
        order = self.ledger.order(str(given.get("order_id") or ""))
        tell = bool(given.get("webhooks", True))
        customer = {k: str(given.get(k) or "") for k in ("email", "contact")}
        if given.get("outcome", "pay") == "fail":
            return self.ledger.decline(order, customer, tell=tell)
        return self.ledger.proof(self.ledger.pay(order, customer, tell=tell))

    async def payments(self, request: web.Request) -> Any:
        return {
            "orders": list(self.ledger.orders.values()),
            "payments": list(self.ledger.payments.values()),
            "refunds": list(self.ledger.refunds.values()),
        }

    async def media(self, request: web.Request) -> Any:
        return {"count": len(self.whatsapp.media)}

    async def webhooks(self, request: web.Request) -> Any:
        recent = self.box.webhooks.recent
        waiting = self.box.webhooks.waiting
        return {"waiting": waiting, "webhooks": [webhook.as_json() for webhook in recent]}

    async def handshake(self, request: web.Request) -> Any:
        """Ask the app to prove its WhatsApp webhook, as Meta does when it is set up."""
        return await shake_hands(self.box)


async def shake_hands(box: Box) -> dict[str, Any]:
    challenge = str(secrets.randbelow(10**9))
    query = {
        "hub.mode": "subscribe",
        "hub.challenge": challenge,
        "hub.verify_token": box.settings.secret,
    }
    url = box.settings.public_url + "/webhooks/whatsapp"
    timeout = aiohttp.ClientTimeout(total=10)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, params=query, allow_redirects=False) as reply,
        ):
            body = await reply.text()
    except (aiohttp.ClientError, TimeoutError) as error:
        return {"verified": False, "status": None, "reason": type(error).__name__}
    verified = reply.status == 200 and body == challenge
    return {"verified": verified, "status": reply.status, "reason": ""}


def _json(handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Answer in JSON; what was asked wrongly is a 400 with a sentence."""

    async def handle(request: web.Request) -> web.Response:
        try:
            return web.json_response(await handler(request))
        except (ValueError, Refused) as error:
            return web.json_response({"error": str(error)}, status=400)
        except RazorpayError as error:
            return web.json_response({"error": error.description}, status=400)

    return from_here(handle)


async def _body(request: web.Request) -> dict[str, Any]:
    given = json.loads(await request.read() or b"{}")
    if not isinstance(given, dict):
        raise Refused("the body must be a JSON object")
    return given
