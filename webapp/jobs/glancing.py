"""A job as its card shows it: read in the shortest way, for pages that ask every second."""

import uuid
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from webapp.database import Glance
from webapp.extensions import nearest
from webapp.jobs.models import Job, Telling

COLUMNS = (
    *("id", "kind", "state", "done", "total", "note", "attempt", "failures", "max_attempts"),
    *("run_at", "created_at", "started_at", "finished_at", "cancel_requested_at"),
    *("result", "error", "advice", "traceback", "version"),
)
_READ = Glance(
    select(*(getattr(Job, name) for name in COLUMNS)).where(
        Job.id == bindparam("of", type_=Job.id.type)
    )
)


class Glimpse(Telling):
    """What a job was at one moment; it can only be looked at."""

    if TYPE_CHECKING:
        version: int

    def __init__(self, row: tuple[Any, ...]) -> None:
        vars(self).update(zip(COLUMNS, row, strict=True))


def glimpse(job_id: uuid.UUID) -> Glimpse | None:
    """Return a job as it is now; None when there is none."""
    row = _READ.read(nearest(), of=job_id)
    return None if row is None else Glimpse(row)
