"""A payment is believed when it is proved, and counts once, whoever brings the news."""

import contextvars
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.bookings.making import (
    MEERA,
    a_service,
    held,
    lapse,
    ordered,
    proof,
    report,
    signed,
    the_payment,
)
from webapp.accounts.models import AuditEntry
from webapp.bookings import confirming, holding
from webapp.bookings.models import Booking, BookingState, PaymentState
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.messages.models import EventState, Message, ProviderEvent

JSON = {"Accept": "application/json"}


def verify(client, booking, sent, **more):
    return client.post(f"/bookings/{booking.id}/verify-payment", data=sent, **more)


def notifications(db):
    kind = Job.kind == JobKind.BOOKING_NOTIFY
    return db.session.scalar(select(func.count()).select_from(Job).where(kind))


def audited(db, action):
    return db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)).all()


def test_the_browsers_proof_confirms_and_leads_to_the_page_of_the_booking(db, client, queue):
    booking = ordered()

    answer = verify(client, booking, proof(booking))

    assert answer.status_code == 303
    assert answer.location == f"/booked/{booking.token}"
    assert booking.state == BookingState.CONFIRMED
    assert the_payment(booking).state == PaymentState.PAID
    assert queue.names().count("bookings.notify") == 1


def test_a_program_is_told_the_booking_its_state_and_the_job(db, client):
    booking = ordered()

    answer = client.post(f"/bookings/{booking.id}/verify-payment", json=proof(booking))

    job = db.session.scalars(select(Job).where(Job.kind == JobKind.BOOKING_NOTIFY)).one()
    assert answer.json == {"booking": booking.id, "state": "confirmed", "job": str(job.id)}
    assert (
        client.post(f"/bookings/{booking.id}/verify-payment", json=proof(booking)).json
        == answer.json
    )
    assert notifications(db) == 1


def test_the_amount_may_be_sent_along_when_it_is_ours(db, client):
    booking = ordered()
    sent = {**proof(booking), "amount": 50000, "currency": "INR"}

    assert client.post(f"/bookings/{booking.id}/verify-payment", json=sent).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"razorpay_signature": "0" * 64},
        {"razorpay_signature": ""},
        {"razorpay_signature": "é" * 64},
        {"razorpay_payment_id": "pay_another"},
        {"razorpay_payment_id": ""},
        {"razorpay_order_id": "order_another"},
        {"razorpay_order_id": ""},
        {"amount": "1"},
        {"amount": "50000.0"},
        {"currency": "USD"},
    ],
)
def test_what_proves_nothing_gets_a_sentence_is_written_down_and_changes_nothing(db, client, wrong):
    booking = ordered()
    sent = {**proof(booking), **wrong}

    for answer in (
        verify(client, booking, sent),
        client.post(f"/bookings/{booking.id}/verify-payment", json=sent),
    ):
        assert answer.status_code == 400
        assert any(word in answer.text for word in ("belongs", "signature", "not the one"))

    assert booking.state == BookingState.HELD
    assert the_payment(booking).state == PaymentState.CREATED
    assert len(audited(db, "payment.refused")) == 2
    assert notifications(db) == 0


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'"x"', b"\xff\xfe"])
def test_a_body_that_is_no_proof_at_all_is_refused_and_not_a_fault(db, client, body):
    booking = ordered()
    where = f"/bookings/{booking.id}/verify-payment"

    assert client.post(where, data=body, content_type="application/json").status_code == 400
    assert client.post(where, data=body, content_type="text/plain").status_code == 400


def test_the_proof_of_another_booking_is_refused(db, client):
    service = a_service()
    mine, other = ordered(service), ordered(service, number=1)

    assert verify(client, mine, proof(other)).status_code == 400
    assert mine.state == other.state == BookingState.HELD


def test_a_payment_that_belongs_to_another_booking_is_refused(db, client):
    service = a_service()
    mine, other = ordered(service), ordered(service, number=1)
    verify(client, other, proof(other, "pay_ONE"))

    assert verify(client, mine, proof(mine, "pay_ONE")).status_code == 400
    assert mine.state == BookingState.HELD


def test_a_booking_without_an_order_cannot_be_paid(db, client):
    booking = held()
    sent = {"razorpay_payment_id": "p", "razorpay_order_id": "None", "razorpay_signature": "s"}

    assert verify(client, booking, sent).status_code == 400
    assert verify(client, held(a_service(price=0)), sent).status_code == 400


