"""How a file is asked for, and which files a thing has."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, String, func, select
from sqlalchemy import cast as sql_cast

from webapp.accounts.acting import record, who
from webapp.exports.models import Export
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.jobs.queue import enqueue
from webapp.pages import interval

NEWEST = 20


def ask(
    what: str, filename: str, *, about: Any = None, rows: int | None = None, **args: Any
) -> Export:
    """Ask for a CSV file; a job writes it.

    ``about`` is the row on whose page it was asked for, ``rows`` how many are expected, ``args``
    are ids and filters for the writer. While the same file is being written already, that one is
    returned, so that a double click makes one.
    """
    subject = (None, None) if about is None else (type(about).__name__.lower(), str(about.id))
    export = Export(
        what=what,
        args=args,
        subject_type=subject[0],
        subject_id=subject[1],
        filename=filename,
        asked_by_id=who().user_id,
    )
    db.session.add(export)
    db.session.flush()
    job = enqueue(
        JobKind.EXPORT_WRITE, about=export, key=_key(what, subject, args), export_id=export.id
    )
    if job.args["export_id"] != export.id:
        db.session.delete(export)
        db.session.flush()
        return db.session.get_one(Export, job.args["export_id"])
    job.total = rows
    record("export.asked", f"Asked for the file “{filename}”", about=export, what=what)
    return export


class Asked(NamedTuple):
    """A file and the job that writes it."""

    export: Export
    job: Job | None


def filename_of(export_id: str) -> str | None:
    """Return what a file is called."""
    return db.session.scalar(select(Export.filename).where(Export.id == int(export_id)))


def of(about: Any) -> list[Asked]:
    """Return the newest files of a thing, newest first."""
    found = db.session.scalars(
        select(Export)
        .where(
            Export.subject_type == type(about).__name__.lower(), Export.subject_id == str(about.id)
        )
        .order_by(Export.id.desc())
        .limit(NEWEST)
    ).all()
    return with_jobs(found)


def changes_of(subject_type: str, subject_id: ColumnElement[Any]) -> ColumnElement[int]:
    """Return the number of changes to the files of a thing, as a part of a SELECT."""
    mine = (Export.subject_type == subject_type, Export.subject_id == subject_id)
    numbers = select(sql_cast(Export.id, String)).where(*mine)
    jobs = (Job.subject_type == "export", Job.subject_id.in_(numbers))
    files = select(func.coalesce(func.sum(Export.version), 0)).where(*mine).scalar_subquery()
    work = select(func.coalesce(func.sum(Job.version), 0)).where(*jobs).scalar_subquery()
    return files + work


def interval_of(files: Sequence[Asked]) -> int | None:
    """Return the milliseconds until a page should look again; None when nothing is being written."""
    begun = [one.export.created_at for one in files if one.job and not one.job.finished]
    return interval(min(begun)) if begun else None


def with_jobs(exports: Sequence[Export]) -> list[Asked]:
    """Return files with the newest job of each."""
    if not exports:
        return []
    jobs = db.session.scalars(
        select(Job)
        .where(Job.subject_type == "export", Job.subject_id.in_([str(one.id) for one in exports]))
        .order_by(Job.id)
    )
    newest = {job.subject_id: job for job in jobs}
    return [Asked(export, newest.get(str(export.id))) for export in exports]


def _key(what: str, subject: tuple[str | None, str | None], args: dict[str, Any]) -> str:
    told = json.dumps([*subject, args], sort_keys=True)
    return f"{what}:{hashlib.sha256(told.encode()).hexdigest()[:32]}"
