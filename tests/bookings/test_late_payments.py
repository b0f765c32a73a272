"""A payment that comes too late gets its time if it is free, and is owed back if not."""

import secrets

from sqlalchemy import select

from tests.bookings.asking import audited, notifications, verify
from tests.bookings.making import (
    MEERA,
    a_service,
    lapse,
    ordered,
    proof,
)
from webapp.bookings import confirming, holding
from webapp.bookings.models import BookingState
from webapp.messages.models import Message


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
