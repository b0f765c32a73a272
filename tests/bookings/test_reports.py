"""The provider's own reports are kept, and believed when they fit."""

import pytest
from sqlalchemy import func, select

from tests.bookings.asking import audited, notifications, tell, verify
from tests.bookings.making import (
    ordered,
    proof,
    report,
    signed,
    the_payment,
)
from webapp.bookings.models import BookingState, PaymentState
from webapp.messages.models import EventState, ProviderEvent


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
