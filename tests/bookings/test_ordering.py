"""The provider's order is opened once, also when its answers get lost, and missed reports heal."""

from datetime import timedelta

import pytest
import razorpay
from sqlalchemy import select, update

from tests.bookings.making import a_service, held, lapse, pay, the_payment
from webapp.bookings import ordering
from webapp.bookings.models import BookingState, PaymentState
from webapp.clock import now
from webapp.extensions import settings
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.queue import enqueue


def orders(sandbox):
    return sandbox.ask("/_/payments")["orders"]


def the_job(db, kind):
    return db.session.scalars(select(Job).where(Job.kind == kind).order_by(Job.id.desc())).first()


def retry_now(db, queue):
    """Let the time until the next try pass."""
    db.session.execute(update(Job).where(Job.state == JobState.RETRY).values(run_at=now()))
    db.session.commit()
    queue.sweep()


def check(db, queue, after=timedelta(minutes=1)):
    """Let the clock ask for payments, as it does every minute."""
    for payment in db.session.scalars(select(type_of_payment())).all():
        if payment.next_check_at:
            payment.next_check_at -= after
    enqueue(JobKind.PAYMENT_CHECK, key="periodic")
    db.session.commit()
    queue.run()


def type_of_payment():
    from webapp.bookings.models import Payment

    return Payment


def test_the_order_is_for_our_amount_and_the_page_offers_to_pay_it(db, client, queue, sandbox):
    booking = held()
    assert "preparing your payment" in client.get(f"/booked/{booking.token}").text

    queue.run()

    [order] = orders(sandbox)
    assert (order["amount"], order["currency"]) == (50000, "INR")
    assert order["receipt"] == the_payment(booking).receipt
    page = client.get(f"/booked/{booking.token}")
    assert f'value="{order["id"]}"' in page.text
    assert settings().razorpay.base_url in page.headers["Content-Security-Policy"]


def test_the_providers_own_library_finds_the_order_and_its_signature_is_ours(
    db, client, queue, sandbox
):
    account = settings().razorpay
    booking = held()
    queue.run()
    proof = pay(sandbox, booking)
    library = razorpay.Client(auth=(account.key_id, account.key_secret), base_url=account.base_url)

    assert library.order.fetch(proof["razorpay_order_id"])["status"] == "paid"
    assert library.utility.verify_payment_signature(proof)
    assert client.post(f"/bookings/{booking.id}/verify-payment", data=proof).status_code == 303
    assert booking.state == BookingState.CONFIRMED


def test_a_lost_answer_opens_no_second_order(db, queue, sandbox):
    sandbox.fault(provider="razorpay", fault="lost_answer", on="order", times=1)
    booking = held()
    queue.run()
    assert the_job(db, JobKind.PAYMENT_ORDER).state == JobState.RETRY
    assert len(orders(sandbox)) == 1

    retry_now(db, queue)
    queue.run()

    [order] = orders(sandbox)
    assert the_payment(booking).order_id == order["id"]
    assert the_payment(booking).state == PaymentState.CREATED


@pytest.mark.parametrize("fault", [{"fault": "error", "code": 500}, {"fault": "throttle"}])
def test_a_provider_that_is_away_is_asked_again_later(db, queue, sandbox, fault):
    sandbox.fault(provider="razorpay", on="order", times=1, **fault)
    booking = held()
    queue.run()
    job = the_job(db, JobKind.PAYMENT_ORDER)
    assert job.state == JobState.RETRY
    assert job.error == "The payment provider did not answer."

    retry_now(db, queue)
    queue.run()

    assert the_payment(booking).state == PaymentState.CREATED


def test_a_refused_order_says_so_to_the_desk_and_to_the_customer(db, client, queue, sandbox):
    sandbox.fault(
        provider="razorpay",
        fault="error",
        on="order",
        code=400,
        message="Currency is not supported",
    )
    booking = held()

    queue.run()

    job = the_job(db, JobKind.PAYMENT_ORDER)
    assert job.state == JobState.FAILURE
    assert "Currency is not supported" in job.error
    assert the_payment(booking).state == PaymentState.FAILED
    assert "cannot be prepared" in client.get(f"/booked/{booking.token}").text


def test_a_hold_that_ran_out_meanwhile_needs_no_order(db, queue, sandbox):
    booking = held()
    lapse(booking)

    queue.run()

    assert orders(sandbox) == []
    assert the_job(db, JobKind.PAYMENT_ORDER).state == JobState.SUCCESS


def test_a_payment_that_nobody_reported_is_found_within_two_minutes(db, queue, sandbox):
    booking = held()
    queue.run()
    pay(sandbox, booking)
    assert the_payment(booking).next_check_at <= now() + timedelta(minutes=1)

    check(db, queue)

    assert booking.state == BookingState.CONFIRMED
    assert the_payment(booking).captured_at
    assert the_payment(booking).next_check_at is None


def test_a_payment_that_is_only_promised_is_taken(db, queue, sandbox):
    sandbox.ask("/_/settings", {"auto_capture": False})
    booking = held()
    queue.run()
    pay(sandbox, booking)

    check(db, queue)
    sandbox.ask("/_/settings", {"auto_capture": True})

    [payment] = sandbox.ask("/_/payments")["payments"]
    assert payment["status"] == "captured"
    assert booking.state == BookingState.CONFIRMED


def test_a_payment_proved_by_the_browser_is_asked_for_until_it_is_captured(
    db, client, queue, sandbox
):
    booking = held()
    queue.run()
    client.post(f"/bookings/{booking.id}/verify-payment", data=pay(sandbox, booking))
    assert the_payment(booking).captured_at is None

    check(db, queue)

    assert the_payment(booking).captured_at
    assert booking.state == BookingState.CONFIRMED


def test_the_check_ends_holds_and_asks_ever_more_rarely(db, queue, sandbox):
    booking = held()
    queue.run()
    lapse(booking)

    check(db, queue)

    assert booking.state == BookingState.EXPIRED
    assert the_payment(booking).next_check_at > now() + timedelta(seconds=50)
    an_hour, a_week = now() - timedelta(hours=1), now() - timedelta(days=7)
    assert ordering.next_check(an_hour) > now() + timedelta(minutes=5)
    assert ordering.next_check(a_week) is None


def test_a_late_payment_that_nobody_reported_is_found_too(db, queue, sandbox):
    booking = held()
    queue.run()
    lapse(booking)
    check(db, queue)
    pay(sandbox, booking)

    check(db, queue, after=timedelta(minutes=2))

    assert booking.state == BookingState.CONFIRMED


def test_a_provider_that_is_away_at_the_check_is_asked_again(db, queue, sandbox):
    booking = held()
    queue.run()
    pay(sandbox, booking)
    sandbox.fault(provider="razorpay", fault="error", on="payments", code=503, times=1)
    check(db, queue)
    assert the_job(db, JobKind.PAYMENT_CHECK).state == JobState.RETRY

    retry_now(db, queue)
    queue.run()

    assert booking.state == BookingState.CONFIRMED


def test_a_free_booking_asks_the_provider_nothing(db, queue, sandbox):
    held(a_service(price=0))

    queue.run()

    assert orders(sandbox) == []
