"""What a person asks of a job, and takes back."""

from typing import Any

import pytest
from sqlalchemy import inspect

from webapp.clock import now
from webapp.jobs import asking, taking_back
from webapp.jobs.asking import NotPossible
from webapp.jobs.claiming import claim
from webapp.jobs.kinds import JobKind, Queue
from webapp.jobs.models import Cause, Job, JobState
from webapp.jobs.queue import enqueue
from webapp.jobs.running import Cancelled

#: What may differ after an undo: the number of changes, and when its message was sent.
OWN = {"version", "published_at"}


def row(job: Job) -> dict[str, Any]:
    names = {column.key for column in inspect(Job).column_attrs} - OWN
    return {name: getattr(job, name) for name in names}


def failed(db: Any, **values: Any) -> Job:
    cause = db.session.query(Cause).first() or Cause(fingerprint="broke", text="It broke")
    job = Job(kind=JobKind.NOTHING, queue=Queue.DEFAULT, max_attempts=4)
    db.session.add_all([cause, job])
    db.session.flush()
    told = {
        "state": JobState.FAILURE, "finished_at": now(), "error": "It “broke”: ü\n2", "attempt": 4,
        "advice": "Mend it.", "traceback": 'Traceback:\n  File "x"', "cause_id": cause.id,
        "failures": 4, "lost": 1, "done": 7, "total": 9, "note": "On the way",
        **values,
    }  # fmt: skip
    for name, value in told.items():
        setattr(job, name, value)
    db.session.commit()
    return job


def test_a_retry_that_is_taken_back_leaves_the_row_exactly_as_it_was(db, queue):
    job = failed(db, routine=True)
    before = row(job)

    asking.retry(job)
    db.session.commit()
    assert (job.state, job.error, job.cause_id, job.failures) == (JobState.PENDING, None, None, 0)
    taking_back.take_back(job)
    db.session.commit()

    assert row(job) == before
    queue.run()
    db.session.refresh(job)
    assert row(job) == before


def test_a_waiting_job_whose_stop_is_taken_back_runs(db, queue):
    job = enqueue(JobKind.NOTHING)
    db.session.commit()
    before = row(job)
    asking.cancel(job, "Not today")
    db.session.commit()
    queue.run()  # its message is taken, and finds it stopped
    taking_back.take_back(job)
    db.session.commit()
    assert row(job) == before
    queue.sweep()
    queue.run()
    db.session.refresh(job)
    assert job.state == JobState.SUCCESS


def test_a_stop_of_a_running_job_is_taken_back_until_the_worker_has_heard_it(db, queue):
    job = enqueue(JobKind.NOTHING)
    db.session.commit()
    run = claim(job.id, worker="here")
    db.session.rollback()
    asking.cancel(job)
    db.session.commit()
    taking_back.take_back(job)
    db.session.commit()
    run.step(1, 2)
    asking.cancel(job)
    db.session.commit()

    with pytest.raises(Cancelled):
        run.step(2, 2)
    db.session.rollback()
    run.stop()
    db.session.commit()
    db.session.refresh(job)
    with pytest.raises(NotPossible, match="already stopped"):
        taking_back.take_back(job)


def test_a_stop_that_is_taken_back_in_the_moment_it_is_heard_lets_the_job_go_on(db, queue):
    job = enqueue(JobKind.NOTHING)
    db.session.commit()
    run = claim(job.id, worker="here")
    db.session.rollback()
    asking.cancel(job)
    db.session.commit()
    with pytest.raises(Cancelled):
        run.step(1, 2)
    db.session.rollback()
    taking_back.take_back(job)
    db.session.commit()

    run.stop()
    db.session.commit()

    db.session.refresh(job)
    assert job.state == JobState.PENDING
    queue.run()
    db.session.refresh(job)
    assert job.state == JobState.SUCCESS


def test_nothing_is_taken_back_once_an_attempt_has_begun(db, queue):
    job = failed(db)
    asking.retry(job)
    db.session.commit()
    assert claim(job.id, worker="here")
    db.session.rollback()
    with pytest.raises(NotPossible, match="already running again"):
        taking_back.take_back(job)
    queue.redis.flushall()


def test_only_what_was_asked_last_is_taken_back_and_then_what_was_asked_before(db, queue):
    job = failed(db)
    first = row(job)
    asking.retry(job)
    db.session.commit()
    second = row(job)
    asking.cancel(job)
    db.session.commit()

    taking_back.take_back(job)
    db.session.commit()
    assert row(job) == second
    taking_back.take_back(job)
    db.session.commit()
    assert row(job) == first
    with pytest.raises(NotPossible, match="nothing to take back"):
        taking_back.take_back(job)


def test_an_undo_does_not_make_a_second_unfinished_job_of_the_same_work(db, queue):
    job = enqueue(JobKind.NOTHING, key="one")
    db.session.commit()
    asking.cancel(job)
    db.session.commit()
    enqueue(JobKind.NOTHING, key="one")
    db.session.commit()

    with pytest.raises(NotPossible, match="asked for again"):
        taking_back.take_back(job)


def test_who_asked_and_why_is_remembered(db, queue, otto):
    job = failed(db)
    answer = otto.post(f"/jobs/{job.id}/retry", data={"reason": "The provider is back"})
    assert answer.status_code in {303, 400}
