"""The rows of readings that nobody will find again are removed, some at a time."""

from sqlalchemy import delete, select

from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.queue import enqueue
from webapp.jobs.running import Run
from webapp.knowledge import index
from webapp.knowledge.models import Chunk, Part, Reading
from webapp.states import rows_changed

#: Readings of so many passages together are removed at once, with the transaction that retires them.
FEW = 100
#: Rows that one transaction removes: as long as that takes, SQLite lets nobody else write.
AT_ONCE = 400


def soon(retired: dict[int, int]) -> None:
    """Remove retired readings, given as id and passages: few at once, many by a job."""
    if not retired:
        return
    if sum(retired.values()) > FEW:
        enqueue(JobKind.READINGS_CLEAR, key="readings")
        return
    while _some(list(retired), FEW):
        pass


def go_on(run: Run) -> str:
    """Remove all that is retired. Commits."""
    removed = 0
    while ids := _retired():
        while gone := _some(ids, AT_ONCE):
            removed += gone
            run.step(removed, note=f"{removed:,} rows removed")
    return f"{removed:,} rows removed."


def _retired() -> list[int]:
    found = select(Reading.id).where(Reading.retired.is_(True)).order_by(Reading.id).limit(1)
    return list(db.session.scalars(found))


def of_source(run: Run, source_id: int, *, note: str) -> None:
    """Remove all readings of a source. Commits."""
    removed = 0
    while True:
        ids = list(
            db.session.scalars(
                select(Reading.id)
                .where(Reading.source_id == source_id)
                .order_by(Reading.id)
                .limit(50)
            )
        )
        if not ids:
            return
        while gone := _some(ids, AT_ONCE):
            removed += gone
            run.step(removed, note=note)


def _some(reading_ids: list[int], limit: int) -> int:
    """Remove at most so many passages or parts of readings, then themselves; return how many rows."""
    for table in (Chunk, Part):
        some = list(
            db.session.scalars(
                select(table.id).where(table.reading_id.in_(reading_ids)).limit(limit)
            )
        )
        if some:
            if table is Chunk:
                index.remove(reading_ids)
            db.session.execute(delete(table).where(table.id.in_(some)))
            return len(some)
    gone = db.session.execute(delete(Reading).where(Reading.id.in_(reading_ids)))
    return rows_changed(gone)
