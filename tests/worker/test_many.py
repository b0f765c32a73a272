"""A worker that dies while it asks something of many jobs."""

from collections import Counter

from sqlalchemy import func, select

from tests.live import wait_for
from webapp.clock import now
from webapp.jobs.acting import bulk
from webapp.jobs.history import JobEvent, What
from webapp.jobs.kinds import POLICIES, JobKind
from webapp.jobs.listing.filters import Filter, Routine
from webapp.jobs.models import FINISHED, Job, JobState

COUNT = 1_500


def test_after_a_kill_each_has_been_asked_once_and_none_is_left_out(stack):
    policy = POLICIES[JobKind.NOTHING]
    with stack.session() as session:
        session.add_all(
            Job(kind=JobKind.NOTICES_SEND, queue=policy.queue, max_attempts=1, args={"none": 1},
                state=JobState.FAILURE, finished_at=now()) for _ in range(COUNT)
        )  # fmt: skip
        session.commit()
        chosen = bulk.chosen(Filter(kind=JobKind.NOTICES_SEND, routine=Routine.WITH)).to_json()
        many = Job(
            kind=JobKind.JOBS_RETRY, queue=policy.queue, max_attempts=4,
            args={"chosen": chosen, "reason": None},
        )  # fmt: skip
        session.add(many)
        session.commit()
        many_id = many.id

    def row() -> Job:
        found: Job = stack.look(lambda s: s.get_one(Job, many_id))
        return found

    wait_for(lambda: row().done > 0)

    stack.worker.kill()
    stack.worker.start()

    wait_for(lambda: row().state in FINISHED, within=120)
    ended = row()
    assert (ended.state, ended.done, ended.total) == (JobState.SUCCESS, COUNT, COUNT)
    asked = stack.look(
        lambda s: s.execute(
            select(JobEvent.job_id, func.count())
            .join(Job, Job.id == JobEvent.job_id)
            .where(JobEvent.what == What.AGAIN, Job.bulk_id == many_id)
            .group_by(JobEvent.job_id)
        ).all()
    )
    assert Counter(number for _, number in asked) == {1: COUNT}
