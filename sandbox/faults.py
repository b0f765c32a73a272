"""Faults on demand: what goes wrong next, how often and for whom."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from sandbox.store import same_address

HTTP = ("error", "throttle", "lost_answer", "refuse_connection", "drop", "slow")
KINDS: dict[str, tuple[str, ...]] = {
    "whatsapp": (*HTTP, "status_error"),
    "twilio": (*HTTP, "status_error"),
    "razorpay": HTTP,
    "model": ("error", "throttle", "slow", "drop", "wrong_citation", "no_citation"),
    "smtp": ("reply", "throttle", "lost_answer", "refuse_connection", "drop", "slow"),
    "webhooks": ("duplicate", "reorder", "batch", "delay", "drop", "bad_signature"),
}
PHASES = ("connect", "mail", "rcpt", "data", "dot")
FIRST_PHASE = {"refuse_connection": "connect", "drop": "connect", "throttle": "mail"}
TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
}
USUAL_OPERATION = {"whatsapp": "send", "twilio": "send", "razorpay": "any", "model": "any"}


@dataclass
class Fault:
    """One thing that goes wrong; the first that matches is taken, in the order they were made."""

    provider: str
    fault: str
    id: int = 0
    times: int | None = None
    """How often; None: until it is deleted."""
    to: str | None = None
    share: float = 1.0
    """The part of the matching requests that it hits, 0 to 1."""
    on: str = ""
    """Which call of an HTTP provider: send, upload, order…; any: every call."""
    phase: str = ""
    """Where in an SMTP session: connect, mail, rcpt, data or dot."""
    when: str = "after"
    """slow: before or after accepting."""
    code: int | None = None
    status: int | None = None
    message: str | None = None
    seconds: float | None = None
    retry_after: float = 1.0
    event: str | None = None
    """Webhooks: only this status or event, as delivered, inbound or payment.captured."""
    channel: str | None = None
    """Webhooks: only of whatsapp, sms or payment."""
    copies: int = 2
    size: int = 10
    always: bool = False
    """bad_signature: sign the later tries wrongly too."""
    hits: int = 0

    def check(self) -> None:
        """Refuse what cannot work. Raises ValueError in plain words."""
        self._check_types()
        if self.provider not in KINDS:
            raise ValueError(f"provider must be one of {', '.join(KINDS)}")
        if self.fault not in KINDS[self.provider]:
            raise ValueError(f"fault must be one of {', '.join(KINDS[self.provider])}")
        if not 0 <= self.share <= 1:
            raise ValueError("share must be between 0 and 1")
        if self.times is not None and self.times < 1:
            raise ValueError("times must be 1 or more, or left out")
        if self.fault in ("error", "reply", "status_error") and self.code is None:
            raise ValueError(f"{self.fault} needs a code")
        if self.when not in ("before", "after"):
            raise ValueError("when must be before or after")
        if self.provider == "smtp":
            self._check_phase()

    def _check_types(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            kinds = TYPES[str(field.type).removesuffix(" | None")]
            wrong = not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)
            if value is not None and wrong:
                raise ValueError(f"{field.name} must be a {kinds[-1].__name__}")
            if field.name in ("seconds", "retry_after") and value is not None and value < 0:
                raise ValueError(f"{field.name} must be 0 or more")
        if not (1 <= self.copies <= 100 and 1 <= self.size <= 1000):
            raise ValueError("copies must be 1 to 100, size 1 to 1000")

    def _check_phase(self) -> None:
        self.phase = self.phase or FIRST_PHASE.get(self.fault, "dot")
        if self.phase not in PHASES:
            raise ValueError(f"phase must be one of {', '.join(PHASES)}")
        if self.to and self.phase in ("connect", "mail"):
            raise ValueError("the recipient is not known yet at connect and mail: leave out to")
        if self.fault == "lost_answer" and self.phase != "dot":
            raise ValueError("lost_answer happens at the dot")
        if self.fault == "reply" and not 200 <= (self.code or 0) <= 599:
            raise ValueError("code must be an SMTP reply code, as 451 or 550")

    def matches(self, seen: Mapping[str, str]) -> bool:
        """Tell whether a request or webhook, described by its traits, is one of those meant."""
        if self.to is not None and not any(
            same_address(self.to, address) for address in seen.get("to", "").split(",")
        ):
            return False
        wanted = {"on": self.on, "phase": self.phase, "event": self.event, "channel": self.channel}
        return all(
            not value or value == "any" or seen.get(trait) == value
            for trait, value in wanted.items()
        )

    def as_json(self) -> dict[str, Any]:
        left = None if self.times is None else self.times - self.hits
        return {**asdict(self), "left": left}


class Faults:
    """The faults that are switched on."""

    def __init__(self) -> None:
        self.active: list[Fault] = []
        self._ids = itertools.count(1)
        self._chance = random.Random(20_260_101)

    def add(self, wanted: Mapping[str, Any]) -> Fault:
        """Switch a fault on. Raises ValueError in plain words."""
        known = {field.name for field in fields(Fault)} - {"id", "hits"}
        unknown = set(wanted) - known
        if unknown:
            raise ValueError(f"unknown field: {', '.join(sorted(unknown))}")
        missing = {"provider", "fault"} - set(wanted)
        if missing:
            raise ValueError(f"missing: {', '.join(sorted(missing))}")
        given = {name: value for name, value in wanted.items() if value is not None}
        try:
            fault = Fault(**{**given, "id": next(self._ids)})
            fault.on = fault.on or USUAL_OPERATION.get(fault.provider, "")
            fault.check()
        except TypeError as error:
            raise ValueError(f"a value has the wrong type: {error}") from None
        self.active.append(fault)
        return fault

    def take(self, provider: str, **seen: str) -> Fault | None:
        """Use up one turn of the first fault that matches."""
        for fault in self.active:
            if fault.provider != provider or not fault.matches(seen):
                continue
            if fault.share < 1 and self._chance.random() >= fault.share:
                continue
            fault.hits += 1
            if fault.times is not None and fault.hits >= fault.times:
                self.active.remove(fault)
            return fault
        return None

    def remove(self, fault_id: int) -> None:
        self.active = [fault for fault in self.active if fault.id != fault_id]

    def clear(self) -> None:
        self.active.clear()
