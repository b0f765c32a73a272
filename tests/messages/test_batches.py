"""A batch is held, goes on, is cancelled and asked again, and none of its messages is lost or doubled."""

from datetime import timedelta

import pytest

from tests.messages.conftest import add
from webapp.clock import now
from webapp.extensions import db
from webapp.messages import batches, claiming, putting_back, quieting
from webapp.messages.channels import Channel
from webapp.messages.models import Attempt, Message, MessageState, SuppressedBecause
from webapp.messages.opened import Open, open_batches
from webapp.messages.suppressing import suppress


def states(batch) -> dict[str, int]:
    """Count the messages of a batch by state, from the rows."""
    rows = db.session.execute(
        db.select(Message.state, db.func.count())
        .where(Message.batch_id == batch.id)
        .group_by(Message.state)
    ).all()
    db.session.commit()
    return {row[0].value: row[1] for row in rows}


def test_every_message_of_a_batch_arrives_once(batch, queue, sandbox):
    mine = batch(120)

    queue.run()

    assert states(mine) == {"sent": 120}
    assert len(set(sandbox.ask("/_/accepted?channel=sms"))) == 120
    assert mine.counts == {"sent": 120}
    assert mine.billed == {"sms IN": 120}


def test_nothing_leaves_while_it_is_held_and_everything_when_it_goes_on(batch, queue, sandbox):
    mine = batch()
    assert batches.hold(mine, "Somebody asked for that.")
    assert not batches.hold(mine)
    db.session.commit()

    queue.run()
    queue.sweep()
    queue.run()
    assert states(mine) == {"queued": 3}
    assert sandbox.messages(channel="sms") == []

    assert batches.go_on(mine)
    assert not batches.go_on(mine)
    db.session.commit()
    queue.run()
    assert states(mine) == {"sent": 3}
    assert mine.reason is None


def test_what_is_cancelled_is_taken_back_and_never_sent(batch, queue, sandbox, monkeypatch):
    monkeypatch.setattr(batches, "SOME", 2)
    mine = batch(3)
    assert batches.cancel(mine)
    assert not batches.cancel(mine)
    assert not batches.go_on(mine)
    db.session.commit()

    queue.run()
    assert states(mine) == {"queued": 3}
    assert [batches.take_back_some(mine) for _ in range(3)] == [2, 1, 0]
    assert states(mine) == {"cancelled": 3}
    assert sandbox.messages(channel="sms") == []


def test_a_cancelled_batch_opens_again_only_when_nothing_is_left_in_it(batch, queue):
    mine = batch(2)
    batches.cancel(mine)
    db.session.commit()
    assert not batches.reopen(mine)
    batches.take_back_some(mine)
    assert batches.reopen(mine)

    last = batches.send_again_some(mine, state=MessageState.CANCELLED)
    assert last is not None
    assert batches.send_again_some(mine, state=MessageState.CANCELLED, after=last) is None
    db.session.commit()
    queue.run()
    assert states(mine) == {"sent": 2}


def test_only_the_failed_ones_of_a_reason_are_sent_again(batch, queue, sandbox):
    sandbox.fault(provider="twilio", fault="error", code=21211, status=400, times=2)
    mine = batch(5)
    queue.run()
    assert states(mine) == {"sent": 3, "failed": 2}
    assert mine.reasons == {"21211": 2}

    assert batches.send_again_some(mine, state=MessageState.FAILED, code="30005") is None
    assert batches.send_again_some(mine, state=MessageState.FAILED, code="21211") is not None
    db.session.commit()
    queue.run()

    assert states(mine) == {"sent": 5}
    assert list(sandbox.ask("/_/accepted?channel=sms").values()) == [1] * 5


def test_what_was_replaced_is_not_sent_again(batch, queue):
    mine = batch(1)
    db.session.execute(db.update(Message).values(state=MessageState.FAILED, superseded=True))
    db.session.commit()

    assert batches.send_again_some(mine, state=MessageState.FAILED) is None


