"""What was done, added up from the jobs: by the hour, and from the hours by the day.

What is not final yet is added up anew each time, from the rows that are the truth; so it may be
done twice, stopped in the middle, or not for a week, and comes out the same. What counts is
endings: see docs/decisions/0030-what-was-done-is-added-up.md.
"""

import time
from bisect import bisect_left
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Delete, delete, func, insert, select

from webapp.charts import endings
from webapp.charts.endings import Sums, only_looking
from webapp.charts.hours import Piece, day_of, hour_of, pieces
from webapp.charts.models import NUMBERS, Grain, HistoryMark, history
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.running import Run

#: A job says that it has ended a moment before that is committed; after so long nothing is.
SETTLED = timedelta(hours=2)
KEPT = {
    Grain.QUARTER: timedelta(days=8),
    Grain.HOUR: timedelta(days=100),
    Grain.DAY: timedelta(days=400),
}
#: Days as young as that may have had numbers that are gone.
LATELY = timedelta(days=3)
#: So long one slice of the job works.
SLICE_SECONDS = 20.0


def go_on(run: Run, zone: ZoneInfo) -> str | None:
    """Add up what has ended since the last time, for a while; None when there is more to do.

    ``zone`` is that of the house: hours and days are those of its clock. Commits.
    """
    begin = _begin_of_hours(zone)
    if begin is None:
        return "Nothing has ended yet."
    until, end, number = now(), time.monotonic() + SLICE_SECONDS, 0
    settled = hour_of(until - SETTLED, zone)
    while begin < until:
        hour = next(pieces(begin, until, zone, hour_of))
        sums = endings.within(hour)
        _store(Grain.HOUR, hour, sums, final_until=min(hour.end, settled))
        number += 1
        run.step(done=number, note="Adding up what was done.")
        begin = hour.end if sums else _skipped(hour.end, settled, zone)
        if time.monotonic() > end and begin < settled:
            _add_up_days(run, zone, hour.end)
            return None
    _add_up_days(run, zone, until)
    _forget(until)
    return "Added up."


def _skipped(begin: datetime, settled: datetime, zone: ZoneInfo) -> datetime:
    """Return the hour in which something ended next, or from which on nothing is settled yet."""
    if begin >= settled:
        return begin
    following = endings.next_after(begin)
    found = settled if following is None else min(hour_of(following, zone), settled)
    db.session.execute(_away(Grain.HOUR, Piece(begin, found)))
    return max(begin, found)


def _add_up_days(run: Run, zone: ZoneInfo, until: datetime) -> None:
    begin, settled = _begin_of_days(zone), db.session.get_one(HistoryMark, Grain.HOUR).final_until
    hours = select(history.c.at).where(history.c.grain == Grain.HOUR, history.c.at >= begin)
    known = sorted(set(db.session.scalars(hours)))
    for day in pieces(begin, until, zone, day_of):
        nothing = bisect_left(known, day.begin) == bisect_left(known, day.end)
        if nothing and begin < day.begin and day.end < settled - LATELY:
            continue
        _store(Grain.DAY, day, _of_hours(day), final_until=min(day.end, day_of(settled, zone)))
        run.step()


def _begin_of_hours(zone: ZoneInfo) -> datetime | None:
    mark = db.session.get(HistoryMark, Grain.HOUR)
    if mark is not None:
        return mark.final_until
    first = endings.next_after(now() - KEPT[Grain.DAY])
    return None if first is None else hour_of(first, zone)


def _begin_of_days(zone: ZoneInfo) -> datetime:
    mark = db.session.get(HistoryMark, Grain.DAY)
    if mark is not None:
        return mark.final_until
    of_hours = select(func.min(history.c.at)).where(history.c.grain == Grain.HOUR)
    return day_of(db.session.scalar(of_hours) or now(), zone)


def _store(grain: Grain, piece: Piece, sums: Sums, *, final_until: datetime) -> None:
    """Put the sums in the place of what was there. The caller commits, with its fence."""
    db.session.execute(_away(grain, piece))
    rows = [
        {"grain": grain, "at": piece.begin, "kind": kind, "queue": queue, **numbers}
        for (kind, queue), numbers in sums.items()
    ]
    if rows:
        db.session.execute(insert(history), rows)
    mark = db.session.get(HistoryMark, grain)
    if mark is None:
        mark = HistoryMark(grain=grain, final_until=piece.begin)
        db.session.add(mark)
    mark.final_until = max(mark.final_until, min(final_until, piece.end))
    mark.written_at = now()


def _away(grain: Grain, piece: Piece) -> Delete:
    inside = (history.c.at >= piece.begin, history.c.at < piece.end)
    return delete(history).where(history.c.grain == grain, *inside)


def _of_hours(day: Piece) -> Sums:
    columns = [func.sum(history.c[name]).label(name) for name in NUMBERS]
    query = (
        select(history.c.kind, history.c.queue, *columns)
        .where(
            history.c.grain == Grain.HOUR,
            history.c.at >= day.begin,
            history.c.at < day.end,
        )
        .group_by(history.c.kind, history.c.queue)
    )
    with only_looking():
        rows = db.session.execute(query).mappings().all()
    return {(row["kind"], row["queue"]): {name: row[name] for name in NUMBERS} for row in rows}


def _forget(moment: datetime) -> None:
    """Remove what is older than anybody can look at."""
    for grain, span in KEPT.items():
        old = delete(history).where(history.c.grain == grain, history.c.at < moment - span)
        db.session.execute(old)
    db.session.commit()
