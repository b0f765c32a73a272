"""How long jobs waited for a worker in a span of time."""

from sqlalchemy import Float, extract, func, select
from sqlalchemy import cast as sql_cast

from webapp.extensions import db
from webapp.jobs.models import Job
from webapp.reports.periods import Span, ids_within

SHARE = 0.95


def seconds_waited(span: Span) -> float | None:
    """Return the seconds within which 19 of 20 of the jobs of a span were begun; None when none was."""
    begun = (*ids_within(Job.id, span), Job.started_at.is_not(None))
    number = db.session.scalar(select(func.count()).select_from(Job).where(*begun)) or 0
    if number == 0:
        return None
    if db.engine.dialect.name == "sqlite":
        waited = (func.julianday(Job.started_at) - func.julianday(Job.run_at)) * 86_400
    else:
        waited = sql_cast(extract("epoch", Job.started_at - Job.run_at), Float)
    rank = min(int(number * SHARE), number - 1)
    found = db.session.scalar(select(waited).where(*begun).order_by(waited).offset(rank).limit(1))
    return max(float(found or 0), 0.0)
