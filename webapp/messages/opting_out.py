"""A customer's STOP and START by SMS: whether he wants offers there."""

from typing import Any

from flask import json
from sqlalchemy import select

from webapp.accounts.acting import record
from webapp.customers.models import Customer
from webapp.extensions import db
from webapp.messages.receiving import handles

# Twilio's default keywords; only a message of this one word counts.
# https://help.twilio.com/articles/223134027
STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"}
START = {"START", "YES", "UNSTOP"}


@handles("twilio inbound")
def sms_came_in(body: bytes, _extra: dict[str, Any]) -> str | None:
    """Honour STOP and START; any other text stays stored as it came."""
    form: dict[str, str] = json.loads(body)
    word = form.get("Body", "").strip().upper()
    if word in STOP | START:
        _switch(form.get("From", ""), off=word in STOP)
    return None


def _switch(phone: str, *, off: bool) -> None:
    customer = db.session.scalar(select(Customer).where(Customer.phone == phone))
    if customer is None or customer.no_sms == off:
        return
    customer.no_sms = off
    words = "wants no more offers by SMS" if off else "wants offers by SMS again"
    record(
        "customer.opted_out" if off else "customer.opted_in",
        f"{customer.name} {words}",
        about=customer,
    )
