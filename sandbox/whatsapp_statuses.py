"""What WhatsApp tells the app afterwards: statuses of messages, and messages of customers."""

from __future__ import annotations

import asyncio
import hashlib
import time
from typing import Any

from sandbox.box import Box
from sandbox.faults import Fault
from sandbox.graph import TITLES
from sandbox.settings import PHONE_NUMBER_ID, WHATSAPP_NUMBER
from sandbox.store import FORGOTTEN, Message, digits

METADATA = {
    "display_phone_number": digits(WHATSAPP_NUMBER),
    "phone_number_id": PHONE_NUMBER_ID,
}
HELP = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"


class Statuses:
    """Moves a message on from accepted and reports each step."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self._when_room = box.webhooks.when_room

    def follow(self, message: Message, fault: Fault | None) -> None:
        """Plan what becomes of an accepted message."""
        code = None
        if fault is not None and fault.fault == "status_error":
            code = fault.code
        elif self._window_closed(message):
            code = 131047
        later = asyncio.get_running_loop().call_later
        if code is not None:
            later(self.box.behaviour.status_delay, self._when_room, self.fail, message, code)
        else:
            later(self.box.behaviour.status_delay, self._when_room, self._sent, message)

    def _window_closed(self, message: Message) -> bool:
        if not self.box.behaviour.window or message.kind == "template":
            return False
        last = self.box.store.last_inbound.get(digits(message.to), 0)
        return time.time() - last >= self.box.behaviour.window_seconds

    def _sent(self, message: Message) -> None:
        self._report(message, "sent")
        delay = self.box.behaviour.status_delay
        asyncio.get_running_loop().call_later(delay, self._when_room, self._delivered, message)

    def _delivered(self, message: Message) -> None:
        self._report(message, "delivered")
        if self.box.behaviour.auto_read:
            delay = self.box.behaviour.status_delay
            asyncio.get_running_loop().call_later(delay, self.read, message)

    def read(self, message: Message) -> None:
        """The customer opened the message; only a delivered one can be read."""
        if message.status == "delivered" and message.direction == "out":
            self._report(message, "read")

    def fail(self, message: Message, code: int) -> None:
        """Meta could not deliver an accepted message."""
        self._report(message, "failed", code)

    def _report(self, message: Message, status: str, code: int | None = None) -> None:
        if message.status == FORGOTTEN:
            return
        self.box.store.set_status(message, status, code)
        number = digits(message.to)
        report: dict[str, Any] = {
            "id": message.provider_id,
            "status": status,
            "timestamp": str(int(time.time())),
            "recipient_id": number,
        }
        if message.ref:
            report["biz_opaque_callback_data"] = message.ref
        if status in ("sent", "delivered"):
            report["pricing"] = _pricing(message)
        if code is not None:
            report["errors"] = [error_of(code)]
        self.box.webhooks.whatsapp(
            "messages",
            {
                "messaging_product": "whatsapp",
                "metadata": METADATA,
                "contacts": [_contact(number)],
                "statuses": [report],
            },
            event=status,
            to=message.to,
            about=message.provider_id,
        )

    def inbound(self, message: Message, name: str) -> None:
        """Tell the app what a customer wrote."""
        number = digits(message.sender)
        content: dict[str, Any] = {
            "from": number,
            "id": message.provider_id,
            "timestamp": str(int(message.accepted_at)),
        }
        self.box.webhooks.whatsapp(
            "messages",
            {
                "messaging_product": "whatsapp",
                "metadata": METADATA,
                "contacts": [_contact(number, name or "Customer " + number[-4:])],
                "messages": [{**content, **_more(message)}],
            },
            event="inbound",
            to=message.sender,
            about=message.provider_id,
        )

    def preference(self, number: str, value: str) -> None:
        """The customer stops, or resumes, marketing messages by WhatsApp's own menu."""
        wa_id = digits(number)
        stopped = "stopped" if value == "stop" else "resumed"
        change = {
            "wa_id": wa_id,
            "detail": f"User requested to {value} marketing messages",
            "category": "marketing_messages",
            "value": value,
            "timestamp": int(time.time()),
        }
        self.box.webhooks.whatsapp(
            "user_preferences",
            {
                "messaging_product": "whatsapp",
                "metadata": METADATA,
                "contacts": [_contact(wa_id)],
                "user_preferences": [change],
            },
            event=stopped,
            to="+" + wa_id,
            about=f"preference {wa_id}",
        )


def error_of(code: int) -> dict[str, Any]:
    title = TITLES.get(code, "Something went wrong")
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": title},
        "href": HELP,
    }


def _contact(number: str, name: str = "") -> dict[str, Any]:
    who = hashlib.sha256(number.encode()).hexdigest()[:20].upper()
    contact: dict[str, Any] = {"wa_id": number, "user_id": f"XX.{who}"}
    if name:
        contact["profile"] = {"name": name}
    return contact


def _pricing(message: Message) -> dict[str, Any]:
    template = message.kind == "template"
    return {
        "billable": template,
        "pricing_model": "PMP",
        "type": "regular" if template else "free_customer_service",
        "category": "utility" if template else "service",
    }


def _more(message: Message) -> dict[str, Any]:
    """The content (plain text, a pressed button or a file), and the message it answers."""
    more: dict[str, Any] = {"type": "text", "text": {"body": message.text}}
    details = message.details
    if details.get("button"):
        more = {"type": "button", "button": {"text": message.text, "payload": details["button"]}}
    if media := details.get("media"):
        kind = media["type"]
        file = {name: value for name, value in media.items() if name != "type"}
        more = {"type": kind, kind: file}
    if details.get("context"):
        more["context"] = {"from": digits(WHATSAPP_NUMBER), "id": details["context"]}
    return more
