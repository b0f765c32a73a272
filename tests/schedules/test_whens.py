"""When a schedule runs: by the clock of a place, also where clocks are put back and forward; and what was meant."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from webapp.schedules import whens
from webapp.schedules.meant import NotATime
from webapp.schedules.words import words_of


def runs(text, zone, after, count=3):
    """Return the next runs as the clock on the wall shows them, with its distance from UTC."""
    where = ZoneInfo(zone)
    moment = datetime.fromisoformat(after).replace(tzinfo=where)
    found = whens.next_runs(whens.parse(text), where, moment.astimezone(UTC), count)
    return [f"{run.astimezone(where):%d %b %H:%M %z}" for run in found]


@pytest.mark.parametrize(
    ("text", "zone", "after", "expected"),
    [
        # Spring: 02:00 to 03:00 is left out on 29 March 2026, and what was due then runs at 03:00.
        ("30 2 * * *", "Europe/Berlin", "2026-03-28 02:30",
         ["29 Mar 03:00 +0200", "30 Mar 02:30 +0200", "31 Mar 02:30 +0200"]),
        ("0 2 * * *", "Europe/Berlin", "2026-03-27 12:00",
         ["28 Mar 02:00 +0100", "29 Mar 03:00 +0200", "30 Mar 02:00 +0200"]),
        # Autumn: 02:00 to 03:00 comes twice on 25 October 2026, and a daily run comes once.
        ("30 2 * * *", "Europe/Berlin", "2026-10-24 12:00",
         ["25 Oct 02:30 +0200", "26 Oct 02:30 +0100", "27 Oct 02:30 +0100"]),
        # What runs each hour does so in both of the hours that the clock calls two.
        ("0 * * * *", "Europe/Berlin", "2026-10-25 01:30",
         ["25 Oct 02:00 +0200", "25 Oct 02:00 +0100", "25 Oct 03:00 +0100"]),
        ("0 * * * *", "Europe/Berlin", "2026-03-29 00:30",
         ["29 Mar 01:00 +0100", "29 Mar 03:00 +0200", "29 Mar 04:00 +0200"]),
        ("0 2 * * *", "America/New_York", "2026-03-07 12:00",
         ["08 Mar 03:00 -0400", "09 Mar 02:00 -0400", "10 Mar 02:00 -0400"]),
        ("30 1 * * *", "America/New_York", "2026-10-31 12:00",
         ["01 Nov 01:30 -0400", "02 Nov 01:30 -0500", "03 Nov 01:30 -0500"]),
        ("0 2 * * *", "Asia/Kolkata", "2026-03-28 12:00",
         ["29 Mar 02:00 +0530", "30 Mar 02:00 +0530", "31 Mar 02:00 +0530"]),
        ("0 6 L * *", "Asia/Kolkata", "2026-01-30 12:00",
         ["31 Jan 06:00 +0530", "28 Feb 06:00 +0530", "31 Mar 06:00 +0530"]),
    ],
)  # fmt: skip
def test_the_next_runs_are_those_of_the_clock_on_the_wall(text, zone, after, expected):
    assert runs(text, zone, after) == expected


def test_a_time_that_comes_twice_is_over_when_its_first_coming_is_over():
    berlin = ZoneInfo("Europe/Berlin")
    second_ten_past_two = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)

    found = whens.parse("30 2 * * *").after(second_ten_past_two, berlin)

    assert found == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_so_many_seconds_are_counted_from_midnight_and_not_from_the_last_run():
    after = datetime(2026, 11, 20, 10, 3, 7, tzinfo=UTC)

    found = whens.next_runs(whens.parse("every 15 seconds"), ZoneInfo("UTC"), after, 2)

    assert [run.second for run in found] == [15, 30]
    assert whens.parse("Every 300 seconds") == whens.parse("every 5 minutes")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2:00", "“2:00” is a time. Each day at 02:00 is: 0 2 * * *"),
        ("at 2.30 pm", "30 14 * * *"),
        ("12 am", "0 0 * * *"),
        ("daily", "0 2 * * *"),
        ("@daily", "0 2 * * *"),
        ("@reboot", "no run at a restart"),
        ("every weekday", "0 6 * * 1-5"),
        ("Every day at 7:15", "15 7 * * *"),
        ("Mondays", "0 6 * * 1"),
        ("every sunday at 9:00", "0 9 * * 0"),
        ("5m", "every 5 minutes"),
        ("every 2 days", "0 2 */2 * *"),
        ("0 0 2 * * *", "Did you mean 0 2 * * *"),
        ("0 2 * *", "has 4 fields"),
        ("tomorrow", "Five fields are needed"),
        ("", "Say when it runs"),
        ("60 * * * *", "“60” is no minute: that goes from 0 to 59"),
        ("0 24 * * *", "Midnight is 0"),
        ("0 2 * * 8", "Sunday is 0"),
        ("0 2 * 13 *", "“13” is no month"),
        ("0 2 * * monday", "Write MON"),
        ("0 2 * * FRI-MON", "Say it in two: 5-6,0-1"),
        ("0 22-6 * * *", "Say it in two: 22-23,0-6"),
        ("*/0 * * * *", "Every 0 is never"),
        ("*/90 * * * *", "Such as: every 90 minutes"),
        ("? 2 * * *", "Write * where any will do"),
        ("0 0 30 2 *", "There is no such day"),
        ("0 0 31 4,6 *", "There is no such day"),
        ("every 5 seconds", "too often"),
        ("every 0 minutes", "too often"),
        ("every 99 hours", "more than a day"),
        ("٢ 2 * * *", "is no minute"),
        ("9" * 5_000, "At most 100 characters"),
    ],
)
def test_what_is_no_cron_text_is_refused_with_what_was_meant(typed, meant):
    with pytest.raises(NotATime) as refused:
        whens.parse(typed)

    assert meant in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 2 * * *", "Each day at 02:00"),
        ("15 * * * *", "Each hour, 15 minutes past"),
        ("0 6 * * 1", "Each Monday at 06:00"),
        ("0 6 * * sun", "Each Sunday at 06:00"),
        ("0 6 22 * *", "On the 22nd of each month at 06:00"),
        ("0 6 L * *", "On the last day of each month at 06:00"),
        ("every 60 seconds", "Every minute"),
        ("every 90 minutes", "Every 90 minutes"),
        ("0 9 * * 1-5", "At 09:00 on Monday through Friday"),
    ],
)
def test_it_is_said_back_in_words(text, words):
    assert words_of(whens.parse(text)) == words
