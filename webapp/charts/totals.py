"""Numbers that only grow: what ended since the counting began, and in each quarter of an hour.

Sums of hours are made anew while they may still change, and jobs are removed. Whoever draws a rate
needs counters that neither fall nor wait for that: here each ending is added once, half a minute
after it happened.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from webapp.charts import endings
from webapp.charts.endings import Sums
from webapp.charts.hours import Piece
from webapp.charts.models import NUMBERS, Grain, HistoryMark, history
from webapp.clock import now
from webapp.extensions import db, insertion
from webapp.states import rows_changed

#: What ends is stamped a moment before its transaction is seen by others.
SETTLED = timedelta(seconds=10)
QUARTER = timedelta(minutes=15)
#: A house in which nobody counted for long counts so much at a time.
MOST = timedelta(hours=6)
#: When everything that was ever counted is told to have begun.
EVER = datetime(1970, 1, 1, tzinfo=UTC)


def go_on() -> None:
    """Add what has ended since the last time; the first time begins to count. Commits.

    Of two that do so at once one adds: the mark is moved from where it was read.
    """
    mark = db.session.get(HistoryMark, Grain.EVER, populate_existing=True)
    if mark is None:
        db.session.add(HistoryMark(grain=Grain.EVER, final_until=now(), written_at=now()))
        db.session.commit()
        return
    begin, end = mark.final_until, min(now() - SETTLED, mark.final_until + MOST)
    if end <= begin:
        return
    sums = endings.within(Piece(begin, end))
    moved = db.session.execute(
        update(HistoryMark)
        .where(HistoryMark.grain == Grain.EVER, HistoryMark.final_until == begin)
        .values(final_until=end, written_at=now())
        .execution_options(synchronize_session=False)
    )
    if sums and rows_changed(moved) == 1:
        _add(Grain.EVER, EVER, sums)
        _add(Grain.QUARTER, quarter_of_hour(end), sums)
    db.session.commit()


def quarter_of_hour(moment: datetime) -> datetime:
    """Return when the quarter of an hour began, by no clock but UTC's."""
    seconds = int(QUARTER.total_seconds())
    return datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, UTC)


def _add(grain: Grain, at: datetime, sums: Sums) -> None:
    rows = [
        {"grain": grain, "at": at, "kind": kind, "queue": queue, **numbers}
        for (kind, queue), numbers in sums.items()
    ]
    put = insertion(history)
    more = {name: history.c[name] + put.excluded[name] for name in NUMBERS}
    db.session.execute(
        put.on_conflict_do_update(index_elements=history.primary_key, set_=more), rows
    )
