"""What people say to the providers reaches the list; what the sandbox says of others does not."""

import hashlib
import hmac
import json
import time

import pytest
from twilio.request_validator import RequestValidator

from tests.conftest import PUBLIC_URL, Client
from tests.messages.conftest import PHONE
from webapp.clock import now
from webapp.messages import reconciling, stopping, suppressing
from webapp.messages.channels import Channel
from webapp.messages.models import Batch, EventState, MessageState, ProviderEvent, SuppressedBecause

REAL = {
    "WHATSAPP_ACCESS_TOKEN": "a real token",
    "WHATSAPP_PHONE_NUMBER_ID": "1",
    "WHATSAPP_BUSINESS_ACCOUNT_ID": "2",
    "WHATSAPP_APP_SECRET": "a real secret",
    "WHATSAPP_VERIFY_TOKEN": "a word",
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "a real token",
    "TWILIO_FROM": "+15005550009",
}


@pytest.fixture
def secret(sandbox):
    return sandbox.settings["SANDBOX_SECRET"]


@pytest.fixture
def real(app, another_app, settings_of_tests):
    """Return a browser of the same house with accounts of its own at the providers."""
    other = another_app({**settings_of_tests, **REAL})
    other.test_client_class = Client
    return other.test_client()


def whatsapp(client, key, **value):
    content = {"entry": [{"id": "1", "changes": [{"field": "x", "value": value}]}]}
    raw = json.dumps(content).encode()
    digest = hmac.new(key.encode(), raw, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={digest}"}
    return client.post("/webhooks/whatsapp", data=raw, headers=headers).status_code


def twilio(client, token, path, **form):
    signature = RequestValidator(token).compute_signature(PUBLIC_URL + path, form)
    return client.post(path, data=form, headers={"X-Twilio-Signature": signature}).status_code


def text_from(client, token, sid, body, **more):
    form = {"MessageSid": sid, "From": PHONE, "Body": body, **more}
    return twilio(client, token, "/webhooks/twilio/inbound", **form)


def choice(value, *, category="marketing_messages", at=1):
    return [{"wa_id": PHONE[1:], "category": category, "value": value, "timestamp": at}]


def status(ref, state, **more):
    return [
        {
            "id": "wamid.1",
            "status": state,
            "timestamp": str(int(time.time())),
            "biz_opaque_callback_data": str(ref),
            **more,
        }
    ]


def rehearsal(db):
    batch = Batch(subject_type="campaign", subject_id="1", rehearsal="calm")
    db.session.add(batch)
    db.session.commit()
    return batch


def off(channel=Channel.SMS):
    return suppressing.is_suppressed(channel, PHONE)


def test_stop_and_start_by_sms_are_honoured_also_from_a_stranger(client, queue, secret):
    text_from(client, secret, "SM1", "please stop calling")
    queue.run()
    assert not off()

    text_from(client, secret, "SM2", " stop ")
    queue.run()
    assert off()
    assert not off(Channel.WHATSAPP)

    text_from(client, secret, "SM3", "START")
    queue.run()
    assert not off()


def test_a_keyword_of_the_account_itself_counts_too(client, queue, secret):
    text_from(client, secret, "SM1", "basta", OptOutType="STOP")
    queue.run()

    assert off()


def test_the_menu_of_whatsapp_stops_and_resumes_offers(client, queue, secret):
    whatsapp(client, secret, user_preferences=choice("stop", category="other"))
    queue.run()
    assert not off(Channel.WHATSAPP)

    whatsapp(client, secret, user_preferences=choice("stop"))
    queue.run()
    assert off(Channel.WHATSAPP)

    whatsapp(client, secret, user_preferences=choice("resume"))
    queue.run()
    assert not off(Channel.WHATSAPP)


def test_a_resume_that_comes_late_does_not_undo_a_later_stop(client, queue, secret):
    whatsapp(client, secret, user_preferences=choice("stop", at=200))
    whatsapp(client, secret, user_preferences=choice("resume", at=100))
    queue.run()
    assert off(Channel.WHATSAPP)

    whatsapp(client, secret, user_preferences=choice("resume", at=300))
    queue.run()
    assert not off(Channel.WHATSAPP)


def test_a_later_report_that_a_person_wants_none_puts_them_on_the_list(
    client, queue, secret, written
):
    message = written(Channel.WHATSAPP)
    queue.run()

    whatsapp(client, secret, statuses=status(message.id, "failed", errors=[{"code": 131050}]))
    queue.run()

    assert message.state == MessageState.FAILED
    assert suppressing.found(Channel.WHATSAPP, PHONE).why == SuppressedBecause.REFUSED


@pytest.mark.parametrize(("billable", "units"), [(True, 1), (False, 0)])
def test_what_whatsapp_charges_is_noted(client, queue, secret, written, billable, units):
    message = written(Channel.WHATSAPP)
    queue.run()

    whatsapp(
        client, secret, statuses=status(message.id, "delivered", pricing={"billable": billable})
    )
    queue.run()

    assert message.billed == units


def test_an_account_that_is_refused_only_later_stops_its_channel(client, queue, secret, written):
    message = written(Channel.WHATSAPP)
    queue.run()

    whatsapp(client, secret, statuses=status(message.id, "failed", errors=[{"code": 131042}]))
    queue.run()

    assert message.state == MessageState.FAILED
    assert [row.channel for row in stopping.stopped()] == [Channel.WHATSAPP]


def test_in_a_rehearsal_it_holds_the_batch_and_no_channel(db, client, queue, secret, written):
    batch = rehearsal(db)
    message = written(Channel.WHATSAPP)
    queue.run()
    message.batch_id = batch.id
    db.session.commit()

    whatsapp(client, secret, statuses=status(message.id, "failed", errors=[{"code": 131042}]))
    queue.run()

    assert "payment method" in batch.reason
    assert stopping.stopped() == []


@pytest.mark.parametrize("rehearsed", [False, True])
def test_twilio_is_asked_where_the_message_went(db, queue, sandbox, written, rehearsed):
    batch = rehearsal(db)
    message = written()
    if rehearsed:
        message.batch_id = batch.id
    db.session.commit()

    found = reconciling.accounts_of(message).twilio.base_url

    assert found == (f"{sandbox.url}/as/calm.{batch.id}" if rehearsed else sandbox.url)
    assert reconciling.find(reconciling.accounts_of(message), "x", PHONE, now()) == []


# A rehearsal beside accounts of our own


def test_the_sandbox_moves_the_messages_of_a_rehearsal_only(db, real, queue, secret, written):
    batch = rehearsal(db)
    rehearsed, genuine = written(Channel.WHATSAPP), written(Channel.WHATSAPP)
    sms, genuine_sms = written(), written()
    queue.run()
    for message in (rehearsed, sms):
        message.batch_id = batch.id
    db.session.commit()

    for message in (rehearsed, genuine):
        assert whatsapp(real, secret, statuses=status(message.id, "delivered")) == 200
    for message in (sms, genuine_sms):
        path = f"/webhooks/twilio/status?ref={message.id}"
        form = {"MessageSid": message.provider_id, "MessageStatus": "delivered"}
        assert twilio(real, secret, path, **form) == 200
    queue.run()

    assert {rehearsed.state, sms.state} == {MessageState.DELIVERED}
    assert {genuine.state, genuine_sms.state} == {MessageState.SENT}
    assert {event.state for event in db.session.query(ProviderEvent)} == {EventState.DONE}


def test_the_sandbox_speaks_for_no_person(real, queue, secret):
    assert text_from(real, secret, "SM1", "STOP") == 200
    assert whatsapp(real, secret, user_preferences=choice("stop")) == 200
    queue.run()

    assert not off()
    assert not off(Channel.WHATSAPP)


def test_our_own_accounts_speak_for_people_as_ever(real, queue):
    assert text_from(real, REAL["TWILIO_AUTH_TOKEN"], "SM1", "STOP") == 200
    assert whatsapp(real, REAL["WHATSAPP_APP_SECRET"], user_preferences=choice("stop")) == 200
    queue.run()

    assert off()
    assert off(Channel.WHATSAPP)


def test_who_knows_no_secret_is_refused(real):
    assert text_from(real, "guessed", "SM1", "STOP") == 401
    assert whatsapp(real, "guessed", user_preferences=choice("stop")) == 401
