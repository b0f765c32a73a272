"""A small world in virtual time: workers that crash, a provider that fails, people who interfere.

The rules are the product's own: claims, outcomes, the limit, recovery, batches, retries. The world
only decides, by its seed, what happens next, and looks after each step whether a promise is broken.
"""

import random
import sqlite3
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.simulation.crashing import Crash, crash_at_commit
from tests.simulation.promises import Broken, Promises
from tests.simulation.provider import Provider
from webapp.extensions import db
from webapp.messages import (
    batches,
    claiming,
    putting_back,
    recovering,
    stopping,
    tallying,
)
from webapp.messages.channels import Channel, Outcome
from webapp.messages.delivering import LOOK_SECONDS
from webapp.messages.lines import OLDEST
from webapp.messages.models import (
    Batch,
    ChannelState,
    Message,
    MessageState,
    SuppressedBecause,
    Urgency,
)
from webapp.messages.opened import open_batches
from webapp.messages.recording import Sent, record_outcomes
from webapp.messages.suppressing import suppress
from webapp.messages.writing import write_many

BEGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)
CHANNELS = (Channel.SMS, Channel.WHATSAPP)


class Worker:
    """One process: what it has in its memory is gone when it dies."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.waiting: list[tuple[datetime, Any]] = []
        self.answered: list[Sent] = []
        self.looked = datetime.min.replace(tzinfo=UTC)


class World(Promises):
    """Everything there is, and what may happen to it."""

    def __init__(self, seed: int, clock: Any, look: sqlite3.Connection) -> None:
        self.chance = random.Random(seed)
        random.seed(seed)  # the jitter of retries
        self.clock = clock
        self.look_at = look
        self.moment = BEGIN
        self.clock.move_to(self.moment)
        self.calm = False
        self.provider = Provider(self.chance, calm=lambda: self.calm)
        self.lives = 0
        self.workers = [self.new_worker() for _ in range(self.chance.randint(1, 3))]
        self.asked: Counter[uuid.UUID] = Counter()
        self.held_since: dict[int, datetime] = {}
        self.suppressed: set[str] = set()
        self.limits: dict[Channel, int] = {}
        self.checked = 0
        #: What has left, or may have left because its process died.
        self.left: set[uuid.UUID] = set()
        self.populate()

    def new_worker(self) -> Worker:
        self.lives += 1
        return Worker(f"elsewhere:{self.lives}:1")

    def populate(self) -> None:
        """Write bookings and batches, with lanes that more than one message shares."""
        for channel in CHANNELS:
            self.limits[channel] = self.chance.choice((0, 1, 1, 2))
            db.session.add(ChannelState(channel=channel, per_minute=self.limits[channel]))
        made = [
            Batch(subject_type="world", subject_id="1")
            for _ in range(self.chance.choice((1, 1, 2)))
        ]
        db.session.add_all(made)
        db.session.flush()
        self.batches = [batch.id for batch in made]
        rows = [
            self.row(number, self.chance.choice([None, *self.batches, *self.batches]))
            for number in range(self.chance.randint(8, 10))
        ]
        write_many([row for row in rows if row["batch_id"]])
        if own := [row for row in rows if not row["batch_id"]]:
            db.session.execute(db.insert(Message), own)
        db.session.commit()
        self.audience = len(rows)

    def row(self, number: int, batch_id: int | None) -> dict[str, Any]:
        channel = self.chance.choices(CHANNELS, (3, 1))[0]
        address = f"+91981234567{self.chance.randint(0, 4)}"
        urgency = Urgency.BOOKING if batch_id is None else Urgency.CAMPAIGN
        return {
            "batch_id": batch_id,
            "channel": channel,
            "address": address,
            "lane": f"{channel}:{address}",
            "subject_type": "person",
            "subject_id": str(number),
            "purpose": "world",
            "body": "Hello",
            "category": "transactional" if batch_id is None else "campaign",
            "urgency": int(urgency),
        }

    # --- what may happen

    def step(self) -> None:
        """Let one thing happen of those that can, and some time pass."""
        ready = [worker for worker in self.workers if worker.waiting]
        heard = [worker for worker in self.workers if worker.answered]
        actions: list[tuple[Callable[[Worker], None], list[Worker], int]] = [
            (self.claim, self.workers, 5),
            (self.leave, ready, 9 if ready else 0),
            (self.record, heard, 8 if heard else 0),
            (self.die, self.workers, 1),
            (self.sweep, self.workers, 1),
            (self.interfere, self.workers, 2),
        ]
        weights = [weight for _action, _workers, weight in actions]
        [(action, workers, _weight)] = self.chance.choices(actions, weights)
        self.do(action, self.chance.choice(workers), crash=self.chance.random() < 0.12)
        # 70 seconds: the whole host stood still, and the leases are over.
        self.pass_time(self.chance.choices((0.0, 0.1, 0.5, 2.0, 70.0), (6, 6, 6, 4, 1))[0])

    def do(self, action: Callable[[Worker], None], worker: Worker, *, crash: bool = False) -> None:
        """Do it, perhaps with the process dying just before or just after its next commit."""
        try:
            if crash:
                with crash_at_commit(self.chance.choice(("before_commit", "after_commit"))):
                    action(worker)
            else:
                action(worker)
        except Crash:
            self.die(worker)
            db.session.remove()
        self.check()

    def pass_time(self, seconds: float) -> None:
        if seconds >= 60:  # its lease is over, so it is called unknown though it has not left
            self.left |= {message.id for one in self.workers for _born, message in one.waiting}
        until = self.moment + timedelta(seconds=seconds)
        self.provider.go_on(until)
        self.moment = until
        self.clock.move_to(until)

    def claim(self, worker: Worker) -> None:
        few = 20 if self.calm else self.chance.randint(1, 4)
        taken = list(claiming.claim(few, worker=worker.name))
        turns = [
            (batch, channel) for batch in open_batches() for channel in stopping.open_channels()
        ]
        if turns and not self.calm:
            turns = [self.chance.choice(turns)]
        for batch, channel in turns:
            taken += claiming.claim_of_batch(batch, channel, few, worker=worker.name).messages
        for message in taken:
            lane = f"{message.channel}:{message.address}"
            if message.category == "campaign" and lane in self.suppressed:
                raise Broken(f"{message.id} was claimed though its person wants none")
        worker.waiting += [(self.moment, message) for message in taken]

    def leave(self, worker: Worker) -> None:
        """Let the next claimed message leave, looking before as often as the sender does."""
        if self.moment - worker.looked > timedelta(seconds=LOOK_SECONDS):
            self.look(worker)
        if not worker.waiting:
            return
        born, message = worker.waiting.pop(0)
        if self.moment - born > timedelta(seconds=OLDEST):
            putting_back.put_back([(message.id, message.attempt)])
            return
        self.check_leaving(message)
        self.left.add(message.id)
        self.provider.leave(message, self.moment, lambda result: self.hear(worker, message, result))

    def look(self, worker: Worker) -> None:
        worker.looked = self.moment
        held = putting_back.must_stop([message for _born, message in worker.waiting])
        out = [message for _born, message in worker.waiting if message.batch_id in held]
        worker.waiting = [entry for entry in worker.waiting if entry[1].batch_id not in held]
        if out:
            putting_back.put_back([(message.id, message.attempt) for message in out])

    def hear(self, worker: Worker, message: Any, result: Outcome) -> None:
        if worker in self.workers:
            worker.answered.append(Sent(message, result))

    def record(self, worker: Worker) -> None:
        results, worker.answered = worker.answered, []
        if results:
            record_outcomes(results)

    def die(self, worker: Worker) -> None:
        if worker in self.workers:
            self.workers[self.workers.index(worker)] = self.new_worker()
        claimed = self.look_at.execute("SELECT id FROM messages WHERE worker = ?", [worker.name])
        self.left.update(uuid.UUID(number) for (number,) in claimed)

    def sweep(self, _worker: Worker) -> None:
        recovering.recover()
        if self.chance.random() < 0.3:
            tallying.make_up()

    def interfere(self, _worker: Worker) -> None:
        """Let a person do something."""
        batch = db.session.get_one(Batch, self.chance.choice(self.batches))
        what = self.chance.choice(("hold", "go_on", "cancel", "ask_again", "start", "suppress"))
        getattr(self, what)(batch)
        if batch.cancelled_at is not None:
            batches.take_back_some(batch)

    def hold(self, batch: Batch) -> None:
        held = batches.hold(batch)
        db.session.commit()
        if held:
            self.held_since[batch.id] = self.moment

    def go_on(self, batch: Batch) -> None:
        self.held_since.pop(batch.id, None)
        batches.go_on(batch)
        db.session.commit()

    def cancel(self, batch: Batch) -> None:
        if self.chance.random() < 0.2:
            batches.cancel(batch)
            db.session.commit()
            self.held_since[batch.id] = self.moment

    def start(self, _batch: Batch) -> None:
        for channel in CHANNELS:
            stopping.start(channel)
        db.session.commit()

    def suppress(self, _batch: Batch) -> None:
        if self.chance.random() < 0.3:
            channel, address = self.chance.choice(CHANNELS), "+919812345670"
            suppress(channel, address, SuppressedBecause.BY_HAND)
            db.session.commit()
            self.suppressed.add(f"{channel}:{address}")

    def ask_again(self, batch: Batch) -> None:
        """Ask for what is unknown or failed to be sent again, which only a person may."""
        state = self.chance.choice((MessageState.UNKNOWN, MessageState.FAILED))
        ids = db.session.scalars(
            db.select(Message.id).where(Message.batch_id == batch.id, Message.state == state)
        ).all()
        self.asked.update(ids)
        batches.send_again_some(batch, state=state)
        db.session.commit()

    def some(self, question: str) -> bool:
        """Say whether there is any such row, seen from outside."""
        return self.look_at.execute(f"{question} LIMIT 1").fetchone() is not None
