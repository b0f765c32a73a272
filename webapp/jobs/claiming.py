"""A job is taken by a worker: under a lease, by one statement."""

import json
import uuid

from sqlalchemy import bindparam, case, or_, update

from webapp.clock import now
from webapp.database import Glance
from webapp.extensions import UtcDateTime, db
from webapp.jobs.kinds import JobKind, Queue
from webapp.jobs.models import WAITING, Job, JobState
from webapp.jobs.running import LEASE, Run
from webapp.states import stands


def claim(job_id: uuid.UUID, *, worker: str) -> Run | None:
    """Take a job that is due and that nobody holds; None when there is no such job.

    One conditional UPDATE by itself, so a message that was delivered twice runs once.
    """
    moment = now()
    row = _CLAIM(db.engine, of=job_id, by=worker, moment=moment, lease=moment + LEASE)
    if row is None:
        return None
    kind, queue, attempt, failures, max_attempts, args, request_id, asked_by_id = row
    return Run(
        id=job_id,
        kind=JobKind(kind),
        queue=Queue(queue),
        attempt=attempt,
        failures=failures,
        max_attempts=max_attempts,
        args=json.loads(args) if isinstance(args, str) else args,
        request_id=request_id,
        asked_by_id=asked_by_id,
        began_at=moment,
    )


# Built once: putting these together costs more than running them.
_MOMENT = bindparam("moment", type_=UtcDateTime(), required=False)
_CLAIM = Glance(
    update(Job)
    .where(
        Job.id == bindparam("of", required=False),
        or_(
            stands(Job.state, *WAITING),
            stands(Job.state, JobState.PROGRESS) & (Job.lease_until < _MOMENT),
        ),
        Job.run_at <= _MOMENT,
        Job.cancel_requested_at.is_(None),
    )
    .values(
        state=JobState.PROGRESS,
        attempt=Job.attempt + 1,
        lease_until=bindparam("lease", type_=UtcDateTime(), required=False),
        worker=bindparam("by", required=False),
        moved_at=_MOMENT,
        # A slice of a long job goes on: since when, and so how long still, is told of the whole.
        started_at=case(
            (stands(Job.state, JobState.PENDING) & (Job.done > 0), Job.started_at), else_=_MOMENT
        ),
        version=Job.version + 1,
    )
    .returning(
        Job.kind,
        Job.queue,
        Job.attempt,
        Job.failures,
        Job.max_attempts,
        Job.args,
        Job.request_id,
        Job.asked_by_id,
    )
)
