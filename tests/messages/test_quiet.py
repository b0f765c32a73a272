"""Nobody is written to at night, by the clock of where he is."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from webapp.messages.quiet import window

ZONES = (
    "America/New_York", "America/Los_Angeles", "America/Sao_Paulo", "America/St_Johns", "America/Havana",
    "America/Asuncion", "America/Santiago", "Europe/London", "Europe/Dublin", "Europe/Berlin", "Europe/Lisbon",
    "Africa/Cairo", "Africa/Casablanca", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tehran", "Asia/Beirut",
    "Asia/Jerusalem", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Chatham",
    "Pacific/Apia", "Pacific/Kiritimati",
)  # fmt: skip
NIGHTS = (("21:00", "09:00"), ("00:30", "02:30"), ("01:30", "03:00"), ("23:15", "01:45"))


def changes(zone: str, year: int) -> list[datetime]:
    """Return the moments at which the clocks of a zone are changed, or two ordinary days."""
    where, moment, found = ZoneInfo(zone), datetime(year, 1, 1, tzinfo=UTC), []
    for _ in range(365 * 24 * 2):
        later = moment + timedelta(minutes=30)
        if moment.astimezone(where).utcoffset() != later.astimezone(where).utcoffset():
            found.append(later)
        moment = later
    return found or [datetime(year, 3, 1, tzinfo=UTC), datetime(year, 10, 1, tzinfo=UTC)]


@pytest.mark.parametrize("zone", ZONES)
def test_no_moment_inside_the_quiet_hours_is_ever_open(zone):
    where = ZoneInfo(zone)
    for change in changes(zone, 2026)[:2]:
        for quiet_from, quiet_until in NIGHTS:
            for step in range(-36 * 3, 36 * 3):
                moment = change + timedelta(minutes=20 * step)
                opens, closes = window(zone, quiet_from, quiet_until, moment)
                assert moment <= opens < closes
                assert opens - moment <= timedelta(hours=25)
                last = closes - timedelta(microseconds=1)
                for open_at in (opens, last, opens + (last - opens) / 2):
                    assert not is_quiet(open_at.astimezone(where), quiet_from, quiet_until)
                if opens > moment:
                    assert is_quiet_or_changing(opens, where, quiet_from, quiet_until)


def is_quiet(wall: datetime, quiet_from: str, quiet_until: str) -> bool:
    clock = wall.strftime("%H:%M")
    if quiet_from < quiet_until:
        return quiet_from <= clock < quiet_until
    return clock >= quiet_from or clock < quiet_until


def is_quiet_or_changing(
    opens: datetime, where: ZoneInfo, quiet_from: str, quiet_until: str
) -> bool:
    before = opens - timedelta(minutes=1)
    wall = before.astimezone(where)
    changing = {
        (before + timedelta(hours=hours)).astimezone(where).utcoffset() for hours in (-2, 2)
    }
    return is_quiet(wall, quiet_from, quiet_until) or len(changing) > 1


def test_without_quiet_hours_every_moment_is_open():
    moment = datetime(2026, 5, 1, 3, tzinfo=UTC)
    for quiet_from, quiet_until in ((None, None), ("21:00", None), ("09:00", "09:00")):
        assert window("Asia/Kolkata", quiet_from, quiet_until, moment) == (moment, None)


def test_a_zone_that_does_not_exist_is_utc():
    night = datetime(2026, 5, 1, 23, tzinfo=UTC)
    assert window("Mars/Olympus", "21:00", "09:00", night).opens == datetime(
        2026, 5, 2, 9, tzinfo=UTC
    )
