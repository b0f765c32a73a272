"""However slow a provider is, what has not left stays when somebody stops it."""

import asyncio
import threading

import pytest

from tests.messages.test_batches import states
from webapp.extensions import db
from webapp.messages import batches, senders, stopping
from webapp.messages.channels import Channel, Outcome, OutcomeKind
from webapp.messages.models import Attempt, Batch

FAST = 4_000.0


class Slow:
    """A provider that was fast, and answers only when nothing waits for it any more."""

    def __init__(self, line, stop) -> None:
        self.line = line
        self.stop = stop
        self.sent: list[str] = []

    async def send(self, parcel) -> Outcome:
        first = not self.sent
        self.sent.append(parcel.ref)
        if first:
            await asyncio.to_thread(self.stop)
        async with asyncio.timeout(60):
            while self.line.waiting:
                await asyncio.sleep(0.02)
        return Outcome(OutcomeKind.ACCEPTED, "SM1")

    async def aclose(self) -> None:
        pass


@pytest.fixture
def line(app):
    """Return the line of SMS, as it was when the test is over."""
    found = senders.sender().lines_of(senders.accounts_of_settings())[Channel.SMS]
    carrier, found.speed = found.carrier, FAST
    yield found
    found.carrier, found.speed = carrier, 0.0


@pytest.mark.parametrize("how", ["hold", "cancel", "stop the channel"])
def test_what_has_not_left_goes_back_when_it_is_stopped(how, app, batch, line, queue):
    mine = batch(200)
    mine_id = mine.id

    def stop() -> None:
        with app.app_context():
            if how == "hold":
                assert batches.hold(db.session.get_one(Batch, mine_id))
            elif how == "cancel":
                assert batches.cancel(db.session.get_one(Batch, mine_id))
            else:
                stopping.stop(Channel.SMS, "No credit.", None)
            db.session.commit()

    line.carrier = Slow(line, stop)

    queue.run()

    assert len(line.carrier.sent) == line.width
    assert states(mine) == {"sent": line.width, "queued": 200 - line.width}
    assert db.session.query(Attempt).count() == line.width
    assert mine.counts == states(mine)


def test_what_waited_too_long_goes_back_before_its_lease_is_over(
    app, batch, line, queue, monkeypatch
):
    monkeypatch.setattr("webapp.messages.lines.OLDEST", -1.0)
    mine = batch(40)
    line.carrier = Slow(line, lambda: None)

    queue.run(limit=1)

    assert line.carrier.sent == []
    assert states(mine) == {"queued": 40}
    assert db.session.query(Attempt).count() == 0


def test_a_carrier_that_breaks_leaves_its_message_unknown(app, batch, line, queue):
    mine = batch(3)

    class Broken(Slow):
        async def send(self, parcel) -> Outcome:
            raise RuntimeError("a fault of ours")

    line.carrier = Broken(line, threading.Event)

    queue.run()

    assert states(mine) == {"unknown": 3}
