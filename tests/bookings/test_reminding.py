"""A customer is reminded once of what is still to come, by the ways that the customer allows."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from tests.bookings.making import MEERA, a_service, held, utc
from tests.queues import task_bodies
from webapp.bookings import confirming, reminding
from webapp.bookings.models import Booking
from webapp.clock import now
from webapp.extensions import db as database
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.queue import enqueue
from webapp.messages import suppressing
from webapp.messages.channels import Channel
from webapp.messages.models import Message, MessageState, SuppressedBecause
from webapp.services.times import when_words

NOON = utc(2026, 11, 20, 12)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as travelling:
        yield travelling


def booked(hours_ahead=48, *, reminder_hours=24, **service):
    """Return a confirmed booking that begins so many hours from now."""
    booking = held(a_service(price=0, reminder_hours=reminder_hours, **service))
    booking.starts_at = now() + timedelta(hours=hours_ahead)
    booking.ends_at = booking.starts_at + timedelta(minutes=30)
    database.session.commit()
    return booking


def remind(queue) -> Job:
    """Let the clock ask for reminders, and a worker do that and nothing else."""
    job = enqueue(JobKind.BOOKINGS_REMIND, key="periodic")
    database.session.commit()
    queue._run(job.kind.value, job.id)
    return database.session.get_one(Job, job.id)


def reminders(booking=None):
    query = select(Message).where(Message.purpose == "booking.reminder").order_by(Message.id)
    if booking is not None:
        query = query.where(Message.subject_id == str(booking.id))
    return database.session.scalars(query).all()


def test_a_booking_is_reminded_of_once_when_its_time_has_come(db, queue, clock):
    booking = booked(48)
    remind(queue)
    assert reminders() == []

    clock.shift(timedelta(hours=24))
    job = remind(queue)
    remind(queue)

    assert (job.state, job.result) == (JobState.SUCCESS, {"answer": "1 customer reminded."})
    assert {message.channel for message in reminders(booking)} == set(Channel)
    assert len(reminders()) == 3
    told = {message.channel: message for message in reminders()}
    when = when_words(booking.starts_at, booking.zone)
    assert when in told[Channel.SMS].body
    assert f"/booked/{booking.token}" in told[Channel.EMAIL].body
    assert told[Channel.WHATSAPP].template["name"] == "booking_reminder"


def test_each_service_has_a_time_of_its_own_and_may_have_none(db, queue, clock):
    early, late, never = (
        booked(10, reminder_hours=12),
        booked(10, reminder_hours=2),
        booked(10, reminder_hours=0),
    )
    for booking in (early, late, never):
        booking.confirmed_at = NOON - timedelta(days=3)
    db.session.commit()

    remind(queue)
    assert {message.subject_id for message in reminders()} == {str(early.id)}
    clock.shift(timedelta(hours=9))
    remind(queue)

    assert {message.subject_id for message in reminders()} == {str(early.id), str(late.id)}


def test_who_books_later_than_that_is_not_reminded(db, queue, clock):
    booked(3)

    job = remind(queue)
    clock.shift(timedelta(hours=1))
    remind(queue)

    assert reminders() == []
    assert job.result == {"answer": "0 customers reminded."}


def test_nobody_is_reminded_of_what_was_cancelled_or_has_begun(db, queue, clock):
    cancelled, begun = booked(48), booked(47)
    confirming.cancel(cancelled, "")
    db.session.commit()
    clock.shift(timedelta(hours=47))  # the clock was away all day

    remind(queue)

    assert reminders() == []
    assert db.session.get_one(Booking, begun.id).reminded_at is None


def test_a_reminder_that_waits_is_withdrawn_when_the_booking_is_cancelled(db, queue, clock):
    booking = booked(48)
    clock.shift(timedelta(hours=24))
    remind(queue)

    confirming.cancel(booking, "")
    db.session.commit()

    assert {message.state for message in reminders()} == {MessageState.CANCELLED}


def test_a_channel_on_which_the_customer_wants_nothing_is_left_out(db, queue, clock):
    booking = booked(48)
    suppressing.suppress(Channel.SMS, MEERA.phone, SuppressedBecause.STOP)
    db.session.commit()
    clock.shift(timedelta(hours=24))

    remind(queue)

    assert {message.channel for message in reminders(booking)} == {Channel.WHATSAPP, Channel.EMAIL}


def test_a_worker_that_dies_in_the_middle_reminds_nobody_twice(app, db, queue, clock, monkeypatch):
    for _ in range(5):
        booked(48)
    clock.shift(timedelta(hours=24))
    task_bodies(app)
    monkeypatch.setattr(reminding, "BATCH", 2)
    job = enqueue(JobKind.BOOKINGS_REMIND, key="periodic")
    db.session.commit()
    # Killed after its second batch: what is not committed is lost, and its lease runs out.
    run = claimed(job)
    steps = []
    with pytest.raises(KeyboardInterrupt):
        reminding.remind(dying(run, steps))
    db.session.rollback()
    assert len(reminders()) == 6

    clock.shift(timedelta(minutes=5))
    queue._run(job.kind.value, job.id)

    assert len(reminders()) == 15
    assert db.session.get_one(Job, job.id).state == JobState.SUCCESS


def claimed(job):
    from webapp.jobs.claiming import claim

    run = claim(job.id, worker="one that dies")
    assert run is not None
    database.session.commit()
    return run


def dying(run, steps):
    """Return a run that ends its process at its second step, before that is committed."""

    class Dying:
        def step(self, **progress):
            steps.append(progress)
            if len(steps) == 2:
                raise KeyboardInterrupt
            run.step(**progress)

    return Dying()


def test_the_page_of_the_booking_shows_it(db, queue, vera):
    with time_machine.travel(now() + timedelta(minutes=1)):
        booking = booked(48)
        booking.confirmed_at = now() - timedelta(days=2)
        booking.starts_at = now() + timedelta(hours=20)
        db.session.commit()
        remind(queue)

        page = vera.get(f"/bookings/{booking.id}").text

    assert "A reminder:" in page
