"""A time is held once, for one form, and never sold twice."""

import secrets
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.bookings.making import MEERA, a_service, a_time, held, in_threads, lapse, the_payment
from webapp.bookings import holding
from webapp.bookings.holding import NotFree
from webapp.bookings.models import Booking, BookingState
from webapp.clock import now
from webapp.customers.contacts import Contact
from webapp.customers.models import Customer
from webapp.jobs.models import Job
from webapp.services.models import Service


def test_a_hold_keeps_the_time_asks_for_its_order_and_knows_the_customer(db, queue):
    service = a_service()

    booking = held(service)

    assert booking.state == BookingState.HELD
    assert booking.hold_until > now() + timedelta(minutes=9)
    assert booking.customer.phone == MEERA.phone
    assert queue.names() == ["payments.order"]
    with pytest.raises(NotFree, match="just taken"):
        holding.hold(service, booking.starts_at, MEERA, form_key="another")


def test_a_free_service_is_confirmed_at_once_and_asks_for_no_payment(db, queue):
    booking = held(a_service(price=0))

    assert booking.state == BookingState.CONFIRMED
    assert booking.payment is None
    assert queue.names() == ["bookings.notify"]


def test_a_hold_that_ran_out_makes_room(db):
    service = a_service()
    first = held(service)
    lapse(first)

    second = holding.hold(service, first.starts_at, MEERA, form_key="another")

    assert second.id != first.id
    assert first.standing == BookingState.EXPIRED


def test_as_many_as_the_capacity_get_the_same_time(db):
    service = a_service(capacity=2)
    moment = a_time(service)
    for key in ("a", "b"):
        holding.hold(service, moment, MEERA, form_key=key)

    with pytest.raises(NotFree):
        holding.hold(service, moment, MEERA, form_key="c")


@pytest.mark.parametrize("seconds", [1, 7 * 60, -86_400, 86_400 * 400])
def test_a_time_that_is_not_offered_cannot_be_held(db, seconds):
    service = a_service()

    with pytest.raises(NotFree, match="not offered"):
        holding.hold(service, a_time(service) + timedelta(seconds=seconds), MEERA, form_key="a")


def test_a_booking_of_another_length_still_blocks_what_it_overlaps(db):
    service = a_service(minutes=60)
    first = held(service)
    service.minutes = 30
    db.session.commit()

    with pytest.raises(NotFree):
        holding.hold(service, first.starts_at + timedelta(minutes=30), MEERA, form_key="b")


def test_fifty_people_at_once_get_one_time_once(app, db):
    service = a_service()
    service_id, moment = service.id, a_time(service)
    db.session.commit()

    def book(number):
        who = Contact(f"Guest {number}", f"+9198123456{number:02d}", None)
        try:
            holding.hold(db.session.get_one(Service, service_id), moment, who, form_key=str(number))
            db.session.commit()
        except NotFree:
            db.session.rollback()
            return 0
        return 1

    assert sum(in_threads(app, 50, book)) == 1
    assert db.session.scalar(select(func.count()).select_from(Booking)) == 1
    assert db.session.scalar(select(func.count()).select_from(Customer)) == 1


def test_the_same_form_fifty_times_at_once_is_one_booking_with_one_job(app, db):
    service = a_service()
    service_id, moment, key = service.id, a_time(service), secrets.token_hex(16)
    db.session.commit()

    def book(_number):
        booking = holding.hold(db.session.get_one(Service, service_id), moment, MEERA, form_key=key)
        db.session.commit()
        return booking.id

    assert len(set(in_threads(app, 50, book))) == 1
    assert db.session.scalar(select(func.count()).select_from(Booking)) == 1
    assert db.session.scalar(select(func.count()).select_from(Job)) == 1


def test_a_new_customer_who_books_ten_services_at_once_is_one_customer(app, db):
    ids = [a_service().id for _ in range(10)]
    moment = a_time(db.session.get_one(Service, ids[0]))
    db.session.commit()

    def book(number):
        service = db.session.get_one(Service, ids[number])
        holding.hold(service, moment, MEERA, form_key=str(number))
        db.session.commit()

    in_threads(app, 10, book)

    assert db.session.scalar(select(func.count()).select_from(Customer)) == 1
    assert db.session.scalar(select(func.count()).select_from(Booking)) == 10


def test_the_receipt_fits_the_provider_and_is_the_bookings_own(db):
    first, second = held(), held()

    assert the_payment(first).receipt != the_payment(second).receipt
    assert len(the_payment(first).receipt) <= 40
