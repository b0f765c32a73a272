"""The list of jobs as a file, with the filter of the list."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select

from webapp.accounts.models import User
from webapp.clock import now
from webapp.exports import asking, writing
from webapp.exports.models import Export
from webapp.extensions import db
from webapp.jobs.kinds import POLICIES
from webapp.jobs.known import Subject
from webapp.jobs.listing.filters import Filter
from webapp.jobs.listing.finding import conditions
from webapp.jobs.models import Job

SLICE = 2_000
WHAT = "jobs"
HEADER = [
    "Number", "Job", "About", "State", "Asked for by", "Queue", "Asked for", "Started", "Ended",
    "Attempts", "Error", "What to do",
]  # fmt: skip
COLUMNS = (
    *(Job.id, Job.kind, Subject.name, Job.state, User.name, Job.queue, Job.created_at),
    *(Job.started_at, Job.finished_at, Job.attempt, Job.error, Job.advice),
)
WORDS = {
    "PENDING": "Waiting", "PROGRESS": "Working", "RETRY": "Trying again", "SUCCESS": "Done",
    "FAILURE": "Failed", "REVOKED": "Stopped",
}  # fmt: skip
SECONDS = len("2026-11-20 12:00:00")


def ask(wanted: Filter) -> Export:
    """Ask for the file of the jobs that a filter finds."""
    return asking.ask(WHAT, f"Jobs, {now():%Y-%m-%d %H%M}.csv", wanted=wanted.to_json())


@writing.writer(WHAT)
def rows(args: dict[str, Any]) -> Iterator[list[Any]]:
    """Give every job that the filter finds, oldest first; also those asked for while it is written."""
    fits = conditions(Filter.from_json(args["wanted"]))
    query = (
        select(*COLUMNS)
        .outerjoin(Subject, Subject.id == Job.about_id)
        .outerjoin(User, User.id == Job.asked_by_id)
        .where(*fits)
        .order_by(Job.id)
        .limit(SLICE)
    )
    yield HEADER
    found: Sequence[Any] = db.session.execute(query).all()
    while found:
        for row in found:
            yield _cells(row)
        found = db.session.execute(query.where(Job.id > found[-1].id)).all()


def _cells(row: Any) -> list[Any]:
    number, kind, about, state, asked_by, queue, *moments, attempts, error, advice = row
    return [
        number, POLICIES[kind].title, about, WORDS[state], asked_by, queue,
        *(str(moment)[:SECONDS] if moment else "" for moment in moments), attempts, error, advice,
    ]  # fmt: skip
