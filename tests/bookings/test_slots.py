"""The times on offer follow the service's clock, also where it jumps."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
import time_machine

from tests.bookings.making import MEERA, a_service, held, utc
from webapp.bookings import holding, slots
from webapp.bookings.slots import bookable_days, days, next_free


def walls(service, day):
    """Return the free times of a day as its clock shows them."""
    free = days(service, day, 1)[0].free
    return [moment.astimezone(service.tz).strftime("%H:%M") for moment in free]


def in_berlin(opens, closes, **values):
    hours = {str(day): [[opens * 60, closes * 60]] for day in range(7)}
    return a_service(hours=hours, zone="Europe/Berlin", days_ahead=365, **values)


@time_machine.travel(utc(2026, 3, 20, 12), tick=False)
def test_a_time_that_the_clock_skips_in_spring_is_not_offered(db):
    service = in_berlin(0, 6, minutes=60)

    assert walls(service, date(2026, 3, 28)) == [
        "00:00",
        "01:00",
        "02:00",
        "03:00",
        "04:00",
        "05:00",
    ]
    assert walls(service, date(2026, 3, 29)) == ["00:00", "01:00", "03:00", "04:00", "05:00"]


@time_machine.travel(utc(2026, 10, 20, 12), tick=False)
def test_a_time_that_the_clock_shows_twice_in_autumn_is_offered_once(db):
    service = in_berlin(0, 6, minutes=60)

    assert walls(service, date(2026, 10, 25)) == [
        "00:00",
        "01:00",
        "02:00",
        "03:00",
        "04:00",
        "05:00",
    ]
    assert days(service, date(2026, 10, 25), 1)[0].free[2] == utc(2026, 10, 25, 0)


@time_machine.travel(utc(2026, 3, 20, 12), tick=False)
def test_a_long_time_across_the_jump_ends_before_the_door_closes(db):
    service = in_berlin(0, 3, minutes=120)

    assert walls(service, date(2026, 3, 28)) == ["00:00"]
    # Two hours from 00:00 end at 03:00 on a clock that left out the hour from two to three.
    assert walls(service, date(2026, 3, 29)) == ["00:00"]
    assert walls(in_berlin(1, 3, minutes=120), date(2026, 3, 29)) == []


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/New_York", date(2027, 3, 14)),
        ("America/New_York", date(2026, 11, 1)),
        ("Australia/Lord_Howe", date(2026, 10, 4)),
        ("Australia/Lord_Howe", date(2027, 4, 4)),
        ("Asia/Kathmandu", date(2026, 12, 1)),
        ("Pacific/Apia", date(2026, 12, 1)),
        ("America/Santiago", date(2026, 9, 6)),
    ],
)
@time_machine.travel(utc(2026, 8, 20, 12), tick=False)
def test_every_offered_time_is_on_the_clock_and_none_begins_before_its_turn(db, zone, day):
    service = a_service(zone=zone, days_ahead=365, minutes=30)

    free = days(service, day, 1)[0].free

    assert free
    assert all(later > earlier for earlier, later in pairwise(free))
    assert {moment.astimezone(service.tz).date() for moment in free} == {day}
    assert len({moment.astimezone(service.tz).strftime("%H:%M") for moment in free}) == len(free)


@time_machine.travel(utc(2026, 11, 20, 4, 30), tick=False)
def test_only_what_is_far_enough_ahead_and_near_enough_is_offered(db):
    service = a_service(hours={"4": [[540, 720]]}, lead_minutes=60, days_ahead=7)

    # It is Friday, ten o'clock in Kolkata.
    assert walls(service, date(2026, 11, 20)) == ["11:00", "11:30"]
    assert walls(service, date(2026, 11, 27)) == [
        "09:00",
        "09:30",
        "10:00",
        "10:30",
        "11:00",
        "11:30",
    ]
    assert walls(service, date(2026, 12, 4)) == []
    assert bookable_days(service) == (date(2026, 11, 20), date(2026, 11, 27))


@time_machine.travel(utc(2026, 11, 20, 20), tick=False)
def test_the_day_is_that_of_the_services_clock(db):
    assert bookable_days(a_service(zone="Asia/Kolkata"))[0] == date(2026, 11, 21)
    assert bookable_days(a_service(zone="America/New_York"))[0] == date(2026, 11, 20)


def test_a_break_and_a_rest_that_is_too_short_are_left_out(db):
    service = a_service(hours={str(d): [[540, 600], [640, 700]] for d in range(7)}, minutes=45)
    tomorrow = bookable_days(service)[0] + timedelta(days=1)

    assert walls(service, tomorrow) == ["09:00", "10:40"]


def test_the_next_free_time_skips_what_is_taken(db):
    service = a_service(hours={str(d): [[540, 570]] for d in range(7)}, days_ahead=3)
    first = next_free(service)
    holding.hold(service, first, MEERA, form_key="a")

    assert next_free(service) == first + timedelta(days=1)


def test_a_week_costs_one_question_to_the_database(db, statements):
    service = a_service()
    held(service)
    first, _ = bookable_days(service)

    with statements() as asked:
        slots.days(service, first, 7)

    assert len(asked) == 1
