"""A person says STOP or START, by an SMS or in WhatsApp's menu: whether offers may go there."""

from datetime import UTC, datetime
from typing import Any

from flask import json

from webapp.messages.channels import Channel
from webapp.messages.models import SuppressedBecause
from webapp.messages.receiving import handles
from webapp.messages.suppressing import SAID, lift, suppress

# Twilio's default keywords; only a message of this one word counts.
# https://help.twilio.com/articles/223134027
STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"}
START = {"START", "YES", "UNSTOP"}


@handles("twilio inbound")
def sms_came_in(body: bytes, extra: dict[str, Any]) -> str | None:
    """Honour STOP and START; any other text stays stored as it came."""
    form: dict[str, str] = json.loads(body)
    # The account's own keywords, in any language, come with what they mean.
    word = (form.get("OptOutType") or form.get("Body", "")).strip().upper()
    if word in STOP | START and form.get("From") and not extra.get("rehearsal"):
        _switch(Channel.SMS, form["From"], off=word in STOP)
    return None


def preferences(value: dict[str, Any]) -> None:
    """Honour what people chose in WhatsApp's own menu.

    https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/user_preferences
    """
    for choice in value.get("user_preferences", ()):
        number, wish = str(choice.get("wa_id") or ""), choice.get("value")
        known = choice.get("category") == "marketing_messages" and wish in {"stop", "resume"}
        if known and number.isdecimal():
            _switch(Channel.WHATSAPP, f"+{number}", off=wish == "stop", at=_when(choice))


def _when(choice: dict[str, Any]) -> datetime | None:
    """Return when a choice was made, which is how two that come in the wrong order are told apart."""
    try:
        return datetime.fromtimestamp(int(choice["timestamp"]), UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


def _switch(channel: Channel, address: str, *, off: bool, at: datetime | None = None) -> None:
    if off:
        suppress(channel, address, SuppressedBecause.STOP, at=at)
    else:
        lift(channel, address, only=SAID, at=at)
