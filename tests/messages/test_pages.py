"""The pages of the messages, and what a person can ask there."""

import pytest

from webapp.clock import now
from webapp.customers.models import Customer
from webapp.messages import stopping
from webapp.messages.channels import Channel
from webapp.messages.models import MessageState


def test_the_list_is_searched_and_narrowed_down(vera, written, queue):
    written(Channel.EMAIL, "asha@example.com")
    written(Channel.SMS, "+919812345678")
    queue.run()

    assert "asha@example.com" in vera.get("/messages?q=ASHA").text
    assert "+919812345678" not in vera.get("/messages?q=asha").text
    assert "asha@example.com" in vera.get("/messages?show=sent").text
    assert "asha@example.com" not in vera.get("/messages?show=look").text
    assert vera.get("/messages?show=odd").status_code == 404


def test_a_failed_message_can_be_sent_again(otto, written, queue, sandbox):
    sandbox.fault(provider="whatsapp", fault="error", code=131026, status=400, times=1)
    message = written(Channel.WHATSAPP)
    queue.run()
    assert "Send again" in otto.get(f"/messages/{message.id}").text

    assert otto.post(f"/messages/{message.id}/send-again", data=token(otto)).status_code == 303
    queue.run()

    assert message.state == MessageState.SENT


def test_a_message_is_sent_again_to_the_number_that_was_corrected(
    db, otto, written, queue, sandbox
):
    customer = Customer(name="Asha Rao", phone="+919812345678")
    db.session.add(customer)
    db.session.commit()
    message = written(customer_id=customer.id)
    message.state, customer.phone = MessageState.FAILED, "+919812340000"
    db.session.commit()

    otto.post(f"/messages/{message.id}/send-again", data=token(otto))
    queue.run()

    assert message.state == MessageState.SENT
    assert [arrived["to"] for arrived in sandbox.messages(channel="sms")] == ["+919812340000"]


def test_an_unknown_message_can_be_left_as_it_is_once(db, otto, written):
    message = written()
    message.state = MessageState.UNKNOWN
    db.session.commit()

    first = otto.post(f"/messages/{message.id}/leave", data=token(otto))
    second = otto.post(f"/messages/{message.id}/leave", data=token(otto))

    assert (first.status_code, second.status_code) == (303, 409)
    assert "nothing left to decide" in second.text
    assert message.finished_at


def test_a_waiting_message_can_be_cancelled_and_one_that_has_left_cannot(otto, written, queue):
    waiting, gone = written(), None
    assert otto.post(f"/messages/{waiting.id}/cancel", data=token(otto)).status_code == 303
    gone = written()
    queue.run()

    answer = otto.post(f"/messages/{gone.id}/cancel", data=token(otto))

    assert waiting.state == MessageState.CANCELLED
    assert answer.status_code == 409
    assert "already left" in answer.text


def test_a_stopped_channel_says_so_on_every_page_and_is_started_by_a_person(db, otto, vera):
    stopping.stop(Channel.SMS, "The account is out of credit.", "Top it up.")
    db.session.commit()
    assert "out of credit" in vera.get("/jobs").text

    assert vera.post("/messages/channels/sms/start", data=token(vera)).status_code == 403
    assert otto.post("/messages/channels/sms/start", data=token(otto)).status_code == 303
    assert otto.post("/messages/channels/sms/start", data=token(otto)).status_code == 409
    assert otto.post("/messages/channels/pigeon/start", data=token(otto)).status_code == 404

    assert stopping.stopped() == []


@pytest.mark.parametrize("path", ["send-again", "leave", "cancel"])
def test_a_message_that_does_not_exist_is_404(path, otto):
    gone = "01a1f856-d4d9-7095-99ec-9df6b5ca5874"

    assert otto.post(f"/messages/{gone}/{path}", data=token(otto)).status_code == 404


def test_a_message_that_just_left_still_moves(vera, written, queue, db):
    message = written()
    queue.run()
    assert "hx-trigger" in vera.get(f"/messages/{message.id}").text

    message.state, message.delivered_at = MessageState.DELIVERED, now()
    db.session.commit()

    assert "hx-trigger" not in vera.get(f"/messages/{message.id}").text


def token(client):
    """Return the field that every form of ours carries."""
    import re

    page = client.get("/jobs").text
    return {"csrf_token": re.search(r'name="csrf-token" content="([^"]+)"', page).group(1)}
