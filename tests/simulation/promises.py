"""What must never be in the small world, whatever happens; and how it must end."""

import sqlite3
import uuid
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Any

from tests.simulation.provider import Provider
from webapp.extensions import db
from webapp.messages.delivering import LOOK_SECONDS
from webapp.messages.models import Batch

WINDOW = 3  # seconds, as in the settings of the simulated app
ENDED = ("sent", "failed", "unknown", "suppressed", "cancelled")


class Broken(AssertionError):
    """A promise was not kept."""


class Promises:
    """The promises, seen from outside: by the rows, and by what has arrived at the provider."""

    audience: int
    provider: Provider
    #: How often each message was asked for again, which have left, what each channel may send.
    asked: Any
    left: Any
    limits: Any
    #: How many of the arrivals have been looked at.
    checked: int
    held_since: Any
    batches: Any
    moment: datetime
    look_at: sqlite3.Connection

    def rows(self) -> list[tuple[str, str, int | None, str]]:
        return self.look_at.execute("SELECT id, state, batch_id, lane FROM messages").fetchall()

    def check(self) -> None:
        """Look at every promise that can be seen from outside."""
        rows = self.rows()
        if len(rows) != self.audience:
            raise Broken(f"{len(rows)} messages of {self.audience}")
        for number, state, _batch, _lane in rows:
            message_id = uuid.UUID(number)
            accepted = self.provider.accepted[message_id]
            if accepted > 1 + self.asked[message_id]:
                raise Broken(f"{message_id} was accepted {accepted} times")
            if state == "sent" and not accepted:
                raise Broken(f"{message_id} is sent and was never accepted")
            if state == "unknown" and message_id not in self.left:
                raise Broken(f"{message_id} is called unknown and has never left")
        self.check_limit()

    def check_limit(self) -> None:
        """No window ever holds more than the limit."""
        arrivals = self.provider.arrivals
        for at, message in arrivals[self.checked :]:
            limit = self.limits[message.channel]
            if not limit or message.batch_id is None:
                continue
            within = [
                other
                for when, other in arrivals
                if at - timedelta(seconds=WINDOW) < when <= at
                and other.channel == message.channel
                and other.batch_id is not None
            ]
            if len(within) > limit:
                raise Broken(f"{len(within)} of {limit} arrived within a window at {at}")
        self.checked = len(arrivals)

    def check_leaving(self, message: Any) -> None:
        """What leaves is not held, and does not pass anyone of its lane."""
        since = self.held_since.get(message.batch_id)
        if since is not None and self.moment - since > timedelta(seconds=2 * LOOK_SECONDS):
            raise Broken(f"{message.id} left though its batch is held")
        lane = f"{message.channel}:{message.address}"
        for number, state, batch_id, other in self.rows():
            earlier = uuid.UUID(number)
            if (batch_id, other) != (message.batch_id, lane) or earlier >= message.id:
                continue
            if state in ("queued", "sending") and not self.asked[earlier]:
                raise Broken(f"{message.id} passed {earlier}, which is {state}")

    def check_ended(self) -> None:
        """Everything has come to its end, and what failed was not accepted."""
        left = [row for row in self.rows() if row[1] not in ENDED]
        if left:
            raise Broken(f"these never ended: {left}")
        for number, state, _batch, _lane in self.rows():
            message_id = uuid.UUID(number)
            accepted = self.provider.accepted[message_id] and not self.asked[message_id]
            if state == "failed" and accepted:
                raise Broken(f"{number} failed and was accepted")

    def check_counts(self) -> None:
        """The counts of each batch equal its rows."""
        by_batch: dict[int | None, Counter[str]] = defaultdict(Counter)
        for _id, state, batch_id, _lane in self.rows():
            by_batch[batch_id][state] += 1
        for batch_id in self.batches:
            batch = db.session.get_one(Batch, batch_id)
            if batch.counts != dict(by_batch[batch_id]):
                raise Broken(f"counted {batch.counts}, there are {dict(by_batch[batch_id])}")
        db.session.commit()
