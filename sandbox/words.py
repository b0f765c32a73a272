"""What the faults page says: each fault in plain words, and the troubles people try most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.faults import Fault

HTTP = [
    ("error", "Refuse with an error code"),
    ("throttle", "Say “too many requests” (429)"),
    ("lost_answer", "Accept, but lose the answer"),
    ("drop", "Hang up before accepting"),
    ("slow", "Answer slowly"),
]
LATER = ("status_error", "Accept, then report a failure")
PARTS = {
    "whatsapp": "WhatsApp",
    "twilio": "SMS",
    "smtp": "E-mail",
    "razorpay": "Payments",
    "webhooks": "Webhooks to the app",
}


@dataclass(frozen=True)
class Card:
    """One form of the faults page."""

    provider: str
    faults: list[tuple[str, str]]
    code: str = ""
    """An example of a code; empty: the form has no such field."""
    to: str = "+91 98123 45678"
    seconds: bool = True
    phase: bool = False

    @property
    def title(self) -> str:
        return PARTS[self.provider]


CARDS = [
    Card("whatsapp", [*HTTP, LATER], code="131026"),
    Card("twilio", [*HTTP, LATER], code="30003"),
    Card(
        "smtp",
        [
            ("reply", "Answer with a reply code"),
            ("lost_answer", "Accept, but lose the answer"),
            ("drop", "Hang up before accepting"),
            ("throttle", "Say “too many messages” (421)"),
            ("slow", "Answer slowly"),
        ],
        code="550",
        to="name@example.org",
        phase=True,
    ),
    Card("razorpay", HTTP, code="502", to=""),
    Card(
        "webhooks",
        [
            ("duplicate", "Send it twice"),
            ("reorder", "Send it after the next one"),
            ("batch", "Put several into one (WhatsApp)"),
            ("delay", "Send it late"),
            ("drop", "Never send it"),
            ("bad_signature", "Sign it wrongly first"),
        ],
    ),
]


@dataclass(frozen=True)
class Preset:
    """A trouble to switch on with one click."""

    name: str
    fault: dict[str, Any]


PRESETS = [
    Preset(
        "WhatsApp is too busy, 5 times",
        {"provider": "whatsapp", "fault": "throttle", "times": 5},
    ),
    Preset(
        "The next WhatsApp answer is lost",
        {"provider": "whatsapp", "fault": "lost_answer", "times": 1},
    ),
    Preset(
        "The next SMS is not delivered",
        {"provider": "twilio", "fault": "status_error", "code": 30003, "times": 1},
    ),
    Preset(
        "Twilio fails 3 times",
        {"provider": "twilio", "fault": "error", "code": 20500, "times": 3},
    ),
    Preset(
        "The next mail address does not exist",
        {"provider": "smtp", "fault": "reply", "code": 550, "phase": "rcpt", "times": 1},
    ),
    Preset(
        "Every webhook comes twice",
        {"provider": "webhooks", "fault": "duplicate"},
    ),
]

SWITCHES = [
    ("webhooks", "Send webhooks to the app"),
    ("read_on_open", "Opening a phone reads its WhatsApp messages"),
    ("auto_read", "Customers read WhatsApp messages by themselves"),
    ("window", "Hold WhatsApp to its 24-hour rule"),
    ("auto_capture", "Payments are captured by themselves"),
]


def describe(fault: Fault) -> str:
    """Say in a sentence what a fault does, how often still, and to whom."""
    card = next(card for card in CARDS if card.provider == fault.provider)
    names = dict(card.faults)
    what = names.get(fault.fault, names.get("drop", "") if "refuse" in fault.fault else fault.fault)
    if fault.code is not None:
        what += f" {fault.code}"
    if fault.phase:
        what += f" at {fault.phase}"
    if fault.event:
        what += f", only “{fault.event}”"
    if fault.to:
        what += f", only {fault.to}"
    if fault.share < 1:
        what += f", in {fault.share:.0%} of the cases"
    return what


def left(fault: Fault) -> str:
    if fault.times is None:
        return "until switched off"
    rest = fault.times - fault.hits
    return f"{rest} more time" + ("" if rest == 1 else "s")
