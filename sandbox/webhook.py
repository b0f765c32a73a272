"""One webhook, and how Meta wraps what it tells."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.faults import Fault
from sandbox.settings import BUSINESS_ACCOUNT_ID

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Webhook:
    """One call to the app: what, where, and how it went."""

    url: str
    channel: str
    event: str
    to: str
    about: str
    """The id of the message or payment; reordering stays within it."""
    body: bytes
    content_type: str
    sign: Callable[[bytes, bool], dict[str, str]]
    """Headers for a body; signed with a wrong secret when the second argument is true."""
    part: dict[str, Any] | None = None
    """A WhatsApp status that may be put into one POST with others."""
    id: int = 0
    created_at: float = field(default_factory=time.time)
    attempts: int = 0
    state: str = "waiting"
    answer: str = ""
    forged: Fault | None = None

    @property
    def joins(self) -> bool:
        """Whether it is a status that nothing special was asked for, so that others may join it."""
        return self.part is not None and self.attempts == 0 and self.forged is None

    def as_json(self) -> dict[str, Any]:
        names = ("id", "url", "channel", "event", "to", "about", "attempts", "state", "answer")
        return {**{name: getattr(self, name) for name in names}, "created_at": self.created_at}


def whatsapp_body(entries: Sequence[Sequence[tuple[str, dict[str, Any]]]]) -> bytes:
    """Wrap changes, given entry by entry, as Meta does."""
    return json.dumps(
        {
            "object": "whatsapp_business_account",
            "entry": [
                {
                    "id": BUSINESS_ACCOUNT_ID,
                    "changes": [{"value": value, "field": name} for name, value in changes],
                }
                for changes in entries
            ],
        },
        separators=(",", ":"),
    ).encode()


def spread(values: list[dict[str, Any]]) -> list[list[tuple[str, dict[str, Any]]]]:
    """Spread statuses over entries and changes, and put two into a change where they are enough."""
    pairs = [values[i : i + 2] for i in range(0, len(values), 2)]
    changes = [("messages", _merge(pair)) for pair in pairs]
    half = (len(changes) + 1) // 2
    return [part for part in (changes[:half], changes[half:]) if part]


def _merge(values: list[dict[str, Any]]) -> dict[str, Any]:
    merged = dict(values[0])
    for name in ("statuses", "contacts"):
        merged[name] = [item for value in values for item in value.get(name, [])]
    return merged
