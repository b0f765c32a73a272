"""Check that a callback really comes from the provider; pure functions over the raw bytes."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping

from twilio.request_validator import RequestValidator


def whatsapp_signed(body: bytes, header: str | None, secrets: Iterable[str]) -> bool:
    """Check X-Hub-Signature-256 against the app's secrets (the new one and the one before it)."""
    algorithm, _, signature = (header or "").partition("=")
    return algorithm == "sha256" and _signed(body, signature, secrets)


def twilio_signed(
    url: str,
    params: Mapping[str, str],
    header: str | None,
    *,
    auth_tokens: Iterable[str],
) -> bool:
    """Check X-Twilio-Signature; `url` is the public one with its query, just as Twilio called it.

    `params` may be the form as Flask gives it (a name can have several values).
    """
    if not header:
        return False
    return any(
        RequestValidator(token).validate(url, params, header) for token in auth_tokens if token
    )


def razorpay_webhook_signed(body: bytes, header: str | None, secrets: Iterable[str]) -> bool:
    """Check X-Razorpay-Signature; retries of before a change still come with the old secret."""
    return _signed(body, header or "", secrets)


def razorpay_payment_signed(
    order_id: str,
    payment_id: str,
    signature: str,
    *,
    key_secret: str,
) -> bool:
    """Check what the checkout gave the browser; `order_id` is the one we stored, not the posted."""
    return _signed(f"{order_id}|{payment_id}".encode(), signature, [key_secret])


def _signed(content: bytes, signature: str, secrets: Iterable[str]) -> bool:
    # As bytes, because compare_digest raises for text that is not ASCII. An empty secret, which
    # anybody could guess, signs nothing.
    given = signature.encode("utf-8", "surrogateescape")
    return any(hmac.compare_digest(_hex(secret, content), given) for secret in secrets if secret)


def _hex(secret: str, content: bytes) -> bytes:
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest().encode()
