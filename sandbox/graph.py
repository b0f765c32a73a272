"""Meta's Graph API: its error form, its titles, its login."""

from __future__ import annotations

import json
import secrets
from typing import Any

from aiohttp import web

from sandbox.answers import before_accepting, retry_after
from sandbox.faults import Fault

TITLES = {
    0: "AuthException",
    1: "API Unknown",
    2: "API Service",
    3: "API Method",
    4: "API Too Many Calls",
    10: "Permission Denied",
    33: "Parameter value is not valid",
    100: "Invalid parameter",
    190: "Access token has expired",
    368: "Temporarily blocked for policies violations",
    80007: "Rate limit issues",
    130429: "Rate limit hit",
    130472: "User's number is part of an experiment",
    130497: "Business account is restricted from messaging users in this country",
    131000: "Something went wrong",
    131005: "Access denied",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131016: "Service unavailable",
    131021: "Recipient cannot be sender",
    131026: "Message undeliverable",
    131030: "Recipient phone number not in allowed list",
    131031: "Account has been locked",
    131037: "WhatsApp provided number needs display name approval before message can be sent",
    131042: "Business eligibility payment issue",
    131045: "Incorrect certificate",
    131047: "Re-engagement message",
    131048: "Spam rate limit hit",
    131049: "This message was not delivered to maintain healthy ecosystem engagement",
    131050: "User has stopped marketing messages from this business",
    131051: "Unsupported message type",
    131052: "Media download error",
    131053: "Media upload error",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    131057: "Account in maintenance mode",
    132000: "Number of parameters does not match the expected number of params",
    132001: "Template name does not exist in the translation",
    132005: "Translated text too long",
    132007: "Template content policy violated",
    132008: "Parameter value is not valid",
    132012: "Parameter format does not match format in the created template",
    132015: "Template is paused",
    132016: "Template is disabled",
    132018: "There is an issue with the template's parameters",
    133010: "Phone number not registered",
}


class GraphError(Exception):
    """An answer in Meta's error form."""

    def __init__(
        self,
        code: int,
        details: str = "",
        *,
        status: int = 400,
        subcode: int | None = None,
        message: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(code, details)
        self.code = code
        self.details = details
        self.status = status
        self.subcode = subcode
        self.message = message or f"(#{code}) {TITLES.get(code, 'Error')}"
        self.headers = headers or {}

    def response(self) -> web.Response:
        error: dict[str, Any] = {
            "message": self.message,
            "type": "OAuthException",
            "code": self.code,
        }
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        error["fbtrace_id"] = "A" + secrets.token_urlsafe(16)
        return answer({"error": error}, status=self.status, headers=self.headers)


def answer(
    content: Any, *, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    body = json.dumps(content, separators=(",", ":")).encode()
    return web.Response(
        body=body, status=status, headers=headers, content_type="application/json", charset="UTF-8"
    )


def check_token(request: web.Request, token: str) -> None:
    """Raise GraphError 190 for a wrong token, 104 for none at all."""
    given = request.headers.get("Authorization", "") or (
        "Bearer " + request.query.get("access_token", "")
    )
    if given == "Bearer " + token:
        return
    if given.strip() == "Bearer":
        raise GraphError(
            104, status=401, message="An access token is required to request this resource."
        )
    raise GraphError(
        190,
        status=401,
        message="Invalid OAuth access token - Cannot parse access token",
    )


async def play(request: web.Request, fault: Fault | None) -> web.Response | None:
    """Play the faults that come before a Graph request counts; None lets it through."""
    if fault is None:
        return None
    if fault.fault == "throttle":
        details = "Message failed to send because there were too many messages sent in a short time"
        code = fault.code or 130429
        raise GraphError(code, details, status=429, headers=retry_after(fault))
    if fault.fault == "error":
        code = fault.code or 131000
        details = fault.message or TITLES.get(code, "Asked for on the faults page")
        raise GraphError(code, details, status=fault.status or _usual_status(code))
    return await before_accepting(request, fault)


def _usual_status(code: int) -> int:
    return {190: 401, 0: 401, 1: 500, 2: 503, 131000: 500, 131016: 503}.get(code, 400)
