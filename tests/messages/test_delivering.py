"""What leaves the house, and what becomes of it."""

from datetime import timedelta

import pytest

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs import owners
from webapp.messages import claiming, recovering, stopping
from webapp.messages.channels import Channel, OutcomeKind
from webapp.messages.models import Message, MessageState

CHANNELS = list(Channel)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_message_reaches_the_provider_once_and_is_sent(channel, written, queue, sandbox):
    message = written(channel)

    queue.run()

    assert message.state == MessageState.SENT
    assert message.sent_at is not None
    [arrived] = sandbox.messages(channel=channel.value)
    assert arrived["ref"] == str(message.id)
    assert arrived["provider_id"] == message.provider_id or channel == Channel.EMAIL
    [attempt] = message.attempts
    assert attempt.outcome == OutcomeKind.ACCEPTED


def test_messages_of_one_lane_leave_in_order(written, queue, sandbox):
    for number in range(5):
        written(body=f"text {number}")

    queue.run()

    assert [message["text"] for message in sandbox.messages(channel="sms")] == [
        f"text {n}" for n in range(5)
    ]


def test_a_refused_message_does_not_stop_the_others(written, queue, sandbox):
    sandbox.fault(
        provider="whatsapp", fault="error", code=131026, status=400, to="+919800000001", times=1
    )
    refused = written(Channel.WHATSAPP, "+919800000001")
    other = written(Channel.WHATSAPP, "+919800000002")

    queue.run()

    assert (refused.state, other.state) == (MessageState.FAILED, MessageState.SENT)
    assert refused.code == "131026"
    assert refused.error
    assert refused.finished_at


def test_a_passing_trouble_is_tried_again_after_the_planned_delays(written, queue, sandbox):
    sandbox.fault(provider="twilio", fault="error", code=20500, status=500, times=1)
    message = written()

    queue.run()

    assert message.state == MessageState.QUEUED
    assert message.failures == 1
    assert now() + timedelta(seconds=50) < message.due_at < now() + timedelta(seconds=75)

    make_due(message)
    queue.sweep()
    queue.run()

    assert message.state == MessageState.SENT
    assert len(message.attempts) == 2


def test_it_gives_up_after_three_retries(written, queue, sandbox):
    sandbox.fault(provider="twilio", fault="error", code=20500, status=500, times=None)
    message = written()

    for _ in range(6):
        queue.run()
        make_due(message)
        queue.sweep()

    assert message.state == MessageState.FAILED
    assert len(message.attempts) == 4


def test_being_asked_to_slow_down_costs_no_retry_and_holds_the_channel(written, queue, sandbox):
    sandbox.fault(provider="twilio", fault="throttle", times=1, retry_after=30)
    message = written()

    queue.run()

    assert message.state == MessageState.QUEUED
    assert message.failures == 0
    assert Channel.SMS not in stopping.open_channels()
    assert Channel.EMAIL in stopping.open_channels()


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_lost_answer_is_unknown_and_is_not_sent_again(channel, written, queue, sandbox):
    provider = {"sms": "twilio", "whatsapp": "whatsapp", "email": "smtp"}[channel.value]
    sandbox.fault(provider=provider, fault="lost_answer", times=1)
    message = written(channel)

    queue.run()
    queue.sweep()
    queue.run()

    assert message.state == MessageState.UNKNOWN
    accepted = sandbox.ask(f"/_/accepted?channel={channel.value}")
    assert list(accepted.values()) == [1]


def test_a_wrong_token_stops_the_channel_and_keeps_the_message(written, queue, sandbox):
    sandbox.fault(provider="whatsapp", fault="error", code=190, status=401, times=1)
    message = written(Channel.WHATSAPP)

    queue.run()

    assert message.state == MessageState.QUEUED
    [stopped] = stopping.stopped()
    assert stopped.channel == Channel.WHATSAPP
    assert stopped.reason

    assert stopping.start(Channel.WHATSAPP)
    db.session.commit()
    queue.run()

    assert message.state == MessageState.SENT


def test_what_a_dead_process_was_sending_is_unknown_and_never_queued(written, queue, sandbox):
    message = written()
    [claimed] = claiming.claim(10)
    db.session.execute(
        db.update(Message).where(Message.id == claimed.id).values(worker=f"{owners.host()}999999:1")
    )
    db.session.commit()

    recovering.recover()

    assert message.state == MessageState.UNKNOWN
    queue.run()
    assert sandbox.messages(channel="sms") == []


def test_a_living_process_keeps_what_it_sends(written, db):
    message = written()
    claiming.claim(10)
    db.session.execute(db.update(Message).values(lease_until=now() - timedelta(seconds=1)))
    db.session.commit()

    recovering.recover()

    db.session.refresh(message)
    assert message.state == MessageState.SENDING
    assert message.lease_until > now()


def test_the_same_thing_is_told_once_however_often_it_is_written(db, queue):
    from tests.messages.conftest import PHONE, Thing
    from webapp.messages.writing import write

    for _ in range(3):
        write(Channel.SMS, PHONE, about=Thing("7"), purpose="booking.confirmed", body="Hello")
        db.session.commit()

    assert db.session.query(Message).count() == 1


def make_due(message: Message) -> None:
    """Let the time of the retry have come."""
    db.session.execute(
        db.update(Message)
        .where(Message.id == message.id)
        .values(due_at=now() - timedelta(seconds=1))
    )
    db.session.commit()
