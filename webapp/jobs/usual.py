"""How long the jobs of a kind usually take, by the last that went well."""

import time
from datetime import timedelta

from sqlalchemy import select

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.states import stands

#: So many are looked at, and with fewer nothing is said.
LAST, LEAST = 200, 20
#: Seconds for which a process remembers what it found: it changes slowly.
REMEMBERED = 60.0
SINCE = timedelta(days=90)

_known: dict[tuple[str, JobKind], tuple[float, timedelta | None]] = {}


def most(kind: JobKind) -> timedelta | None:
    """Return the time within which 95 of 100 were done; None where too few were to say that."""
    key = (str(db.engine.url), kind)
    at, found = _known.get(key, (float("-inf"), None))
    if time.monotonic() - at > REMEMBERED:
        found = _look(kind)
        _known[key] = (time.monotonic(), found)
    return found


def forget() -> None:
    """Look anew the next time."""
    _known.clear()


def _look(kind: JobKind) -> timedelta | None:
    last = (
        select(Job.started_at, Job.finished_at)
        .where(
            Job.kind == kind,
            stands(Job.state, JobState.SUCCESS),
            Job.started_at.is_not(None),
            Job.created_at > now() - SINCE,
        )
        .order_by(Job.id.desc())
        .limit(LAST)
    )
    took = sorted(row.finished_at - row.started_at for row in db.session.execute(last))
    return took[len(took) * 95 // 100] if len(took) >= LEAST else None
