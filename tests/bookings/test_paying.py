"""A payment is believed when it is proved, and by that alone."""

import pytest
from sqlalchemy import select

from tests.bookings.asking import audited, notifications, verify
from tests.bookings.making import (
    a_service,
    held,
    ordered,
    proof,
    the_payment,
)
from webapp.bookings.models import Booking, BookingState, PaymentState
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job


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

    stranger = client.post(where, data=failed)
    back = client.post(f"{where}?booked={booking.token}", data=failed)

    assert back.location == f"/booked/{booking.token}"
    assert "did not go through" in client.get(back.location).text
    assert stranger.status_code == 400
    assert booking.token not in stranger.text


def test_the_whole_of_verify_payment_is_few_statements(db, client, statements):
    booking = ordered()
    sent = proof(booking)
    db.session.commit()

    with statements() as first:
        verify(client, booking, sent)
    with statements() as again:
        verify(client, booking, sent)

    assert len(first) <= 15, "\n".join(first)
    assert len(again) <= 6, "\n".join(again)
    assert db.session.get(Booking, booking.id)
