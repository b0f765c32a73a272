"""Runs that nobody asked for at their time: for the pages, the alerts and the checklist."""

from datetime import datetime, timedelta
from typing import NamedTuple

from webapp.clock import now
from webapp.schedules.finding import Entry, entries

#: For so long a run that was missed is news; and told on the page of its schedule.
NEWS, TOLD = timedelta(days=1), timedelta(days=30)


class MissedRuns(NamedTuple):
    """What was missed of one schedule."""

    name: str
    title: str
    number: int
    since: datetime
    until: datetime
    #: It should have run and has not yet: the clock is not heard at this moment.
    still: bool
    #: One run was made up for when somebody was there again.
    made_up: bool


def missed(lately: timedelta = NEWS) -> list[MissedRuns]:
    """Return what should have run and did not: at this moment, or lately. Wakes and what is paused never count."""
    found = (missed_of(entry) for entry in entries())
    since = now() - lately
    return [one for one in found if one is not None and (one.still or one.until >= since)]


def missed_of(entry: Entry) -> MissedRuns | None:
    """Return what was last missed of a schedule, for a month."""
    row, name, title = entry.row, entry.name, entry.default.title
    if entry.overdue and row.next_at is not None:
        return MissedRuns(name, title, 1, row.next_at, now(), still=True, made_up=False)
    if row.missed_from is None or row.missed_until is None or row.missed_until < now() - TOLD:
        return None
    span = (row.missed_from, row.missed_until)
    return MissedRuns(name, title, row.missed, *span, still=False, made_up=row.missed_made_up)
