"""What was done is added up: right however often, whenever, and whoever ends jobs meanwhile."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import func, select

from tests.bookings.making import a_service
from tests.charts.ended import ended
from webapp.bookings.finding import house_zone
from webapp.charts import history
from webapp.charts.hours import day_of, hour_of, pieces
from webapp.charts.models import Grain
from webapp.charts.models import history as table
from webapp.jobs.acting import asking
from webapp.jobs.kinds import JobKind, Queue
from webapp.jobs.models import JobState
from webapp.jobs.queue import enqueue

NOON = datetime(2026, 11, 20, 12, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KOLKATA = ZoneInfo("Asia/Kolkata")


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def add_up(db, queue):
    """Return what lets the job run that adds up, to its end."""

    def run():
        job = enqueue(JobKind.HISTORY_WRITE)
        db.session.commit()
        queue.run()
        db.session.refresh(job)
        assert job.state == JobState.SUCCESS, job.traceback
        return job

    return run


def counts(sums):
    return sums.done, sums.failed, sums.stopped


def of_nothing(since, until, **how):
    return counts(history.span(since, until, house_zone(), kind=JobKind.NOTHING, **how))


def test_endings_are_counted_by_hour_kind_and_queue(clock, add_up):
    for state in (JobState.SUCCESS, JobState.SUCCESS, JobState.FAILURE, JobState.REVOKED):
        ended(NOON - timedelta(minutes=5), state)
    ended(NOON - HOUR, kind=JobKind.EXPORT_WRITE)

    add_up()

    assert of_nothing(NOON - timedelta(minutes=9), NOON) == (2, 1, 1)
    assert of_nothing(NOON - 3 * HOUR, NOON - HOUR) == (0, 0, 0)
    assert of_nothing(NOON - DAY, NOON, queue=Queue.BULK) == (0, 0, 0)
    assert history.span(NOON - DAY, NOON, house_zone(), queue=Queue.BULK).done == 1


def test_how_long_jobs_waited_and_ran_is_told_and_can_be_added(clock, add_up):
    for number in range(100):
        ended(NOON - (number % 2) * HOUR, waited=0.05 if number < 90 else 45, ran=1.5)

    add_up()
    sums = history.span(NOON - DAY, NOON, house_zone(), kind=JobKind.NOTHING)

    assert sums.waited.number == 100
    assert sums.waited.mean == pytest.approx(4.545, abs=0.01)
    assert sums.waited.p50 < 0.1
    assert 30 < sums.waited.p95 <= 60
    assert 1 < sums.ran.p50 < 2


def test_adding_up_again_and_after_a_long_pause_changes_nothing(clock, add_up, db):
    ended(NOON - 9 * DAY)
    add_up()
    ended(NOON - HOUR)
    add_up()
    first = _rows(db)
    add_up()
    assert _rows(db) == first

    clock.shift(timedelta(days=3))
    ended(NOON + DAY)
    add_up()

    assert of_nothing(NOON - 10 * DAY, NOON + 4 * DAY) == (3, 0, 0)
    assert of_nothing(NOON - 40 * DAY, NOON + 4 * DAY) == (3, 0, 0)


def test_an_ending_that_is_stored_later_than_it_happened_is_counted(clock, add_up):
    ended(NOON - timedelta(minutes=20))
    add_up()

    ended(NOON - timedelta(minutes=20))  # its transaction took a while
    clock.shift(HOUR)
    add_up()

    assert of_nothing(NOON - HOUR, NOON) == (2, 0, 0)


def test_a_failure_that_is_run_again_and_succeeds_is_one_failed_and_one_done(clock, add_up, db):
    job = ended(NOON - timedelta(minutes=3), JobState.FAILURE)
    add_up()
    asking.retry(job)
    db.session.commit()
    add_up()

    assert of_nothing(NOON - HOUR, NOON + DAY) == (1, 1, 0)
    add_up()
    assert of_nothing(NOON - HOUR, NOON + DAY) == (1, 1, 0)


def test_what_has_been_added_up_stays_when_the_jobs_are_gone(clock, add_up, db):
    job = ended(NOON - 5 * HOUR)
    add_up()
    db.session.delete(job)
    db.session.commit()

    add_up()

    assert of_nothing(NOON - DAY, NOON) == (1, 0, 0)


def test_hours_are_forgotten_after_a_hundred_days_and_days_after_four_hundred(clock, add_up, db):
    ended(NOON)
    add_up()
    clock.shift(timedelta(days=110))
    ended(NOON + timedelta(days=110))
    add_up()
    assert of_nothing(NOON - DAY, NOON + 110 * DAY) == (2, 0, 0)
    assert _first(db, Grain.HOUR) > NOON + DAY

    clock.shift(timedelta(days=300))
    add_up()
    assert _first(db, Grain.DAY) > NOON + DAY


def test_the_sums_survive_another_clock_of_the_house(clock, add_up, db):
    for minutes in range(0, 24 * 60, 25):
        ended(NOON - timedelta(minutes=minutes))
    add_up()

    a_service(zone="Asia/Kolkata")  # the house goes by the clock of its services
    db.session.commit()
    clock.shift(6 * HOUR)
    add_up()

    number = len(range(0, 24 * 60, 25))
    assert of_nothing(NOON - 2 * DAY, NOON + DAY) == (number, 0, 0)
    assert of_nothing(NOON - 40 * DAY, NOON + DAY) == (number, 0, 0)


def test_days_after_the_short_one_on_which_the_clocks_go_forward_are_told_without_it(
    clock, add_up, db
):
    a_service(zone="Europe/Berlin")
    short_day = datetime(2026, 3, 29, 10, 0, tzinfo=UTC)
    clock.move_to(short_day + 40 * DAY)
    for back in (short_day, short_day + DAY):
        ended(back)
    add_up()

    following = datetime(2026, 3, 29, 22, 0, tzinfo=UTC)  # midnight in Berlin
    assert of_nothing(following, following + 40 * DAY) == (1, 0, 0)
    assert of_nothing(following - HOUR, following + 40 * DAY) == (2, 0, 0)


@pytest.mark.parametrize(
    "zone", ["Asia/Kolkata", "Europe/Berlin", "Australia/Lord_Howe", "America/Havana"]
)
@pytest.mark.parametrize("floor", [hour_of, day_of])
def test_a_year_is_divided_without_gap_or_overlap(zone, floor):
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    found = list(pieces(begin, begin + 365 * DAY, ZoneInfo(zone), floor))

    assert found[0].begin == begin
    assert all(one.end == other.begin for one, other in pairwise(found))
    assert all(one.begin < one.end for one in found)
    assert len(found) <= (8_800 if floor is hour_of else 367)


def _rows(db):
    """Return all but the job's own endings."""
    query = select(table).where(table.c.kind == JobKind.NOTHING)
    return sorted(db.session.execute(query).all())


def _first(db, grain):
    found = db.session.scalar(select(func.min(table.c.at)).where(table.c.grain == grain))
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