def test_an_unknown_booking_is_not_there(client, app):
    assert client.post("/bookings/987654321/verify-payment", data={}).status_code == 404
    assert (
        client.post("/bookings/99999999999999999999999/verify-payment", data={}).status_code == 404
    )


def test_who_failed_to_pay_is_led_back_only_with_the_bookings_own_secret(db, client):
    booking = ordered()
    failed = {"error[code]": "BAD_REQUEST_ERROR", "error[description]": "declined"}
    where = f"/bookings/{booking.id}/verify-payment"

    back = client.post(f"{where}?booked={booking.token}", data=failed)
    stranger = client.post(where, data=failed)

    assert back.location == f"/booked/{booking.token}"
    assert "did not go through" in client.get(back.location).text
    assert stranger.status_code == 400
    assert booking.token not in stranger.text


# --- the provider's own report


def tell(client, body, headers):
    return client.post("/webhooks/razorpay", data=body, headers=headers)


def test_a_report_is_stored_answered_and_confirms_when_it_is_worked_through(db, client, queue):
    booking = ordered()

    assert tell(client, *report(booking)).status_code == 200
    assert booking.state == BookingState.HELD
    queue.run()

    assert booking.state == BookingState.CONFIRMED
    assert the_payment(booking).captured_at
    assert the_payment(booking).next_check_at is None


def test_a_report_with_another_amount_changes_nothing_but_is_seen(db, client, queue):
    booking = ordered()

    tell(client, *report(booking, amount=1))
    tell(client, *report(booking, currency="USD"))
    queue.run()

    assert booking.state == BookingState.HELD
    assert the_payment(booking).state == PaymentState.MISMATCH
    assert len(audited(db, "payment.mismatch")) == 2
    assert notifications(db) == 0


def test_the_right_payment_after_a_wrong_one_still_counts(db, client, queue):
    booking = ordered()
    tell(client, *report(booking, amount=1))
    queue.run()

    verify(client, booking, proof(booking))

    assert booking.state == BookingState.CONFIRMED
    assert the_payment(booking).problem is None


def test_a_report_of_an_unknown_order_is_kept(db, client, queue):
    booking = ordered()
    tell(client, *report(booking, order_id="order_of_nobody"))

    queue.run()

    event = db.session.scalars(select(ProviderEvent)).one()
    assert event.state == EventState.ORPHAN
    assert event.orphan_of == "order_of_nobody"


@pytest.mark.parametrize(
    "body",
    [b'{"event": "payment.captured"}', b'{"event": 3}', b"{}", b'{"event": "x", "payload": 1}'],
)
def test_a_signed_report_that_makes_no_sense_is_kept_and_stops_nothing(db, client, queue, body):
    booking = ordered()
    assert tell(client, body, signed(body)).status_code == 200
    tell(client, *report(booking))

    queue.run()

    assert booking.state == BookingState.CONFIRMED


def test_a_report_that_is_not_signed_or_not_json_is_refused(db, client):
    booking = ordered()
    body, headers = report(booking)

    assert tell(client, body + b" ", headers).status_code == 401
    assert tell(client, body, {}).status_code == 401
    assert tell(client, body, signed(body, "another secret")).status_code == 401
    assert tell(client, b"{", signed(b"{")).status_code == 400
    assert tell(client, b"[]", signed(b"[]")).status_code == 400
    assert tell(client, b"x" * (5 * 1024 * 1024), {}).status_code == 413
    assert db.session.scalar(select(func.count()).select_from(ProviderEvent)) == 0


def test_a_failed_payment_is_shown_and_can_be_tried_again(db, client, queue):
    booking = ordered()
    tell(client, *report(booking, "payment.failed", error_description="Declined by the bank"))
    queue.run()
    assert the_payment(booking).state == PaymentState.FAILED
    assert "You can try again" in client.get(f"/booked/{booking.token}").text

    verify(client, booking, proof(booking))

    assert booking.state == BookingState.CONFIRMED
    tell(client, *report(booking, "payment.failed"))
    queue.run()
    assert the_payment(booking).state == PaymentState.PAID


# --- fifty at once


def at_once(app, tasks):
    """Send every request in a thread of its own, each from a fresh browser."""

    def one(task):
        return contextvars.Context().run(task, FlaskClient(app))

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(one, tasks))


