"""Messages whose answer was lost are looked after, never sent again blindly."""

from datetime import timedelta

from webapp.clock import now
from webapp.extensions import db
from webapp.messages import reconciling
from webapp.messages.channels import Channel
from webapp.messages.models import Attempt, Message, MessageState


def test_an_sms_that_twilio_lists_was_sent(written, queue, sandbox):
    sandbox.fault(provider="twilio", fault="lost_answer", times=1)
    message = written()
    queue.run()
    assert message.state == MessageState.UNKNOWN

    reconciling.reconcile()

    assert message.state in {MessageState.SENT, MessageState.DELIVERED}
    assert message.provider_id
    assert list(sandbox.ask("/_/accepted?channel=sms").values()) == [1]


def test_an_sms_that_twilio_does_not_list_after_a_while_is_sent(written, queue, sandbox):
    message = written()
    lost(message, ago=timedelta(minutes=3))

    reconciling.reconcile()
    queue.run()

    assert message.state == MessageState.SENT
    assert list(sandbox.ask("/_/accepted?channel=sms").values()) == [1]


def test_an_sms_that_twilio_does_not_list_yet_is_left_alone(written):
    message = written()
    lost(message, ago=timedelta(seconds=10))

    reconciling.reconcile()

    assert message.state == MessageState.UNKNOWN


def test_nothing_is_concluded_while_twilio_cannot_be_asked(written, sandbox):
    message = written()
    lost(message, ago=timedelta(minutes=3))
    sandbox.fault(provider="twilio", fault="error", code=20500, status=500, on="list", times=None)

    reconciling.reconcile()

    assert message.state == MessageState.UNKNOWN


def test_two_lost_texts_of_the_same_words_are_two_entries_of_the_list(written, queue, sandbox):
    sandbox.fault(provider="twilio", fault="lost_answer", times=2)
    first, second = written(), written()
    queue.run()

    reconciling.reconcile()

    assert first.provider_id
    assert second.provider_id
    assert first.provider_id != second.provider_id


def test_a_whatsapp_message_waits_for_its_report_or_a_person(written):
    message = written(Channel.WHATSAPP)
    lost(message, ago=timedelta(hours=1))

    reconciling.reconcile()

    assert message.state == MessageState.UNKNOWN


def test_a_booking_mail_is_repeated_once_with_the_same_id(written, queue, sandbox):
    sandbox.fault(provider="smtp", fault="lost_answer", times=2)
    message = written(Channel.EMAIL)
    queue.run()
    assert message.state == MessageState.UNKNOWN
    reconciling.reconcile()
    assert message.state == MessageState.UNKNOWN

    for _ in range(2):
        grow_old(message, timedelta(minutes=16))
        reconciling.reconcile()
        queue.run()

    assert message.state == MessageState.UNKNOWN
    assert len(message.attempts) == 2
    assert list(sandbox.ask("/_/accepted?channel=email").values()) == [2]


def test_what_a_person_left_as_it_is_stays_so(written, queue):
    message = written()
    lost(message, ago=timedelta(minutes=3))
    message.finished_at = now()
    db.session.commit()

    reconciling.reconcile()
    queue.run()

    assert message.state == MessageState.UNKNOWN


def lost(message: Message, *, ago: timedelta) -> None:
    """Let the message have been tried by a process that died before an answer came."""
    moment = now() - ago
    message.state, message.attempt, message.created_at = MessageState.UNKNOWN, 1, moment
    db.session.add(Attempt(message_id=message.id, number=1, started_at=moment))
    db.session.commit()


def grow_old(message: Message, age: timedelta) -> None:
    """Let the message be older, and whatever was tried with it."""
    message.created_at = now() - age
    for attempt in message.attempts:
        attempt.started_at = now() - age
    db.session.commit()
