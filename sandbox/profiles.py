"""Rehearsals: what goes wrong for those who send under ``/as/<profile>``, and for nobody else."""

from __future__ import annotations

import hashlib
import random
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.faults import Fault
from sandbox.store import digits

NAME = r"[a-z-]+(?:\.[\w-]{1,40})?"
"""A profile, and perhaps a dot and whose rehearsal it is: each of them is counted by itself."""
WELL = 49
"""So many messages go well where trouble begins in the middle."""
SILENCE = 120.0
"""After so many seconds without a message the next one begins a new rehearsal."""
KEPT = 200


@dataclass
class Rehearsal:
    """How far one rehearsal has come at one provider."""

    messages: int = 0
    last: float = field(default_factory=time.monotonic)
    chance: random.Random = field(default_factory=lambda: random.Random(20_260_101))


@dataclass(frozen=True, slots=True)
class Moment:
    """A message on its way in: when something may go wrong with it."""

    rehearsal: Rehearsal
    provider: str
    to: str
    phase: str
    """Where in an SMTP session; empty with HTTP."""

    def at(self, phase: str) -> bool:
        """Tell whether it is the phase in which mails have this trouble; HTTP has but one."""
        return self.phase in ("", phase)

    def after_many(self) -> bool:
        self.rehearsal.messages += 1
        return self.rehearsal.messages > WELL

    def refused(self, *, whatsapp: int, twilio: int, smtp: int, words: str | None = None) -> Fault:
        """Refuse in the provider's own way."""
        if self.provider == "smtp":
            return Fault("smtp", "reply", code=smtp, message=words)
        code = twilio if self.provider == "twilio" else whatsapp
        return Fault(self.provider, "error", code=code)


Trouble = Callable[[Moment], Fault | None]


def calm(_: Moment) -> Fault | None:
    return None


def busy(moment: Moment) -> Fault | None:
    """Ask one message in fifty to wait, and answer one in ten slowly."""
    if not moment.at("rcpt"):
        return None
    chance = moment.rehearsal.chance
    drawn = chance.random()
    if drawn < 0.02 and moment.provider == "smtp":
        return Fault("smtp", "reply", code=451, message="4.7.1 Too many mails, come again")
    if drawn < 0.02:
        return Fault(moment.provider, "throttle", retry_after=1.0)
    if drawn < 0.12:
        return Fault(moment.provider, "slow", seconds=chance.uniform(0.2, 1.0))
    return None


def lossy(moment: Moment) -> Fault | None:
    """Lose one answer in twenty after accepting."""
    if moment.at("dot") and moment.rehearsal.chance.random() < 0.05:
        return Fault(moment.provider, "lost_answer")
    return None


def bad_list(moment: Moment) -> Fault | None:
    """Know one address in twenty for wrong, whenever it is tried, and fail one in fifty later."""
    place = place_of(moment.to) if moment.at("rcpt") else 100
    if place < 5:
        return moment.refused(whatsapp=131026, twilio=21211, smtp=550)
    if place < 7 and moment.provider != "smtp":
        code = 30005 if moment.provider == "twilio" else 131026
        return Fault(moment.provider, "status_error", code=code)
    return None


def template_paused(moment: Moment) -> Fault | None:
    """Refuse the text from the 50th message on."""
    if moment.at("dot") and moment.after_many():
        return moment.refused(whatsapp=132015, twilio=30007, smtp=554)
    return None


def out_of_credit(moment: Moment) -> Fault | None:
    """Refuse the account from the 50th message on."""
    if moment.at("mail") and moment.after_many():
        words = "5.7.1 The account has no credit left"
        return moment.refused(whatsapp=131042, twilio=30002, smtp=550, words=words)
    return None


def place_of(address: str) -> int:
    """Give an address its place among a hundred: the same each time."""
    known = address.strip().lower() if "@" in address else digits(address)
    return int.from_bytes(hashlib.blake2b(known.encode(), digest_size=4).digest()) % 100


PROFILES: dict[str, Trouble] = {
    "calm": calm,
    "busy": busy,
    "lossy": lossy,
    "bad-list": bad_list,
    "template-paused": template_paused,
    "out-of-credit": out_of_credit,
}


def known(name: str) -> bool:
    return name.partition(".")[0] in PROFILES


class Rehearsals:
    """The rehearsals that are going on; the newest 200 are kept."""

    def __init__(self) -> None:
        self._going: OrderedDict[tuple[str, str], Rehearsal] = OrderedDict()

    def take(self, name: str, provider: str, to: str, phase: str = "") -> Fault | None:
        """Say what goes wrong with a message that is sent under a profile, if anything."""
        trouble = PROFILES[name.partition(".")[0]]
        return trouble(Moment(self._of(name, provider), provider, to, phase))

    def _of(self, name: str, provider: str) -> Rehearsal:
        found = self._going.get((name, provider))
        moment = time.monotonic()
        if found is None or moment - found.last > SILENCE:
            found = self._going[name, provider] = Rehearsal()
            if len(self._going) > KEPT:
                self._going.popitem(last=False)
        found.last = moment
        return found

    def forget(self) -> None:
        self._going.clear()
