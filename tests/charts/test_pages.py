"""The page of the charts."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from selectolax.lexbor import LexborHTMLParser

from tests.bookings.conftest import statements as statements
from tests.charts.ended import ended
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import JobState
from webapp.jobs.queue import enqueue

NOON = datetime(2026, 11, 20, 12, 10, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def a_day(clock, db, queue):
    """Make a day of work, added up."""
    for hours in range(6):
        ended(NOON - timedelta(hours=hours), waited=20)
        ended(NOON - timedelta(hours=hours), kind=JobKind.EXPORT_WRITE)
    ended(NOON - timedelta(hours=2), JobState.FAILURE)
    enqueue(JobKind.HISTORY_WRITE)
    db.session.commit()
    queue.run()


def page_of(answer, status=200):
    assert answer.status_code == status
    return LexborHTMLParser(answer.text)


def numbers(page, chart):
    rows = page.css(f"#{chart} tbody tr")
    return [[cell.text(strip=True) for cell in row.css("td")] for row in rows]


def test_each_chart_says_what_it_shows_and_has_its_numbers_beneath(a_day, vera):
    page = page_of(vera.get("/charts"))

    for chart in ("chart-ended", "chart-failed", "chart-waited", "chart-ran"):
        drawing = page.css_first(f"#{chart} svg[role=img]")
        assert drawing.css_first("title").text(strip=True)
        assert drawing.css_first("desc").text(strip=True)
        assert len(numbers(page, chart)) == 24
    assert ["Fri 20 Nov, 10:00", "2", "1", "0"] in numbers(page, "chart-ended")
    assert ["Fri 20 Nov, 10:00", "1"] in numbers(page, "chart-failed")
    assert "13 done" not in page.css_first("#chart-ended desc").text()
    assert "12 done, 1 failed" in page.css_first("#chart-ended desc").text()
    assert page.css_first("[style]") is None


@pytest.mark.parametrize(
    ("asked", "slots"),
    [
        ("span=week", 28),
        ("span=month", 31),
        ("span=year", 53),
        ("from=2026-11-19&to=2026-11-20", 37),
        ("from=2026-11-01", 20),
        ("from=2026-02-01&to=2026-11-20", 43),
    ],
)
def test_a_longer_span_shows_the_same_work_in_longer_steps(a_day, vera, asked, slots):
    page = page_of(vera.get(f"/charts?{asked}&kind=jobs.nothing"))

    found = numbers(page, "chart-ended")
    assert len(found) == slots
    assert sum(int(row[1]) for row in found) == 6


def test_the_work_can_be_chosen_by_kind_and_queue(a_day, vera):
    page = page_of(vera.get("/charts?queue=bulk"))
    assert "6 done, 0 failed" in page.css_first("#chart-ended desc").text()
    assert "Write the file" in page.css_first("#by-kind + .card").text()
    assert "Test that a worker answers" not in page.css_first("#by-kind + .card").text()


def test_it_is_few_questions_to_the_database(a_day, vera, statements):
    with statements() as asked:
        vera.get("/charts?span=year")
    assert len(asked) <= 8, asked


def test_before_anything_is_added_up_it_says_so(clock, vera):
    assert "Nothing has been added up yet" in vera.get("/charts").text


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("span=decade", "There is no such span."),
        ("kind=nonsense", "There is no such kind of job."),
        ("queue=nonsense", "There is no such queue."),
        ("from=yesterday", "This is no day."),
        ("from=2026-11-20&to=2026-13-01", "This is no day."),
        ("from=2026-11-19&to=2026-11-18", "The first day is after the last one"),
        ("from=2027-01-01", "has not come yet"),
        ("from=2020-01-01", "Charts reach back 400 days."),
        ("from=0001-01-01", "Charts reach back 400 days."),
    ],
)
def test_what_makes_no_sense_is_told_at_its_place_and_kept(clock, vera, asked, told):
    page = page_of(vera.get(f"/charts?{asked}"), 422)

    assert told in page.css_first("#problem").text()
    if "from=" in asked:
        value = asked.split("from=")[1].split("&")[0]
        assert page.css_first("#from").attributes["value"] == value
