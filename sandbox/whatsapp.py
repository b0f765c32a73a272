"""WhatsApp Cloud API: messages, media and templates at Meta's paths."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any

import phonenumbers
from aiohttp import web

from sandbox.answers import UNDER, after_accepting, rehearsed
from sandbox.box import Box
from sandbox.graph import GraphError, answer, check_token, play
from sandbox.settings import BUSINESS_ACCOUNT_ID, PHONE_NUMBER_ID, WHATSAPP_NUMBER
from sandbox.store import Message, digits
from sandbox.whatsapp_content import content
from sandbox.whatsapp_media import MediaStore, read_upload
from sandbox.whatsapp_statuses import Statuses
from sandbox.whatsapp_templates import Templates, new_template

Handler = Callable[[web.Request], Awaitable[web.Response]]


@lru_cache(maxsize=50_000)
def wa_id(number: str) -> str:
    """The WhatsApp id of a number: its digits with country code; empty when it cannot be one."""
    try:
        parsed = phonenumbers.parse("+" + digits(number))
    except phonenumbers.NumberParseException:
        return ""
    return digits(number) if phonenumbers.is_possible_number(parsed) else ""


def new_wamid(number: str) -> str:
    head = b"\x1c\x18" + bytes([len(number)]) + number.encode() + b"\x15\x02\x00\x11\x18\x12"
    return "wamid." + base64.b64encode(head + secrets.token_hex(9).upper().encode()).decode()


class WhatsApp:
    """The Cloud API of one phone number."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.media = MediaStore()
        self.templates = Templates()
        self.statuses = Statuses(box)

    def routes(self) -> list[web.RouteDef]:
        """The same at Meta's own paths, and for a rehearsal under ``/as/<profile>``."""
        return [route for root in ("", UNDER) for route in self._routes(root)]

    def _routes(self, under: str) -> list[web.RouteDef]:
        root = under + r"/{version:v\d+\.\d+}"
        number, account = f"{root}/{PHONE_NUMBER_ID}", f"{root}/{BUSINESS_ACCOUNT_ID}"
        return [
            web.post(number + "/messages", self._graph("send", self.send)),
            web.post(number + "/messages/", self._graph("send", self.send)),
            web.post(number + "/media", self._graph("upload", self.upload)),
            web.get(number, self._graph("number", self.number)),
            web.get(account + "/message_templates", self._graph("templates", self.list_templates)),
            web.post(account + "/message_templates", self._graph("templates", self.add_template)),
            web.delete(
                account + "/message_templates", self._graph("templates", self.remove_template)
            ),
            web.get(
                under + "/whatsapp_business/attachments/", self._graph("download", self.download)
            ),
            web.get(root + r"/{object:\d+}", self._graph("media", self.show_object)),
            web.delete(root + r"/{object:\d+}", self._graph("media", self.delete_media)),
            web.route("*", root + "/{rest:.*}", self._graph("unknown", self.unknown)),
        ]

    def _graph(self, operation: str, handler: Handler) -> Handler:
        """Check the token, play faults (a message's wait for its recipient), answer errors."""

        async def handle(request: web.Request) -> web.Response:
            try:
                check_token(request, self.box.settings.secret)
                if self.box.faults.active and operation != "send":
                    fault = self.box.faults.take("whatsapp", on=operation)
                    early = await play(request, fault)
                    return early or await after_accepting(request, fault, await handler(request))
                return await handler(request)
            except GraphError as error:
                return error.response()

        return handle

    async def send(self, request: web.Request) -> web.Response:
        body = await _json(request)
        if body.get("messaging_product") != "whatsapp":
            raise GraphError(100, message="(#100) The parameter messaging_product is required.")
        if body.get("status") == "read":
            return self._mark_read(body)
        to = str(body.get("to") or "")
        fault = self.box.trouble("whatsapp", rehearsed(request), to=to)
        early = await play(request, fault) if fault else None
        if early is not None:
            return early
        message = self._accept(body, to)
        self.statuses.follow(message, fault)
        response = answer(
            {
                "messaging_product": "whatsapp",
                "contacts": [{"input": to, "wa_id": digits(message.to)}],
                "messages": [{"id": message.provider_id, "message_status": "accepted"}],
            }
        )
        return await after_accepting(request, fault, response)

    def _accept(self, body: dict[str, Any], to: str) -> Message:
        if not to:
            raise GraphError(100, message="(#100) The parameter to is required.")
        number = wa_id(to)
        if not number:
            raise GraphError(131009, f"{to} is not a valid WhatsApp number")
        if number == digits(WHATSAPP_NUMBER):
            raise GraphError(131021, "Recipient phone number cannot be same as sender phone number")
        tracker = body.get("biz_opaque_callback_data")
        if tracker is not None and (not isinstance(tracker, str) or len(tracker) > 512):
            raise GraphError(100, "biz_opaque_callback_data must have at most 512 characters")
        kind = str(body.get("type") or "text")
        text, details = content(kind, body.get(kind), self.templates, self.media)
        if body.get("context"):
            details["context"] = str(body["context"].get("message_id", ""))
        return self.box.store.add(
            Message(
                channel="whatsapp",
                direction="out",
                to="+" + number,
                sender=WHATSAPP_NUMBER,
                text=text,
                ref=tracker or "",
                provider_id=new_wamid(number),
                status="accepted",
                kind=kind,
                details=details,
            )
        )

    def _mark_read(self, body: dict[str, Any]) -> web.Response:
        message = self.box.store.messages.get(str(body.get("message_id", "")))
        if message is None or message.direction != "in":
            raise GraphError(131009, "message_id is not a message that was received")
        if message.status != "read":
            self.box.store.set_status(message, "read")
        return answer({"success": True})

    async def number(self, request: web.Request) -> web.Response:
        return answer(
            {
                "id": PHONE_NUMBER_ID,
                "display_phone_number": WHATSAPP_NUMBER,
                "verified_name": self.box.settings.business_name,
                "quality_rating": "GREEN",
                "code_verification_status": "VERIFIED",
                "platform_type": "CLOUD_API",
                "throughput": {"level": "STANDARD"},
            }
        )

    async def upload(self, request: web.Request) -> web.Response:
        media = self.media.add(*await read_upload(request))
        return answer({"id": media.id})

    async def show_object(self, request: web.Request) -> web.Response:
        media = self.media.get(request.match_info["object"])
        if media is not None:
            return answer(media.as_json(self.box.settings.url))
        for template in self.templates.all:
            if template["id"] == request.match_info["object"]:
                return answer(template)
        raise _no_object(request)

    async def download(self, request: web.Request) -> web.Response:
        media = self.media.get(request.query.get("mid", ""))
        if media is None:
            return web.Response(status=404)
        return web.Response(body=media.content, content_type=media.mime)

    async def delete_media(self, request: web.Request) -> web.Response:
        if not self.media.remove(request.match_info["object"]):
            raise _no_object(request)
        return answer({"success": True})

    async def list_templates(self, request: web.Request) -> web.Response:
        """Filter by name, status, language, category; page by limit and after."""
        asked = request.query
        found = [
            template
            for template in self.templates.all
            if asked.get("name", "").lower() in template["name"]
            and all(
                asked[name] == template[name]
                for name in ("status", "language", "category")
                if name in asked
            )
        ]
        limit = max(1, int(asked.get("limit", "25"))) if asked.get("limit", "25").isdigit() else 25
        start = int(asked["after"]) if asked.get("after", "").isdigit() else 0
        page = found[start : start + limit]
        cursors = {"before": str(start), "after": str(start + len(page))}
        paging: dict[str, Any] = {"cursors": cursors}
        if start + limit < len(found):
            after = {"limit": str(limit), "after": cursors["after"]}
            paging["next"] = self.box.settings.url + str(request.rel_url.update_query(after))
        return answer({"data": page, "paging": paging})

    async def add_template(self, request: web.Request) -> web.Response:
        wanted = new_template(await _json(request), self.box.behaviour.template_review)
        kept = self.templates.add(wanted)
        return answer({name: kept[name] for name in ("id", "status", "category")})

    async def remove_template(self, request: web.Request) -> web.Response:
        if not self.templates.remove(request.query.get("name", "")):
            raise GraphError(100, "Message template not found", subcode=2593002, status=404)
        return answer({"success": True})

    async def unknown(self, request: web.Request) -> web.Response:
        raise _no_object(request)

    def receive(self, number: str, text: str, name: str = "", **more: Any) -> Message:
        """A customer writes to the business."""
        message = Message(
            channel="whatsapp",
            direction="in",
            to=WHATSAPP_NUMBER,
            sender="+" + digits(number),
            text=text,
            ref="",
            provider_id=new_wamid(digits(number)),
            status="received",
            details=more,
        )
        self.box.store.add(message)
        self.box.store.last_inbound[digits(number)] = time.time()
        self.statuses.inbound(message, name)
        return message


def _no_object(request: web.Request) -> GraphError:
    name = request.match_info.get("object") or request.match_info.get("rest", "")
    return GraphError(
        100,
        subcode=33,
        message=f"Unsupported {request.method.lower()} request. Object with ID '{name}' does not "
        "exist, cannot be loaded due to missing permissions, or does not support this operation.",
    )


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except ValueError:
        raise GraphError(100, "The body is not JSON") from None
    if not isinstance(body, dict):
        raise GraphError(100, "The body must be a JSON object")
    return body
