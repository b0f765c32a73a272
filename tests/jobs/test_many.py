"""Something is asked of many jobs at once."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.jobs.test_acting import failed, row
from webapp.clock import now
from webapp.jobs.acting import asking, bulk, previewing
from webapp.jobs.acting import many as acting_many
from webapp.jobs.claiming import claim
from webapp.jobs.history import JobEvent, What
from webapp.jobs.kinds import JobKind
from webapp.jobs.listing.filters import Filter
from webapp.jobs.models import Job, JobState
from webapp.jobs.queue import enqueue
from webapp.jobs.running import Cancelled, Run

FAILED = Filter(states=(JobState.FAILURE,))
LATER = timedelta(seconds=11)
RETRY, CANCEL = JobKind.JOBS_RETRY, JobKind.JOBS_CANCEL


def some_failed(db: Any, count: int, **values: Any) -> list[Job]:
    return [failed(db, **values) for _ in range(count)]


def ask(db: Any, queue: Any, wish: JobKind, found: Filter = FAILED) -> Job:
    """Ask it of all, and let it be done."""
    job = bulk.ask_many(wish, found, "The provider is back")
    db.session.commit()
    return done(db, queue, job)


def done(db: Any, queue: Any, job: Job) -> Job:
    """Run a job that acts on others, three at a time, and none of those."""
    while not job.finished:
        slice_of(db, queue, job)
    return job


def slice_of(db: Any, queue: Any, job: Job) -> None:
    """Run one slice of it, which is one batch, as a worker does."""
    run = begun(db, job)
    try:
        if job.kind == JobKind.JOBS_TAKE_BACK:
            told = acting_many.take_back(run, uuid.UUID(job.args["bulk_id"]), batch=3, seconds=0)
        else:
            told = acting_many.go_on(run, job.kind, batch=3, seconds=0)
    except Cancelled:
        db.session.rollback()
        run.stop()
    else:
        run.go_on_later() if told is None else run.succeed({"answer": told})
    db.session.commit()
    queue.redis.flushall()
    db.session.refresh(job)


def begun(db: Any, job: Job) -> Run:
    """Return the run of a job whose ten seconds are over."""
    job.run_at = now()
    db.session.commit()
    run = claim(job.id, worker="here")
    assert run
    db.session.rollback()
    return run


def test_all_that_a_filter_finds_run_again_and_a_sentence_says_how_many(db, queue):
    jobs = some_failed(db, 10)
    other = enqueue(JobKind.NOTHING)
    db.session.commit()

    job = ask(db, queue, RETRY)

    assert job.state == JobState.SUCCESS, job.traceback
    assert job.result == {"answer": "10 jobs run again. None was left out."}
    assert (job.done, job.total) == (10, 10)
    assert {one.state for one in jobs} == {JobState.PENDING}
    assert {one.bulk_id for one in jobs} == {job.id}
    assert other.bulk_id is None
    assert (
        db.session.query(JobEvent).filter_by(what=What.AGAIN, reason="The provider is back").count()
        == 10
    )


def test_nothing_happens_for_ten_seconds_and_a_stop_in_that_time_is_the_undo(db, queue):
    jobs = some_failed(db, 3)
    before = [row(one) for one in jobs]
    job = bulk.ask_many(RETRY, FAILED)
    db.session.commit()

    queue.sweep()
    assert queue.names() == []
    asking.cancel(job)
    db.session.commit()
    with time_machine.travel(now() + LATER):
        assert queue.sweep() == 0

    assert [row(one) for one in jobs] == before


def test_what_came_later_is_not_touched(db, queue):
    here = failed(db)
    moving = enqueue(JobKind.NOTHING)
    db.session.commit()
    job = bulk.ask_many(RETRY, FAILED)
    db.session.commit()
    with time_machine.travel(now() + timedelta(seconds=1)):
        new = failed(db, created_at=now())
        moving.state, moving.finished_at = JobState.FAILURE, now()
        db.session.commit()

    done(db, queue, job)

    assert here.state == JobState.PENDING
    assert (new.state, moving.state) == (JobState.FAILURE, JobState.FAILURE)
    assert job.result["answer"].startswith("1 job runs again. Left out: 1 ended after")


def test_of_jobs_with_the_same_work_the_newest_runs_again_and_none_beside_one_at_work(db, queue):
    same = some_failed(db, 5, key="same")
    busy = failed(db, key="busy")
    twin = enqueue(JobKind.NOTHING, key="busy")
    db.session.commit()
    chosen = bulk.chosen(FAILED)
    assert previewing.preview(RETRY, chosen).skipped == {previewing.TWINS: 5}

    job = ask(db, queue, RETRY)

    assert job.state == JobState.SUCCESS, job.traceback
    states = [one.state for one in same]
    assert states.count(JobState.PENDING) == 1
    assert (busy.state, twin.state) == (JobState.FAILURE, JobState.PENDING)
    assert job.result["answer"] == f"1 job runs again. Left out: 5 {previewing.TWINS}."


def test_taking_back_restores_exactly_what_has_not_begun(db, queue):
    jobs = some_failed(db, 8)
    before = {one.id: row(one) for one in jobs}
    job = ask(db, queue, RETRY)
    taken = jobs[3]
    begun(db, taken)

    back = bulk.take_back(job)
    db.session.commit()
    done(db, queue, back)

    assert back.result == {
        "answer": "7 jobs stand as before. 1 had begun already and stay as they are."
    }
    for one in jobs:
        db.session.refresh(one)
        assert (row(one) == before[one.id]) == (one is not taken)


def test_all_are_stopped_what_waits_at_once_and_what_runs_at_its_next_step(db, queue):
    waiting = [enqueue(JobKind.NOTHING) for _ in range(4)]
    db.session.commit()
    running = waiting.pop()
    assert claim(running.id, worker="here")
    db.session.rollback()
    before = {one.id: row(one) for one in [*waiting, running]}
    queue.redis.flushall()

    job = ask(db, queue, CANCEL, Filter(kind=JobKind.NOTHING))

    assert job.result == {"answer": "4 stopped. None was left out."}
    db.session.expire_all()
    assert {one.state for one in waiting} == {JobState.REVOKED}
    assert (running.state, running.cancel_requested_at is None) == (JobState.PROGRESS, False)
    back = bulk.take_back(job)
    db.session.commit()
    done(db, queue, back)
    assert {one.id: row(one) for one in [*waiting, running]} == before


def test_it_stops_between_two_batches_and_goes_on_where_it_stood(db, queue):
    jobs = some_failed(db, 9)
    job = bulk.ask_many(RETRY, FAILED)
    db.session.commit()
    slice_of(db, queue, job)
    states = [one.state for one in jobs]
    assert states == [JobState.PENDING] * 3 + [JobState.FAILURE] * 6

    asking.cancel(job)
    db.session.commit()
    assert job.state == JobState.REVOKED
    asking.retry(job)
    db.session.commit()
    done(db, queue, job)

    assert {one.state for one in jobs} == {JobState.PENDING}
    assert job.result == {"answer": "9 jobs run again. None was left out."}
    assert db.session.query(JobEvent).filter_by(what=What.AGAIN).count() == 10


def test_a_stop_that_is_heard_in_a_batch_undoes_that_batch(db, queue):
    jobs = some_failed(db, 3)
    job = bulk.ask_many(RETRY, FAILED)
    db.session.commit()
    run = begun(db, job)
    asking.cancel(job)
    db.session.commit()
    with pytest.raises(Cancelled):
        acting_many.go_on(run, RETRY)
    db.session.rollback()
    assert {one.state for one in jobs} == {JobState.FAILURE}


def test_the_worker_runs_it(db, queue):
    jobs = some_failed(db, 2)
    job = bulk.ask_many(RETRY, FAILED)
    db.session.commit()
    with time_machine.travel(now() + LATER, tick=True):
        queue.sweep()
        assert queue.run(1) == ["jobs.retry_many"]
        assert job.state == JobState.SUCCESS
        back = bulk.take_back(job)
        db.session.commit()
        assert queue.run(1) == ["jobs.take_back"]
        assert back.state == JobState.SUCCESS, back.traceback
    assert {one.state for one in jobs} == {JobState.FAILURE}


def test_two_over_the_same_set_act_on_each_job_once(db, queue):
    jobs = some_failed(db, 7)
    first, second = bulk.ask_many(RETRY, FAILED), bulk.ask_many(RETRY, FAILED)
    db.session.commit()
    assert first.id != second.id

    done(db, queue, first)
    done(db, queue, second)

    assert {one.bulk_id for one in jobs} == {first.id}
    assert second.result["answer"].startswith("0 jobs run again.")
    assert db.session.query(JobEvent).filter_by(what=What.AGAIN).count() == 7


def test_the_same_form_sent_twice_is_one_job(db, queue):
    chosen = bulk.chosen(FAILED)
    assert bulk.ask(RETRY, chosen) is bulk.ask(RETRY, chosen)


def test_only_ticked_jobs_are_touched(db, queue):
    jobs = some_failed(db, 3)
    job = bulk.ask(RETRY, bulk.ticked([jobs[1].id]))
    db.session.commit()
    done(db, queue, job)
    assert [one.state for one in jobs] == [JobState.FAILURE, JobState.PENDING, JobState.FAILURE]


def test_what_runs_again_with_many_others_lets_new_work_go_first(db, queue):
    queue.sweep()  # nothing waits: however large the last portions of this process were, that is over
    some_failed(db, 40)
    ask(db, queue, RETRY)
    queue.redis.flushall()

    assert queue.sweep() == 16
    new = enqueue(JobKind.NOTHING)
    db.session.commit()
    assert queue.sweep() == 0  # nobody takes them, so nothing is added
    assert queue.run(17).count("jobs.nothing") == 17
    db.session.refresh(new)
    assert new.state == JobState.SUCCESS
    assert queue.sweep() == 16
    queue.run()
    assert queue.sweep() == 8
    queue.run()
    assert db.session.query(Job).filter_by(state=JobState.PENDING).count() == 0
