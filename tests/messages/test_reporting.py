"""Many reports at once: the same comes of them as of one after the other, in any order."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, select

from webapp.clock import now
from webapp.messages import receiving, reporting
from webapp.messages.channels import Channel
from webapp.messages.models import (
    Batch,
    EventState,
    Message,
    MessageState,
    ProviderEvent,
    Suppression,
)

START = datetime(2026, 11, 20, 10, tzinfo=UTC)
ORDER = ("sent", "delivered", "read")
assert reporting


@pytest.fixture
def batch(db):
    made = Batch(subject_type="campaign", subject_id="1")
    db.session.add(made)
    db.session.commit()
    return made


@pytest.fixture
def sent(db, batch):
    """Return a maker of messages of the batch that have left."""

    def make(count, **fields):
        fields = {"channel": Channel.WHATSAPP, "state": MessageState.SENT, **fields}
        made = [
            Message(
                address=f"+91980000{number:04}", lane=f"whatsapp:+91980000{number:04}",
                purpose="campaign.1", category="campaign", body="Hello", batch_id=batch.id,
                provider_id=f"wamid.{number}", **fields,
            )
            for number in range(count)
        ]  # fmt: skip
        db.session.add_all(made)
        db.session.commit()
        return made

    return make


def whatsapp(*statuses, rehearsal=False, **more):
    value = {"statuses": list(statuses), **more}
    body = json.dumps({"entry": [{"changes": [{"field": "messages", "value": value}]}]})
    receiving.store("whatsapp", body.encode(), extra={"rehearsal": True} if rehearsal else {})


def twilio(message, status, **more):
    form = {"MessageSid": message.provider_id, "MessageStatus": status, **more}
    receiving.store(
        "twilio", json.dumps(form).encode(), event_id=f"{message.provider_id} {status}",
        extra={"ref": str(message.id)},
    )  # fmt: skip


def status(message, state, **more):
    at = START + timedelta(minutes=ORDER.index(state) if state in ORDER else 5)
    return {
        "id": message.provider_id,
        "status": state,
        "timestamp": str(int(at.timestamp())),
        "biz_opaque_callback_data": str(message.id),
        **more,
    }


def work(db):
    db.session.commit()
    receiving.receive()
    db.session.expire_all()


def states(db):
    return set(db.session.scalars(select(ProviderEvent.state)))


@pytest.mark.parametrize("seed", range(3))
def test_in_any_order_and_company_each_message_ends_where_its_reports_say(db, batch, sent, seed):
    messages = sent(30)
    reports = [status(message, state) for message in messages for state in ORDER] * 2
    random.Random(seed).shuffle(reports)
    while reports:
        size = 1 + len(reports) % 7
        whatsapp(*reports[:size])
        reports = reports[size:]

    work(db)

    for message in messages:
        assert message.state == MessageState.READ
        assert message.delivered_at == START + timedelta(minutes=1)
        assert message.read_at == START + timedelta(minutes=2)
    assert states(db) == {EventState.DONE}
    assert batch.stale


def test_a_later_batch_of_reports_never_moves_a_message_back(db, sent):
    first, second = sent(2)
    whatsapp(status(first, "read"))
    whatsapp(status(second, "read"))
    work(db)
    whatsapp(status(first, "sent"))
    whatsapp(status(second, "delivered"))
    work(db)

    assert {first.state, second.state} == {MessageState.READ}
    assert first.delivered_at == START + timedelta(minutes=2)
    assert second.delivered_at == START + timedelta(minutes=2)


def test_among_many_the_failed_ones_fail_and_the_account_of_it_is_given(db, batch, sent):
    messages = sent(6, channel=Channel.SMS)
    for message in messages[:4]:
        twilio(message, "delivered")
    twilio(messages[4], "undelivered", ErrorCode="30005")
    twilio(messages[5], "undelivered", ErrorCode="21610")

    work(db)

    assert [message.state for message in messages] == ["delivered"] * 4 + ["failed"] * 2
    assert messages[4].code == "30005"
    assert db.session.scalars(select(Suppression.address)).all() == [messages[5].address]


def test_one_that_makes_no_sense_and_one_of_a_stranger_do_not_hold_up_the_others(db, sent):
    [message] = sent(1)
    whatsapp(status(message, "delivered"))
    receiving.store("whatsapp", b"[]")
    receiving.store("twilio", b'{"MessageSid": "SM9", "MessageStatus": "sent"}')

    work(db)

    found = db.session.query(ProviderEvent).order_by(ProviderEvent.id)
    assert [event.state for event in found] == [EventState.DONE, EventState.BAD, EventState.ORPHAN]
    assert message.state == MessageState.DELIVERED


def test_what_is_told_beside_statuses_is_heard_too(db, sent):
    messages = sent(2)
    whatsapp(status(messages[0], "delivered"))
    stop = {"wa_id": "919812345678", "category": "marketing_messages", "value": "stop"}
    whatsapp(status(messages[1], "delivered"), user_preferences=[stop])

    work(db)

    assert {message.state for message in messages} == {MessageState.DELIVERED}
    assert db.session.scalar(select(Suppression.lane)) == "whatsapp:+919812345678"


def test_what_the_sandbox_tells_of_others_than_rehearsals_moves_nothing(db, batch, sent):
    messages = sent(2)
    for message in messages:
        whatsapp(status(message, "delivered"), rehearsal=True)
    work(db)
    assert {message.state for message in messages} == {MessageState.SENT}

    batch.rehearsal = "calm"
    for message in messages:
        whatsapp(status(message, "read"), rehearsal=True)
    work(db)
    assert {message.state for message in messages} == {MessageState.READ}


def test_what_is_charged_is_noted_with_the_rest(db, sent):
    messages = sent(2)
    for message, billable in zip(messages, (True, False), strict=True):
        whatsapp(status(message, "delivered", pricing={"billable": billable}))

    work(db)

    assert [message.billed for message in messages] == [1, 0]


def test_a_message_that_is_being_written_keeps_no_report_waiting_but_its_own(db, kind, sent):
    if kind == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    messages = sent(3)
    for message in messages:
        whatsapp(status(message, "delivered"))
    db.session.commit()
    writer = create_engine(db.engine.url)
    with writer.connect() as other:
        other.execute(select(Message.id).where(Message.id == messages[1].id).with_for_update())
        work(db)
        assert [message.state for message in messages] == ["delivered", "sent", "delivered"]
        assert sorted(db.session.scalars(select(ProviderEvent.state))) == ["done", "done", "new"]
        db.session.commit()
    writer.dispose()
    work(db)

    assert messages[1].state == MessageState.DELIVERED
    assert messages[1].delivered_at < now()
