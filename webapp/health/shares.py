"""How much of what ended lately went wrong, of each kind, beside the day before."""

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import case, func, select

from webapp.charts.models import Grain, history
from webapp.charts.totals import QUARTER
from webapp.clock import now
from webapp.extensions import db
from webapp.health.thresholds import LATELY
from webapp.jobs.kinds import JobKind


class Share(NamedTuple):
    """What ended of a kind lately, and what ended of it in the time before."""

    kind: JobKind
    ended: int
    failed: int
    lost: int
    ended_before: int
    failed_before: int


def shares() -> list[Share]:
    """Return what ended of each kind in the last quarter of an hour or two, beside the day before."""
    ended = history.c.done + history.c.failed + history.c.stopped
    lately = history.c.at > now() - LATELY - QUARTER
    rows = db.session.execute(
        select(
            history.c.kind,
            *(
                func.sum(case((lately, number), else_=0))
                for number in (ended, history.c.failed, history.c.lost)
            ),
            *(func.sum(case((lately, 0), else_=number)) for number in (ended, history.c.failed)),
        )
        .where(history.c.grain == Grain.QUARTER, history.c.at > now() - timedelta(days=1))
        .group_by(history.c.kind)
    )
    return [Share._make(row) for row in rows]
