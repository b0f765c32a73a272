"""No window ever holds more than the limit; what belongs to no batch neither counts nor waits."""

import pytest

from tests.messages.conftest import MAIL
from webapp.clock import now
from webapp.extensions import db
from webapp.messages import claiming, due, limiting, putting_back, recovering
from webapp.messages.channels import Channel
from webapp.messages.models import ChannelState, Message, MessageState, RateSlot
from webapp.messages.opened import Open

DEAD = "elsewhere:1:1"


@pytest.fixture
def limited(app):
    """Return a switch of the limit of SMS."""
    assert app

    def switch(number: int | None) -> None:
        limiting.set_per_minute(Channel.SMS, number)
        db.session.commit()

    return switch


def sent() -> int:
    return db.session.query(Message).filter_by(state=MessageState.SENT).count()


def test_no_window_holds_more_than_the_limit(batch, queue, limited):
    limited(5)
    batch(11)

    queue.run()

    moments = list(db.session.scalars(db.select(Message.sent_at).order_by(Message.sent_at)))
    assert len(moments) == 11
    for first, after in zip(moments, moments[5:], strict=False):
        assert (after - first) > limiting.window() / 2  # the answers' times; arrivals are exact


def test_claims_take_what_room_there_is_and_no_more(batch, limited):
    limited(4)
    mine = Open(batch(10).id)

    first = claiming.claim_of_batch(mine, Channel.SMS, 3)
    second = claiming.claim_of_batch(mine, Channel.SMS, 3)
    third = claiming.claim_of_batch(mine, Channel.SMS, 3)

    assert [len(taken.messages) for taken in (first, second, third)] == [3, 1, 0]
    assert third.full
    assert limiting.room(Channel.SMS) == 0


def test_a_new_limit_counts_at_once(batch, limited):
    mine = Open(batch(10).id)
    limited(2)
    assert len(claiming.claim_of_batch(mine, Channel.SMS, 9).messages) == 2
    limited(5)
    assert len(claiming.claim_of_batch(mine, Channel.SMS, 9).messages) == 3
    limited(0)
    assert len(claiming.claim_of_batch(mine, Channel.SMS, 9).messages) == 5
    limited(None)
    assert limiting.per_minute(Channel.SMS) == 0  # as the settings of the tests say


def test_what_goes_back_gives_its_room_back(batch, limited):
    limited(2)
    mine = Open(batch(4).id)
    taken = claiming.claim_of_batch(mine, Channel.SMS, 9).messages

    putting_back.put_back([(message.id, message.attempt) for message in taken])

    assert limiting.room(Channel.SMS) == 2
    assert len(claiming.claim_of_batch(mine, Channel.SMS, 9).messages) == 2


def test_a_dead_process_keeps_its_room_for_a_window_after_it_was_found(batch, limited):
    limited(2)
    claiming.claim_of_batch(
        Open(batch(4).id), Channel.SMS, 9, worker=f"{recovering.owners.host()}999999:1"
    )

    before = now()
    recovering.recover()

    assert limiting.room(Channel.SMS) == 0
    [frees_at] = set(db.session.scalars(db.select(RateSlot.frees_at)))
    # What it sent may still be on its way.
    assert frees_at >= before + limiting.STRAGGLING + limiting.window()


def test_bookings_neither_count_nor_wait(batch, written, queue, limited):
    limited(1)
    claiming.claim_of_batch(Open(batch(3).id), Channel.SMS, 9, worker=DEAD)
    bookings = [written(Channel.SMS, f"+91981234567{n}") for n in range(3)]

    queue.run(limit=1)  # the sender of bookings

    assert {booking.state for booking in bookings} == {MessageState.SENT}
    assert db.session.query(RateSlot).count() == 1


def test_another_channel_has_a_limit_of_its_own(batch, queue, limited):
    limited(1)
    claiming.claim_of_batch(Open(batch(3).id), Channel.SMS, 9, worker=DEAD)
    batch(2, channel=Channel.EMAIL)

    queue.run(limit=1)  # one slice; the next one would wait for room again

    mails = db.session.query(Message).filter_by(channel=Channel.EMAIL)
    assert {mail.state for mail in mails} == {MessageState.SENT}
    assert all(mail.address != MAIL for mail in mails)


def test_one_process_waits_for_room_and_the_others_do_not(app, limited):
    limited(1)
    assert limiting.watch(Channel.SMS)
    assert limiting.watch(Channel.SMS)
    db.session.execute(db.update(ChannelState).values(watched_by=DEAD))
    db.session.commit()
    assert not limiting.watch(Channel.SMS)
    limiting.leave(Channel.SMS)
    assert not limiting.watch(Channel.SMS)


def test_the_sweep_does_not_wake_a_sender_that_has_no_room(batch, limited):
    limited(1)
    mine = batch(3)
    assert due.batches_wait()

    claiming.claim_of_batch(Open(mine.id), Channel.SMS, 9)

    assert not due.batches_wait()


def test_a_rehearsal_takes_no_room(batch, queue, limited):
    limited(1)
    batch(4, rehearsal="calm")

    queue.run()

    assert sent() == 4
    assert db.session.query(RateSlot).count() == 0
