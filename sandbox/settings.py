"""What the sandbox is told: where it listens, which credentials it accepts, how it behaves."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit

PHONE_NUMBER_ID = "100000000000001"
BUSINESS_ACCOUNT_ID = "200000000000001"
WHATSAPP_NUMBER = "+15550100100"
TWILIO_SID = "AC" + "5a" * 16
TWILIO_FROM = "+15005550006"
RAZORPAY_KEY = "rzp_test_sandbox"
RAZORPAY_ACCOUNT = "acc_SandboxAccount"


class Refused(Exception):
    """A setting that is missing or cannot be right."""


@dataclass(frozen=True)
class Settings:
    """Addresses and the secret, read once from the environment."""

    url: str
    host: str
    port: int
    smtp_host: str
    smtp_port: int
    secret: str
    public_url: str
    business_name: str

    @property
    def razorpay_webhook_secret(self) -> str:
        return self.secret + "-webhook"

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Settings:
        """Read the environment. Raises Refused with the variable's name."""
        url = env.get("SANDBOX_URL", "http://127.0.0.1:5001").rstrip("/")
        host, port = _http_address(url)
        smtp_host, smtp_port = _smtp_address(env.get("SANDBOX_SMTP", "127.0.0.1:5025"))
        secret = env.get("SANDBOX_SECRET", "")
        if not secret:
            raise Refused("SANDBOX_SECRET is missing: any long random text will do")
        public_url = env.get("PUBLIC_URL", "http://127.0.0.1:5000").rstrip("/")
        if urlsplit(public_url).scheme not in ("http", "https"):
            raise Refused(f"PUBLIC_URL must start with http:// or https://, not {public_url!r}")
        name = env.get("BUSINESS_NAME", "") or "Bellhop"
        return cls(url, host, port, smtp_host, smtp_port, secret, public_url, name)


def _http_address(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or 80
    except ValueError:
        raise Refused(f"SANDBOX_URL has no valid port: {url!r}") from None
    if parts.scheme != "http" or not parts.hostname:
        raise Refused(f"SANDBOX_URL must look like http://127.0.0.1:5001, not {url!r}")
    return parts.hostname, port


def _smtp_address(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise Refused(f"SANDBOX_SMTP must look like 127.0.0.1:5025, not {address!r}")
    return host, int(port)


@dataclass
class Behaviour:
    """What can be changed while it runs, by ``POST /_/settings``. Times are in seconds."""

    status_delay: float = 0.2
    """From accepted to sent, and again from sent to delivered."""
    webhooks: bool = True
    """Off: nothing is posted to the app (for benchmarks)."""
    webhook_gap: float = 1.0
    """First wait before a webhook is tried again; doubles each time."""
    webhook_longest_gap: float = 15.0
    webhook_give_up: float = 900.0
    read_on_open: bool = True
    """Opening a phone reads its delivered WhatsApp messages."""
    auto_read: bool = False
    """WhatsApp messages are read right after they are delivered."""
    window: bool = False
    """Hold WhatsApp to its rule: free text only within 24 hours of the customer's last message."""
    window_seconds: float = 86_400.0
    auto_capture: bool = True
    """Razorpay captures a payment by itself; off: it stays authorized until captured."""
    template_review: str = "APPROVED"
    """The status a newly submitted template gets."""

    def change(self, wanted: Mapping[str, Any]) -> None:
        """Set the given values, all or none. Raises Refused."""
        known = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        checked = {name: _as(known.get(name), name, value) for name, value in wanted.items()}
        for name, value in checked.items():
            setattr(self, name, value)


def _as(kind: type | None, name: str, value: Any) -> Any:
    if kind is None:
        raise Refused(f"there is no setting called {name!r}")
    if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        if not 0 <= value < 1e7:
            raise Refused(f"{name} must be 0 or more")
        return float(value)
    if not isinstance(value, kind):
        raise Refused(f"{name} must be a {kind.__name__}")
    return value
