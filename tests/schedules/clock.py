"""The clock of the tests: it stands still, and ticks when told."""

from datetime import UTC, datetime, timedelta

from tests.queues import task_bodies
from webapp.extensions import db
from webapp.jobs.models import Job
from webapp.schedules import finding
from webapp.schedules.models import Schedule

#: A Friday; the house has no service yet, so it goes by UTC.
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def tick(app):
    """Let a worker hear beat tick."""
    task_bodies(app)
    from worker import schedule

    schedule.tick()
    db.session.expire_all()


def at(hour, minute=0, second=0, *, day=20):
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


def row(name) -> Schedule:
    return db.session.get_one(Schedule, name)


def entry(name) -> finding.Entry:
    found = finding.entry(name)
    assert found is not None
    return found


def jobs(kind) -> list[Job]:
    return db.session.query(Job).filter_by(kind=kind).order_by(Job.id).all()


MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
