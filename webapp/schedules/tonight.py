"""What runs within a day, as an admin wants to see it at a glance."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import NamedTuple

from webapp.clock import now
from webapp.schedules import whens
from webapp.schedules.finding import Entry

DAY = timedelta(days=1)
#: What runs more often within a day would hide the rest: it is told in a sentence.
FEW = 4


class Turn(NamedTuple):
    """One run to come."""

    #: By the clock of the house.
    at: datetime
    entry: Entry

    @property
    def day(self) -> date:
        """The day on which it comes."""
        return self.at.date()


def within_a_day(entries: Sequence[Entry]) -> list[Turn]:
    """Return the runs of the next 24 hours in their order, without what runs all the time."""
    turns = [
        Turn(run.astimezone(entry.house), entry)
        for entry in entries
        if _is_rare(entry)
        for run in _runs(entry)
    ]
    return sorted(turns, key=lambda turn: (turn.at, turn.entry.name))


def too_often(entries: Sequence[Entry]) -> list[Entry]:
    """Return what runs too often within a day to be listed run by run."""
    return [entry for entry in entries if not entry.paused and not _is_rare(entry)]


def _is_rare(entry: Entry) -> bool:
    return len(_runs(entry)) <= FEW


def _runs(entry: Entry) -> list[datetime]:
    if entry.paused:
        return []
    end = now() + DAY
    coming = whens.next_runs(entry.when, entry.zone, now(), FEW + 1)
    return list(takewhile(lambda run: run <= end, coming))
