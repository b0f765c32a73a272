"""While bookings are paid, whatever can be killed is killed: nothing is lost, nothing is doubled."""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests.chaos.accidents import plan
from tests.chaos.customers import Due, Payers, prepare
from tests.chaos.watching import (
    ARRIVED,
    accepted,
    all_quiet,
    look_after,
    told,
    unknown,
    wrong_jobs,
)
from tests.stack import Stack
from webapp.accounts.models import AuditEntry
from webapp.bookings.models import Booking, BookingState
from webapp.clock import now
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.messages.models import Message, MessageState

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1200)]

BOOKINGS = int(os.environ.get("CHAOS_BOOKINGS", "120"))
ROUNDS = max(1, BOOKINGS // 200)
CHANNELS = ("email", "sms", "whatsapp")
#: Customers come as fast as they are told, and so many faster: the work spans all accidents.
AHEAD = 30


def test_nothing_is_lost_and_nothing_is_told_twice(stack, chaos_seed):
    chance = random.Random(chaos_seed)
    stack.sandbox.ask("/_/settings", {"webhook_longest_gap": 4.0})
    due = prepare(stack, BOOKINGS)
    with Payers(stack, due, lambda paid: paid < told(stack) / 3 + AHEAD) as payers:
        for share, accident in plan(chance, rounds=ROUNDS):
            look_after(stack, lambda share=share: told(stack) >= share * 3 * BOOKINGS)
            time.sleep(chance.uniform(0, 0.3))
            print(f"{now():%H:%M:%S.%f} {told(stack):5} told: {accident.__name__}")
            accident(stack, chance)
        look_after(stack, lambda: payers.finished)
    began = time.monotonic()
    look_after(stack, lambda: told(stack) >= 3 * BOOKINGS, within=60)
    calm = time.monotonic() - began
    look_after(stack, lambda: all_quiet(stack), within=60)
    print(
        f"seed {chaos_seed}: {payers.repeated} answers got lost, {slowest(stack)}, "
        f"all were told {calm:.1f} s after the last payment, {unknown(stack)} unknown"
    )

    assert payers.problems + list(violations(stack, due)) == []


def slowest(stack: Stack) -> str:
    """Describe the job that took longest from its cause to its end."""
    jobs = stack.look(lambda s: s.query(Job).filter_by(kind=JobKind.BOOKING_NOTIFY).all())
    job = max(jobs, key=lambda job: job.finished_at - job.created_at)
    spent = (job.finished_at - job.created_at).total_seconds()
    return (
        f"the slowest job ended {spent:.1f} s after it was asked for "
        f"({job.created_at:%H:%M:%S}, started at {job.started_at:%H:%M:%S} as attempt {job.attempt})"
    )


def violations(stack: Stack, due: list[Due]) -> Iterator[str]:
    """Go through everything that is not as it was promised."""
    with stack.session() as session:
        yield from wrong_jobs(session)
        yield from wrong_bookings(session, due)
        yield from wrong_messages(session, due, accepted(stack))


def wrong_bookings(session: Session, due: list[Due]) -> Iterator[str]:
    confirmed = Counter(
        int(entry.subject_id or 0)
        for entry in session.query(AuditEntry).filter_by(action="booking.confirmed")
    )
    jobs = Counter(
        int(job.subject_id or 0)
        for job in session.query(Job).filter_by(kind=JobKind.BOOKING_NOTIFY)
    )
    for booking_id, _ in due:
        booking = session.get_one(Booking, booking_id)
        if booking.state != BookingState.CONFIRMED or not booking.paid:
            yield f"booking {booking_id} is {booking.state}"
        if (confirmed[booking_id], jobs[booking_id]) != (1, 1):
            yield f"booking {booking_id}: confirmed {confirmed[booking_id]} times, {jobs[booking_id]} jobs"


def wrong_messages(session: Session, due: list[Due], times: dict[str, int]) -> Iterator[str]:
    written: dict[int, list[Message]] = {one.booking_id: [] for one in due}
    for message in session.query(Message):
        written[int(message.subject_id or 0)].append(message)
        allowed = {0, 1} if message.state == MessageState.UNKNOWN else {1}
        found = times.get(f"{message.channel}:{message.id}", 0)
        if message.state not in (*ARRIVED, MessageState.UNKNOWN) or found not in allowed:
            yield f"a {message.channel} is {message.state} and was accepted {found} times"
    for booking_id, messages in written.items():
        if sorted(message.channel for message in messages) != list(CHANNELS):
            yield f"booking {booking_id} has {[message.channel for message in messages]}"
    if len(times) > 3 * len(due):
        yield f"{len(times)} messages were accepted, {3 * len(due)} belong to bookings"
