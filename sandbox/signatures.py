"""How each provider signs what it sends."""

from __future__ import annotations

import base64
import hashlib
import hmac


def whatsapp(secret: str, body: bytes) -> str:
    """Sign the raw body as Meta does, for X-Hub-Signature-256."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def twilio(token: str, url: str, form: dict[str, str]) -> str:
    """Sign the exact address and the sorted form as Twilio does, for X-Twilio-Signature."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(
        hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()
    ).decode()


def razorpay(secret: str, signed: bytes) -> str:
    """Sign as Razorpay does: a webhook's raw body, or ``order_id|payment_id`` of a payment."""
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
