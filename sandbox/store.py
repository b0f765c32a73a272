"""What arrived: messages, media, payments; in memory and bounded, the counts kept for good."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

KEPT = 120_000
"""A whole rehearsal: whoever asks for an early message of it must not hear that there was none."""
KEPT_BYTES = 64 * 1024 * 1024
"""Of mails as they came; the oldest go first."""

FORGOTTEN = "forgotten"

Direction = Literal["out", "in", "provider"]
"""out: the app sent it; in: the customer; provider: the provider itself, as STOP is answered."""


@dataclass(slots=True)
class Message:
    """One message on its way to, or from, a customer."""

    channel: str
    direction: Direction
    to: str
    sender: str
    text: str
    ref: str
    provider_id: str
    status: str
    kind: str = "text"
    accepted_at: float = field(default_factory=time.time)
    history: list[tuple[str, float]] = field(default_factory=list)
    error_code: int | None = None
    callback: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def customer(self) -> str:
        return self.sender if self.direction == "in" else self.to

    def opened(self) -> Message:
        """Read what was put off until somebody looks: a mail's subject and text."""
        read = self.details.pop("_unread", None)
        if read is not None:
            read(self)
        return self

    def as_json(self) -> dict[str, Any]:
        self.opened()
        return {
            "channel": self.channel,
            "direction": self.direction,
            "to": self.to,
            "from": self.sender,
            "text": self.text,
            "ref": self.ref,
            "provider_id": self.provider_id,
            "accepted_at": self.accepted_at,
            "status": self.status,
            "kind": self.kind,
            "error_code": self.error_code,
            "history": [{"status": status, "at": at} for status, at in self.history],
            "details": {k: v for k, v in self.details.items() if not k.startswith("_")},
        }


def digits(number: str) -> str:
    """Keep the digits of a phone number, so that +91 98… and 9198… are the same."""
    plain = number.removeprefix("+")
    if plain.isdigit():
        return plain
    return "".join(character for character in number if character.isdigit())


def same_address(one: str, other: str) -> bool:
    """Compare two phone numbers or two e-mail addresses as their owners would."""
    if "@" in one or "@" in other:
        return one.strip().lower() == other.strip().lower()
    return digits(one) == digits(other)


class Store:
    """Everything the sandbox remembers."""

    def __init__(self) -> None:
        self.messages: OrderedDict[str, Message] = OrderedDict()
        self.accepted: Counter[str] = Counter()
        self.opted_out: set[str] = set()
        self.last_inbound: dict[str, float] = {}
        self.version = 0
        self.sink = 0
        self._mails: deque[Message] = deque()
        self._raw_bytes = 0
        self._of: dict[str, list[str]] = {}

    def add(self, message: Message) -> Message:
        """Keep a message; an accepted one is counted by its reference."""
        self.messages[message.provider_id] = message
        if message.channel == "email":
            self._mails.append(message)
            self._raw_bytes += len(message.details["_raw"])
        else:
            self._of.setdefault(message.customer, []).append(message.provider_id)
        while len(self.messages) > KEPT:
            self.remove(next(iter(self.messages.values())))
        while self._raw_bytes > KEPT_BYTES:
            self.remove(self._mails[0])
        message.history.append((message.status, message.accepted_at))
        if message.direction == "out" and message.ref:
            self.accepted[f"{message.channel}:{message.ref}"] += 1
        self.version += 1
        return message

    def remove(self, message: Message) -> None:
        """Forget one message; how often it was accepted is still known."""
        del self.messages[message.provider_id]
        if message.channel == "email":
            if self._mails[0] is message:
                self._mails.popleft()
            self._raw_bytes -= len(message.details["_raw"])
            return
        others = self._of[message.customer]
        others.remove(message.provider_id)
        if not others:
            del self._of[message.customer]

    def of(self, number: str) -> list[Message]:
        """What went to and came from a phone, oldest first."""
        return [self.messages[key] for key in self._of.get(number, ())]

    def set_status(self, message: Message, status: str, code: int | None = None) -> None:
        message.status = status
        message.error_code = code
        message.history.append((status, time.time()))
        self.version += 1

    def find(
        self, *, channel: str = "", to: str = "", ref: str = "", direction: str = "out"
    ) -> list[Message]:
        """List messages, oldest first; an empty argument asks for all."""
        return [
            message
            for message in self.messages.values()
            if (not channel or message.channel == channel)
            and (not ref or message.ref == ref)
            and (direction == "all" or message.direction == direction)
            and (not to or same_address(message.to, to))
        ]

    def forget(self) -> None:
        """Drop all messages, counts and opt-outs; those on their way report nothing more."""
        for message in self.messages.values():
            message.status = FORGOTTEN
        self.messages.clear()
        self._mails.clear()
        self._of.clear()
        self.accepted.clear()
        self.opted_out.clear()
        self.last_inbound.clear()
        self.sink = 0
        self._raw_bytes = 0
        self.version += 1

    def phones(self) -> dict[str, Message]:
        """The newest message of each phone, the phone that heard last first."""
        newest: dict[str, Message] = {}
        for message in reversed(self.messages.values()):
            if message.channel != "email":
                newest.setdefault(message.customer, message)
        return newest

    def thread(self, number: str, channel: str, limit: int = 100) -> list[Message]:
        """The last messages between a phone and the business, oldest first."""
        return [message for message in self.of(number) if message.channel == channel][-limit:]

    def mails(self, limit: int = 200) -> list[Message]:
        """The newest mails, newest first."""
        return [message.opened() for message in islice(reversed(self._mails), limit)]
