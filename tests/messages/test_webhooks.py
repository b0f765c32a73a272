"""What providers report: signed or refused, in any order, any number of times."""

import hashlib
import hmac
import json
import time
import uuid

import pytest
from twilio.request_validator import RequestValidator

from tests.conftest import PUBLIC_URL
from webapp.messages.channels import Channel
from webapp.messages.models import EventState, MessageState, ProviderEvent

SENT, DELIVERED, READ, FAILED = "sent", "delivered", "read", "failed"


@pytest.fixture
def secret(sandbox):
    return sandbox.settings["SANDBOX_SECRET"]


@pytest.fixture
def whatsapp(client, secret):
    """Return how WhatsApp posts a batch of statuses; ``sign`` can be told to sign wrongly."""

    def post(*statuses, body=None, key=None, header=None):
        value = {"messaging_product": "whatsapp", "statuses": list(statuses)}
        change = {"field": "messages", "value": value}
        content = {
            "object": "whatsapp_business_account",
            "entry": [{"id": "1", "changes": [change]}],
        }
        raw = json.dumps(content).encode() if body is None else body
        digest = hmac.new((key or secret).encode(), raw, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": header or f"sha256={digest}"}
        return client.post(
            "/webhooks/whatsapp", data=raw, headers=headers, content_type="application/json"
        )

    return post


@pytest.fixture
def twilio(client, secret):
    """Return how Twilio posts a form to one of our addresses."""

    def post(path, form, *, token=None):
        signature = RequestValidator(token or secret).compute_signature(PUBLIC_URL + path, form)
        return client.post(path, data=form, headers={"X-Twilio-Signature": signature})

    return post


def status(message, state, *, wamid="wamid.1", **more):
    """Return one status as WhatsApp writes it."""
    return {
        "id": wamid,
        "status": state,
        "timestamp": str(int(time.time())),
        "recipient_id": "919812345678",
        "biz_opaque_callback_data": str(message.id),
        **more,
    }


def test_statuses_in_the_wrong_order_and_twice_never_go_backwards(written, queue, whatsapp):
    message = written(Channel.WHATSAPP)
    queue.run()

    for state in (READ, DELIVERED, SENT, READ, DELIVERED):
        assert whatsapp(status(message, state)).status_code == 200
        queue.run()

    assert message.state == MessageState.READ
    assert message.delivered_at
    assert message.read_at


def test_every_status_of_a_batch_counts(written, queue, whatsapp):
    messages = [written(Channel.WHATSAPP, f"+9198000000{n:02d}") for n in range(20)]
    queue.run()

    whatsapp(
        *(status(message, DELIVERED, wamid=f"wamid.{n}") for n, message in enumerate(messages))
    )
    queue.run()

    assert {message.state for message in messages} == {MessageState.DELIVERED}


def test_a_report_may_come_before_the_answer_to_the_send(db, written, queue, whatsapp):
    message = written(Channel.WHATSAPP)
    from webapp.messages import claiming

    claiming.claim(1)
    whatsapp(status(message, DELIVERED))
    queue.run()

    db.session.refresh(message)
    assert message.state == MessageState.DELIVERED


def test_a_report_resolves_a_message_whose_answer_was_lost(written, queue, whatsapp, sandbox):
    sandbox.fault(provider="whatsapp", fault="lost_answer", times=1)
    message = written(Channel.WHATSAPP)
    queue.run()
    assert message.state == MessageState.UNKNOWN

    whatsapp(status(message, SENT))
    queue.run()

    assert message.state == MessageState.SENT
    assert message.error is None


def test_a_failure_that_is_reported_later_fails_the_message_with_its_reason(
    written, queue, whatsapp
):
    message = written(Channel.WHATSAPP)
    queue.run()

    whatsapp(status(message, FAILED, errors=[{"code": 131026, "title": "Message undeliverable"}]))
    queue.run()

    assert message.state == MessageState.FAILED
    assert message.code == "131026"
    assert message.error


def test_a_failure_after_the_delivery_changes_nothing(written, queue, whatsapp):
    message = written(Channel.WHATSAPP)
    queue.run()
    whatsapp(status(message, DELIVERED))
    whatsapp(status(message, FAILED, errors=[{"code": 131000}]))

    queue.run()

    assert message.state == MessageState.DELIVERED


def test_a_report_about_an_unknown_message_is_kept_as_an_orphan(db, queue, whatsapp):
    stranger = {"id": "wamid.strange", "status": "sent", "timestamp": "1700000000"}

    assert whatsapp(stranger).status_code == 200
    queue.run()

    event = db.session.query(ProviderEvent).one()
    assert event.state == EventState.ORPHAN
    assert event.orphan_of == "wamid.strange"


def test_an_orphan_finds_its_message_once_that_is_known(db, written, queue, whatsapp):
    message = written(Channel.WHATSAPP)
    queue.run()
    without_ref = {"id": "wamid.late", "status": "delivered", "timestamp": "1700000000"}
    whatsapp(without_ref)
    queue.run()
    message.provider_id = "wamid.late"
    db.session.commit()

    from webapp.messages.reconciling import adopt_orphans

    adopt_orphans()
    db.session.commit()
    queue.run()

    assert message.state == MessageState.DELIVERED


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"key": "another secret"}, 401),
        ({"header": "sha256="}, 401),
        ({"header": "sha1=abc"}, 401),
        ({"body": b"not json"}, 400),
        ({"body": b"[1, 2]"}, 400),
        ({"body": b'"text"'}, 400),
        ({"body": b"\xff\xfe"}, 400),
        ({"body": b"{}"}, 200),
        ({"body": b'{"entry": [{"changes": [{"value": null}]}]}'}, 200),
        ({"body": b'{"entry": 5}'}, 200),
        (
            {"body": b'{"entry": [{"changes": [{"value": {"statuses": [{"status": "sent"}]}}]}]}'},
            200,
        ),
    ],
)
def test_a_bad_webhook_is_refused_or_kept_and_is_never_a_500(how, code, whatsapp, queue):
    assert whatsapp(**how).status_code == code
    queue.run()


