"""A schedule in the words of people who know no cron text."""

import re
from datetime import UTC, datetime, timedelta

from cronsim import CronSim

from webapp.schedules.meant import DAYS
from webapp.schedules.models import IfMissed
from webapp.schedules.whens import Every, When

IF_MISSED = {
    IfMissed.RUN_ONCE: "It is run once when somebody is there again",
    IfMissed.LEAVE_OUT: "It is left out; the next one runs at its time",
}
_DAILY = re.compile(r"(\d+) (\d+) \* \* \*", re.ASCII)
_HOURLY = re.compile(r"(\d+) \* \* \* \*", re.ASCII)
_WEEKLY = re.compile(r"(\d+) (\d+) \* \* ([0-7]|SUN|MON|TUE|WED|THU|FRI|SAT)", re.ASCII)
_MONTHLY = re.compile(r"(\d+) (\d+) (\d+|L) \* \*", re.ASCII)
ENDINGS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


def words_of(when: When) -> str:
    """Return such as "Each Monday at 06:00"."""
    if isinstance(when, Every):
        return str(when).capitalize()
    text = str(when)
    if said := _HOURLY.fullmatch(text):
        return f"Each hour, {said[1]} minutes past" if int(said[1]) else "Each hour, on the hour"
    if said := _DAILY.fullmatch(text):
        return f"Each day at {clock(said[2], said[1])}"
    if said := _WEEKLY.fullmatch(text):
        return f"Each {DAYS[weekday(said[3])]} at {clock(said[2], said[1])}"
    if said := _MONTHLY.fullmatch(text):
        return f"On the {ordinal(said[3])} of each month at {clock(said[2], said[1])}"
    return CronSim(text, datetime.now(UTC)).explain()


def filled(when: When) -> dict[str, str]:
    """Return how the form says it: the shape, and what stands in its fields."""
    if isinstance(when, Every):
        count, _, unit = str(when).removeprefix("every ").rpartition(" ")
        return {"shape": "every", "count": count or "1", "unit": unit.removesuffix("s")}
    text = str(when)
    if said := _HOURLY.fullmatch(text):
        return {"shape": "hourly", "minute": said[1]}
    if said := _DAILY.fullmatch(text):
        return {"shape": "daily", "at": clock(said[2], said[1])}
    if said := _WEEKLY.fullmatch(text):
        return {"shape": "weekly", "at": clock(said[2], said[1]), "weekday": str(weekday(said[3]))}
    if said := _MONTHLY.fullmatch(text):
        return {"shape": "monthly", "at": clock(said[2], said[1]), "day": said[3]}
    return {"shape": "cron", "cron": text}


def clock(hour: str, minute: str) -> str:
    """Return such as 06:00."""
    return f"{int(hour):02}:{int(minute):02}"


def weekday(text: str) -> int:
    """Return the number of a day of the week: Sunday is 0."""
    names = [day[:3].upper() for day in DAYS]
    return names.index(text) if text in names else int(text) % 7


def ordinal(text: str) -> str:
    """Return such as 1st, or "last day"."""
    return "last day" if text == "L" else f"{int(text)}{ENDINGS.get(int(text), 'th')}"


def took(span: timedelta) -> str:
    """Return how long something took, as short as people say it."""
    seconds = max(span.total_seconds(), 0)
    if seconds < 1:
        return "less than a second"
    if seconds < 90:
        return f"{seconds:.0f} second{'' if round(seconds) == 1 else 's'}"
    if seconds < 5_400:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3_600:.1f} hours"
