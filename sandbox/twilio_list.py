"""Twilio's message resource, and its list with filters and pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from multidict import MultiMapping

from sandbox.settings import TWILIO_SID
from sandbox.store import Message, same_address
from sandbox.twilio_errors import TwilioError

ROOT = f"/2010-04-01/Accounts/{TWILIO_SID}"


def page_of(messages: Iterable[Message], asked: MultiMapping[str]) -> dict[str, Any]:
    """The asked page of those messages that pass the filters."""
    found = [message for message in messages if _wanted(message, asked)]
    size = min(_number(asked.get("PageSize"), 50), 1000) or 50
    page = _number(asked.get("Page"), 0)
    shown = found[page * size : (page + 1) * size]
    more = (page + 1) * size < len(found)

    def uri(number: int) -> str:
        query = [(k, v) for k, v in asked.items() if k not in ("Page", "PageSize")]
        query += [("PageSize", str(size)), ("Page", str(number))]
        return f"{ROOT}/Messages.json?{urlencode(query)}"

    return {
        "messages": [as_json(message) for message in shown],
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + max(len(shown) - 1, 0),
        "uri": uri(page),
        "first_page_uri": uri(0),
        "previous_page_uri": uri(page - 1) if page else None,
        "next_page_uri": uri(page + 1) if more else None,
    }


def as_json(message: Message) -> dict[str, Any]:
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