def test_batches_have_their_turns_and_a_held_one_is_passed_over(batch):
    first, held, third = batch(2), batch(2), batch(2)
    batches.hold(held)
    db.session.commit()

    assert [found.id for found in open_batches()] == [first.id, third.id]
    taken = claiming.claim_of_batch(Open(third.id), Channel.SMS, 10)
    assert {message.batch_id for message in taken.messages} == {third.id}
    assert claiming.claim_of_batch(Open(held.id), Channel.SMS, 10).messages == []


def test_a_message_of_no_batch_passes_those_of_its_own_lane(batch, written, queue):
    mine = batch(1)
    batches.hold(mine)
    address = db.session.scalar(db.select(Message.address))
    booking = written(Channel.SMS, address)

    queue.run()

    assert booking.state == MessageState.SENT
    assert states(mine) == {"queued": 1}


def test_what_was_claimed_and_has_not_left_goes_back_as_if_it_had_never_been(batch, queue, sandbox):
    mine = batch(3)
    taken = claiming.claim_of_batch(Open(mine.id), Channel.SMS, 10)
    assert states(mine) == {"sending": 3}

    putting_back.put_back([(row.id, row.attempt) for row in taken.messages])

    assert states(mine) == {"queued": 3}
    assert db.session.query(Attempt).count() == 0
    queue.run()
    assert list(sandbox.ask("/_/accepted?channel=sms").values()) == [1] * 3


def test_putting_back_is_refused_once_somebody_else_has_it(batch):
    mine = batch(1)
    [row] = claiming.claim_of_batch(Open(mine.id), Channel.SMS, 10).messages
    putting_back.put_back([(row.id, row.attempt)])
    [again] = claiming.claim_of_batch(Open(mine.id), Channel.SMS, 10).messages

    putting_back.put_back([(row.id, row.attempt)])

    assert states(mine) == {"sending": 1}
    assert again.attempt == 2
    assert db.session.query(Attempt).one().number == 2


def test_who_wants_no_offers_gets_none_although_it_was_queued(batch, queue, sandbox):
    mine = batch(3)
    address = db.session.scalars(db.select(Message.address).order_by(Message.id)).first()
    suppress(Channel.SMS, address, SuppressedBecause.STOP)
    db.session.commit()

    queue.run()

    assert states(mine) == {"sent": 2, "suppressed": 1}
    gone = db.session.query(Message).filter_by(address=address).one()
    assert gone.error
    assert gone.finished_at
    assert gone.attempts == []
    assert mine.counts == {"sent": 2, "suppressed": 1}
    assert address not in {message["to"] for message in sandbox.messages(channel="sms")}


def test_what_would_arrive_at_night_waits_for_the_morning_of_its_zone(batch, queue, monkeypatch):
    monkeypatch.setattr(quieting, "SOME", 2)
    moment = now()
    night = (moment - timedelta(hours=1)).strftime("%H:%M")
    morning = (moment + timedelta(hours=3)).strftime("%H:%M")
    mine = batch(5, quiet_from=night, quiet_until=morning, zone="UTC",
                 closes_at=moment - timedelta(hours=1))  # fmt: skip
    add(mine, 1, zone="Asia/Kolkata", closes_at=moment + timedelta(hours=5))

    queue.run()

    assert states(mine) == {"queued": 5, "sent": 1}
    for message in db.session.query(Message).filter_by(zone="UTC"):
        assert message.due_at.strftime("%H:%M") == morning
        assert message.closes_at.strftime("%H:%M") == night
        assert message.attempt == 0


@pytest.mark.parametrize("profile", ["calm"])
def test_a_rehearsal_reaches_the_sandbox_and_knows_no_limit(batch, queue, profile):
    mine = batch(5, rehearsal=profile)

    queue.run()

    assert states(mine) == {"sent": 5}