def test_a_webhook_of_three_megabytes_is_taken_and_a_larger_one_is_too_large(whatsapp):
    assert whatsapp(body=b'{"pad": "%s"}' % (b"x" * 3_000_000)).status_code == 200
    assert whatsapp(body=b'{"pad": "%s"}' % (b"x" * 5_000_000)).status_code == 413


def test_an_unsigned_webhook_is_refused(client):
    assert client.post("/webhooks/whatsapp", json={}).status_code == 401
    assert client.post("/webhooks/twilio/status", data={"MessageSid": "SM1"}).status_code == 401


def test_the_same_webhook_twice_is_one_report(db, written, queue, whatsapp):
    message = written(Channel.WHATSAPP)
    queue.run()
    report = status(message, DELIVERED)

    whatsapp(report)
    whatsapp(report)

    assert db.session.query(ProviderEvent).count() == 1


def test_the_handshake_answers_the_challenge_only_for_our_word(client, secret):
    asked = {"hub.mode": "subscribe", "hub.challenge": "12345"}

    right = client.get("/webhooks/whatsapp", query_string={**asked, "hub.verify_token": secret})
    wrong = client.get("/webhooks/whatsapp", query_string={**asked, "hub.verify_token": "guess"})

    assert (right.status_code, right.text) == (200, "12345")
    assert wrong.status_code == 403


def test_twilio_reports_move_the_message(written, queue, twilio):
    message = written()
    queue.run()
    path = f"/webhooks/twilio/status?ref={message.id}"

    for state in ("queued", "sent", "delivered", "sent"):
        form = {"MessageSid": message.provider_id, "MessageStatus": state, "To": message.address}
        assert twilio(path, form).status_code == 200
        queue.run()

    assert message.state == MessageState.DELIVERED


def test_an_sms_that_could_not_be_delivered_says_why(written, queue, twilio):
    message = written()
    queue.run()
    form = {"MessageSid": message.provider_id, "MessageStatus": "undelivered", "ErrorCode": "30005"}

    twilio(f"/webhooks/twilio/status?ref={message.id}", form)
    queue.run()

    assert (message.state, message.code) == (MessageState.FAILED, "30005")


def test_a_twilio_report_with_a_ref_of_nobody_is_kept(db, queue, twilio):
    form = {"MessageSid": "SM1", "MessageStatus": "sent"}

    assert twilio(f"/webhooks/twilio/status?ref={uuid.uuid4()}", form).status_code == 200
    assert (
        twilio("/webhooks/twilio/status?ref=%27--", {**form, "MessageSid": "SM2"}).status_code
        == 200
    )
    queue.run()

    assert {event.state for event in db.session.query(ProviderEvent)} == {EventState.ORPHAN}


def test_a_forged_twilio_report_is_refused(twilio):
    assert (
        twilio("/webhooks/twilio/status?ref=1", {"MessageSid": "SM1"}, token="x").status_code == 401
    )
