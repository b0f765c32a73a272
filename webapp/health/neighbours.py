"""What other parts know, in the few words in which health needs it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from webapp.extensions import db
from webapp.jobs import staff
from webapp.jobs.kinds import Queue
from webapp.jobs.models import Job
from webapp.jobs.page import standing
from webapp.schedules import missing, tonight
from webapp.schedules.finding import entries


def paused() -> dict[Queue, datetime]:
    """Return since when each paused queue is paused."""
    return {pause.queue: pause.since for pause in staff.house().pauses}


def stalled() -> int:
    """Return how many jobs have a worker that lives, and have not got on for too long."""
    stuck = select(func.count()).select_from(Job).where(standing.stalled_condition())
    return db.session.scalar(stuck) or 0


def missed() -> Sequence[str]:
    """Return the titles of what should have run and did not, and was not made up for."""
    return [run.title for run in missing.missed() if not run.made_up]


def next_run() -> str | None:
    """Say what the clock asks for next, of what does not run all day long."""
    turns = tonight.within_a_day(entries())
    if not turns:
        return None
    return f"Next: {turns[0].entry.default.title} at {turns[0].at:%H:%M}"
