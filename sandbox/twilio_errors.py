"""Twilio's errors: their codes, sentences and form, and which numbers earn one."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import phonenumbers
from aiohttp import web

from sandbox.answers import before_accepting, retry_after
from sandbox.faults import Fault
from sandbox.settings import TWILIO_FROM

MAGIC = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
"""Twilio's own test numbers and what sending to them answers."""
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