def test_browser_and_reports_fifty_at_once_are_one_confirmation_and_one_set_of_messages(
    app, db, queue
):
    booking = ordered()
    where, sent = f"/bookings/{booking.id}/verify-payment", proof(booking)
    reports = [report(booking, event) for event in ("payment.captured", "order.paid") * 10]
    db.session.commit()
    browsers = [lambda client: client.post(where, data=sent)] * 30
    webhooks = [
        lambda client, body=body, headers=headers: tell(client, body, headers)
        for body, headers in reports
    ]
    tasks = [task for pair in zip(browsers, webhooks, strict=False) for task in pair] + browsers[
        20:
    ]

    answers = at_once(app, tasks)
    queue.run()

    assert {answer.status_code for answer in answers} == {200, 303}
    assert booking.state == BookingState.CONFIRMED
    assert len(audited(db, "booking.confirmed")) == 1
    assert notifications(db) == 1
    purposes = db.session.execute(select(Message.purpose, Message.channel)).all()
    assert len(purposes) == len(set(purposes)) == 3


def test_reports_worked_through_by_many_at_once_count_once(app, db, client, queue):
    from tests.queues import task_bodies

    booking = ordered()
    for _ in range(10):
        tell(client, *report(booking))
    receive = task_bodies(app)["messages.receive"]

    def work(_client):
        with app.app_context():
            receive(None)

    at_once(app, [work] * 10)
    db.session.expire_all()

    assert booking.state == BookingState.CONFIRMED
    assert len(audited(db, "payment.paid")) == 1
    assert notifications(db) == 1


def test_two_late_payments_for_one_time_give_it_to_one_of_them(app, db):
    service = a_service()
    first = ordered(service)
    lapse(first)
    second = ordered(service)
    lapse(second)
    assert first.starts_at == second.starts_at
    wanted = [
        (f"/bookings/{one.id}/verify-payment", proof(one, f"pay_{one.id}"))
        for one in (first, second)
    ]
    db.session.commit()

    at_once(app, [lambda client, w=w: client.post(w[0], data=w[1]) for w in wanted])
    db.session.expire_all()

    assert sorted([first.state, second.state]) == [BookingState.CONFIRMED, BookingState.REFUND_DUE]


# --- too late


def test_a_late_payment_gets_the_time_when_it_is_still_free(db, client):
    booking = ordered()
    lapse(booking)
    confirming.expire_holds()
    db.session.commit()

    verify(client, booking, proof(booking))

    assert booking.state == BookingState.CONFIRMED


def test_a_late_payment_for_a_time_that_is_gone_is_owed_back_and_told(db, client, queue):
    service = a_service()
    booking = ordered(service)
    lapse(booking)
    holding.hold(service, booking.starts_at, MEERA, form_key=secrets.token_hex(8))
    db.session.commit()

    answer = verify(client, booking, proof(booking))
    queue.run()

    assert booking.state == BookingState.REFUND_DUE
    assert "came too late" in client.get(answer.location).text
    told = db.session.scalars(select(Message).where(Message.purpose == "booking.refund_due")).all()
    assert {message.channel.value for message in told} == {"sms", "email"}


def test_a_payment_for_a_cancelled_booking_is_owed_back(db, client):
    booking = ordered()
    confirming.cancel(booking, "")
    db.session.commit()

    verify(client, booking, proof(booking))

    assert booking.state == BookingState.REFUND_DUE


def test_a_payment_after_the_desk_confirmed_changes_nothing_more(db, client):
    booking = ordered()
    confirming.confirm_by_hand(booking)
    db.session.commit()

    assert verify(client, booking, proof(booking)).status_code == 303

    assert booking.state == BookingState.CONFIRMED
    assert notifications(db) == 1


def test_holds_that_ran_out_are_marked_once(db):
    booking = ordered()
    lapse(booking)

    assert confirming.expire_holds() == 1
    assert confirming.expire_holds() == 0
    assert booking.state == BookingState.EXPIRED
    assert len(audited(db, "booking.expired")) == 1


def test_the_whole_of_verify_payment_is_few_statements(db, client, statements):
    booking = ordered()
    sent = proof(booking)
    db.session.commit()

    with statements() as first:
        verify(client, booking, sent)
    with statements() as again:
        verify(client, booking, sent)

    assert len(first) <= 22, "\n".join(first)
    assert len(again) <= 9, "\n".join(again)
    assert db.session.get(Booking, booking.id)
