"""A job as its page shows it: read in the shortest way, for pages that ask every second."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, literal, select

from webapp.accounts.models import ApiToken, User
from webapp.clock import now
from webapp.database import Glance
from webapp.extensions import UtcDateTime, nearest
from webapp.jobs.known import Subject
from webapp.jobs.models import Job, Telling
from webapp.jobs.page.standing import hosts_of
from webapp.jobs.worker_models import ALIVE_FOR, Worker

COLUMNS = tuple(column.name for column in Job.__table__.columns if column.name != "facet")
_WORKERS = (
    select(func.aggregate_strings(Worker.name, " "))
    .where(Worker.seen_at > bindparam("since", type_=UtcDateTime(), required=False))
    .scalar_subquery()
)
_READ = Glance(
    select(
        *(getattr(Job, name) for name in COLUMNS),
        func.coalesce(literal("the program ") + ApiToken.name, User.name).label("asked_by_name"),
        Subject.name.label("about_name"),
        _WORKERS.label("workers"),
    )
    .outerjoin(User, User.id == Job.asked_by_id)
    .outerjoin(ApiToken, ApiToken.id == Job.token_id)
    .outerjoin(Subject, Subject.id == Job.about_id)
    .where(Job.id == bindparam("of", type_=Job.id.type, required=False))
)


class Glimpse(Telling):
    """What a job was at one moment, with the names of who asked and of what it is about."""

    if TYPE_CHECKING:
        queue: Any
        args: Any
        subject_type: str | None
        subject_id: str | None
        asked_by_name: str | None
        about_name: str | None
        before: Any
        result: Any
        traceback: str | None
        published_at: datetime | None
        run_at: datetime
        parent_id: uuid.UUID | None
        follows_id: uuid.UUID | None
        bulk_id: uuid.UUID | None
        version: int

    #: The hosts with a worker that lives.
    hosts: frozenset[str]

    def __init__(self, row: tuple[Any, ...]) -> None:
        *columns, self.asked_by_name, self.about_name, workers = row
        vars(self).update(zip(COLUMNS, columns, strict=True))
        self.hosts = hosts_of((workers or "").split(" ") if workers else ())


def glimpse(job_id: uuid.UUID) -> Glimpse | None:
    """Return a job as it is now; None when there is none."""
    row = _READ.read(nearest(), of=job_id, since=now() - ALIVE_FOR)
    return None if row is None else Glimpse(row)
