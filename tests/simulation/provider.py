"""A provider in virtual time: takes what has left after a while, and may lose or refuse it."""

import heapq
import itertools
import random
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from webapp.messages.channels import Channel, Outcome, OutcomeKind
from webapp.messages.channels.outcomes import outcome

#: Codes of Twilio and WhatsApp: throttled, passing, of the recipient, of any message, of the account.
TROUBLE = {
    Channel.SMS: ("20429", "20500", "21211", "21617", "20003"),
    Channel.WHATSAPP: ("130429", "131000", "131026", "132000", "190", "132015"),
}
#: Nothing that has left arrives later than this.
SLOWEST = 10.0
PATIENCE = 5.0


class Arrival(NamedTuple):
    """What reaches the provider, and when."""

    at: datetime
    tie: int
    message: Any
    fate: str
    answer: Callable[[Outcome], None]


class Provider:
    """Knows for each message how often it was accepted."""

    def __init__(self, chance: random.Random, *, calm: Callable[[], bool]) -> None:
        self.chance = chance
        self.calm = calm
        self.accepted: Counter[uuid.UUID] = Counter()
        self.arrivals: list[tuple[datetime, Any]] = []
        self._under_way: list[Arrival] = []
        self._answers: list[tuple[datetime, int, Callable[[], None]]] = []
        self._ties = itertools.count()

    def leave(self, message: Any, moment: datetime, answer: Callable[[Outcome], None]) -> None:
        """Take a request that leaves now; the answer is told when its time has come."""
        fate = "accept" if self.calm() else self._fate()
        delay = self.chance.uniform(0.01, 0.5)
        if fate == "late":  # our side gives up before it arrives
            gives_up = moment + timedelta(seconds=PATIENCE)
            delay = self.chance.uniform(PATIENCE, SLOWEST)
            lost = Outcome(OutcomeKind.UNKNOWN, detail="no answer")
            self._later(gives_up, lambda: answer(lost))
        if fate == "never arrives":
            lost = Outcome(OutcomeKind.UNKNOWN, detail="no answer")
            self._later(moment + timedelta(seconds=PATIENCE), lambda: answer(lost))
            return
        at = moment + timedelta(seconds=delay)
        heapq.heappush(self._under_way, Arrival(at, next(self._ties), message, fate, answer))

    def go_on(self, until: datetime) -> None:
        """Let everything happen that happens until a moment, in its order."""
        while True:
            arrives = self._under_way[0].at if self._under_way else None
            answers = self._answers[0][0] if self._answers else None
            first = min(moment for moment in (arrives, answers, until) if moment is not None)
            if first == arrives and arrives <= until:
                self._arrive(heapq.heappop(self._under_way))
            elif first == answers and answers <= until:
                heapq.heappop(self._answers)[2]()
            else:
                return

    def _arrive(self, arrival: Arrival) -> None:
        message = arrival.message
        self.arrivals.append((arrival.at, message))
        answered = arrival.at + timedelta(seconds=self.chance.uniform(0.01, 0.5))
        if arrival.fate in ("accept", "lost answer", "late"):
            self.accepted[message.id] += 1
        if arrival.fate == "accept":
            name = f"SM{next(self._ties)}"
            self._later(answered, lambda: arrival.answer(Outcome(OutcomeKind.ACCEPTED, name)))
        elif arrival.fate == "lost answer":
            lost = Outcome(OutcomeKind.UNKNOWN, detail="no answer")
            self._later(answered + timedelta(seconds=PATIENCE), lambda: arrival.answer(lost))
        elif arrival.fate == "refuse":
            code = self.chance.choice(TROUBLE[message.channel])
            refused = outcome(message.channel, code, attempt=message.attempt)
            self._later(answered, lambda: arrival.answer(refused))

    def _later(self, moment: datetime, happen: Callable[[], None]) -> None:
        heapq.heappush(self._answers, (moment, next(self._ties), happen))

    def _fate(self) -> str:
        fates = ("accept", "refuse", "lost answer", "late", "never arrives")
        return self.chance.choices(fates, (66, 15, 5, 10, 4))[0]
