"""When something runs: five fields of cron by the clock of a zone, or every so many seconds."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, pairwise, takewhile
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from webapp.schedules import meant
from webapp.schedules.meant import NotATime

#: Beat ticks every five seconds; what should come more often would come less often than it says.
FLOOR = timedelta(seconds=10)
LONGEST = timedelta(days=1)
LONGEST_TEXT = 100
HOUR = timedelta(hours=1)
UNITS = {"second": 1, "minute": 60, "hour": 3600}
_EVERY = re.compile(r"every (?:(\d{1,6}) )?(second|minute|hour)s?", re.ASCII | re.IGNORECASE)


class When(Protocol):
    """When something runs."""

    def __str__(self) -> str:
        """Return it as it is typed and stored."""

    def after(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """Return the first run later than a moment, in UTC; None when there never is one."""


class Every(NamedTuple):
    """Each time that so many seconds have passed, counted from midnight in UTC, not from the last run."""

    seconds: int

    def __str__(self) -> str:
        for unit, length in reversed(UNITS.items()):
            count, rest = divmod(self.seconds, length)
            if count and not rest:
                return f"every {unit}" if count == 1 else f"every {count} {unit}s"
        raise ValueError(self.seconds)

    def after(self, moment: datetime, zone: ZoneInfo) -> datetime:  # noqa: ARG002 - as When says
        """Return the next full interval: the same for whoever reckons, and after a restart."""
        number = int(moment.timestamp() // self.seconds) + 1
        return datetime.fromtimestamp(number * self.seconds, UTC)


class Cron(NamedTuple):
    """Five fields: minute, hour, day of the month, month, day of the week."""

    text: str

    def __str__(self) -> str:
        return self.text

    def after(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """Return the next run as Debian's cron has it where clocks are changed.

        What is to run at a time that spring leaves out runs as soon as the clock has gone on; what
        is to run at a time that comes twice in autumn runs the first time only.
        """
        here = moment.astimezone(zone)
        for found in CronSim(self.text, here):
            run = found.astimezone(UTC)
            # A time that comes twice means its first coming to cronsim, which may be over.
            if run > moment:
                return run
        return None


def parse(text: str) -> When:
    """Read what was typed or stored. Raises NotATime, which says what was meant."""
    typed = " ".join(text.split())
    if len(typed) > LONGEST_TEXT:
        raise NotATime(f"At most {LONGEST_TEXT} characters.")
    if every := _EVERY.fullmatch(typed):
        return _every(int(every[1] or 1) * UNITS[every[2].lower()])
    return _cron(typed)


def _every(seconds: int) -> Every:
    if seconds < FLOOR.total_seconds():
        raise NotATime(
            f"That is too often: at most once in {FLOOR.seconds} seconds, “every {FLOOR.seconds} seconds”."
        )
    if seconds > LONGEST.total_seconds():
        raise NotATime(
            "That is more than a day. Say on which days instead, such as each Monday at six: 0 6 * * 1"
        )
    return Every(seconds)


@lru_cache(maxsize=256)
def _cron(typed: str) -> Cron:
    meant.look(typed)
    try:
        cron = Cron(typed.upper())
        never = cron.after(datetime.now(UTC), ZoneInfo("UTC")) is None
    except CronSimError as problem:
        raise NotATime(meant.of_a_field(typed, str(problem))) from None
    if never:
        raise NotATime("That would never run: there is no such day within the next fifty years.")
    return cron


def rests(when: When) -> bool:
    """Say whether there is ever more than an hour between two runs, as far as the next day shows."""
    if isinstance(when, Every):
        return when.seconds > HOUR.total_seconds()
    moment = datetime.now(UTC)
    end = moment + LONGEST
    coming = takewhile(lambda run: run < end, upcoming(when, ZoneInfo("UTC"), moment))
    return any(later - sooner > HOUR for sooner, later in pairwise([moment, *coming, end]))


def upcoming(when: When, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Go through the runs after a moment, in UTC."""
    moment: datetime | None = after
    while moment is not None and (moment := when.after(moment, zone)) is not None:
        yield moment


def next_runs(when: When, zone: ZoneInfo, after: datetime, count: int = 5) -> list[datetime]:
    """Return the next runs after a moment, in UTC."""
    return list(islice(upcoming(when, zone, after), count))
