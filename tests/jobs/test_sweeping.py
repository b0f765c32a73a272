"""The sweep: what nobody would wake up for any more is found and published again."""

import json
from datetime import timedelta

import pytest

from webapp.clock import now
from webapp.jobs import owners, sweeping
from webapp.jobs.acting import asking
from webapp.jobs.claiming import claim
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import JobState
from webapp.jobs.queue import enqueue
from webapp.jobs.running import LEASE, STOPPED, Cancelled, LeaseLost

ELSEWHERE = "another-machine/4026531836:77:12345"
DEAD = f"{owners.host()}999999999:12345"
LATER = timedelta(seconds=30)


def asked(db, **values):
    """Return a job that has been asked for and published."""
    job = enqueue(JobKind.NOTHING)
    for name, value in values.items():
        setattr(job, name, value)
    db.session.commit()
    return job


def claimed(db, worker, **values):
    """Return a job and its run by some worker."""
    job = asked(db)
    run = claim(job.id, worker=worker)
    db.session.rollback()  # what was read before the claim is old by now
    for name, value in values.items():
        setattr(job, name, value)
    db.session.commit()
    db.session.refresh(job)
    return job, run


def forget(queue):
    queue.redis.flushall()


def test_a_message_that_waits_in_the_queue_is_not_published_again(db, queue):
    for _ in range(3):
        asked(db)

    assert queue.sweep() == 0
    assert len(queue.names()) == 3


def test_a_long_queue_is_not_published_again_however_long_it_waits(db, queue):
    jobs = [asked(db) for _ in range(5)]
    _shift(db, queue, jobs, by=-LATER)

    assert queue.sweep() == 0
    assert len(queue.names()) == 5


def test_a_message_that_was_lost_from_the_middle_is_published_again(db, queue):
    lost, others = asked(db), [asked(db) for _ in range(2)]
    _shift(db, queue, [lost], by=-LATER)
    queue.redis.rpop("default:1")

    assert queue.sweep() == 1
    assert len(queue.names()) == 3
    assert queue.sweep() == 0
    queue.run()
    assert {job.attempt for job in (lost, *others)} == {1}


def test_a_message_under_way_to_a_worker_is_not_lost_yet(db, queue):
    asked(db)
    forget(queue)

    assert queue.sweep() == 0


def test_all_that_a_redis_has_forgotten_is_published_again(db, queue):
    jobs = [asked(db) for _ in range(3)]
    forget(queue)
    for job in jobs:
        job.published_at -= LATER
    db.session.commit()

    assert queue.sweep() == 3
    queue.run()
    assert {job.state for job in jobs} == {JobState.SUCCESS}


def test_a_job_that_was_never_published_is(db, queue):
    asked(db, published_at=None)
    forget(queue)

    assert queue.sweep() == 1


def test_a_retry_is_published_when_its_time_has_come_and_before_what_is_new(db, queue):
    waiting = asked(db)
    early = asked(db, state=JobState.RETRY, published_at=None, run_at=now() + LATER)
    due = asked(db, state=JobState.RETRY, published_at=None)
    forget(queue)
    waiting.published_at -= LATER
    db.session.commit()

    assert queue.sweep() == 2
    assert _ids(queue) == [str(due.id), str(waiting.id)]
    assert early.published_at is None


def test_a_dead_workers_job_goes_on_at_once_and_before_what_is_new(db, queue):
    job, _run = claimed(db, DEAD)
    forget(queue)
    new = asked(db)

    queue.sweep()

    assert _ids(queue) == [str(job.id), str(new.id)]
    queue.run()
    assert (job.state, job.attempt, job.lost) == (JobState.SUCCESS, 2, 1)
    assert "lost" in [moment.what for moment in job.events]


def test_a_living_workers_job_keeps_its_lease(db, queue):
    job, _run = claimed(db, owners.me(), lease_until=now() + timedelta(seconds=1))

    queue.sweep()

    db.session.refresh(job)
    assert job.state == JobState.PROGRESS
    assert job.lease_until > now() + LEASE / 2


def test_a_living_workers_job_is_not_taken_even_when_its_lease_is_over(db, queue):
    job, run = claimed(db, owners.me(), lease_until=now() - LATER)

    queue.sweep()
    run.succeed(None)
    db.session.commit()

    db.session.refresh(job)
    assert (job.state, job.attempt) == (JobState.SUCCESS, 1)


def test_a_job_on_another_machine_goes_on_when_its_lease_is_over_and_not_before(db, queue):
    kept, _ = claimed(db, ELSEWHERE)
    over, _ = claimed(db, ELSEWHERE, lease_until=now() - timedelta(seconds=1))

    queue.sweep()

    db.session.refresh(kept)
    db.session.refresh(over)
    assert (kept.state, over.state) == (JobState.PROGRESS, JobState.RETRY)


@pytest.mark.parametrize("later", ["slice", "retry"])
def test_a_job_asked_to_stop_just_before_it_is_put_back_waits_for_nothing(db, queue, later):
    job, run = claimed(db, owners.me())
    forget(queue)  # the message that the worker has taken
    asking.cancel(job)
    db.session.commit()

    if later == "slice":
        run.go_on_later()
    else:
        run.retry_later(ValueError("x"), "It failed.", None)
    db.session.commit()

    db.session.refresh(job)
    assert (job.state, job.error) == (JobState.REVOKED, STOPPED)
    assert job.finished_at is not None
    assert queue.names() == []


def test_who_lost_its_lease_can_neither_report_nor_end_the_job(db, queue):
    job, frozen = claimed(db, ELSEWHERE, lease_until=now() - timedelta(seconds=1))
    other = claim(job.id, worker=owners.me())
    db.session.commit()

    for late in (
        lambda: frozen.step(1, 2, "I am back."),
        lambda: frozen.succeed({"by": "the frozen one"}),
        lambda: frozen.retry_later(ValueError("x"), "It failed.", None),
        lambda: frozen.fail(ValueError("x"), "It failed.", None),
        frozen.stop,
        frozen.go_on_later,
    ):
        with pytest.raises(LeaseLost):
            late()
        db.session.rollback()

    other.succeed({"by": "the other one"})
    db.session.commit()
    db.session.refresh(job)
    assert (job.result, job.attempt, job.note) == ({"by": "the other one"}, 2, None)


def test_a_stopped_job_whose_worker_died_ends_as_stopped(db, queue):
    job, _run = claimed(db, DEAD)
    asking.cancel(job)
    db.session.commit()

    queue.sweep()

    db.session.refresh(job)
    assert (job.state, job.error) == (JobState.REVOKED, "Stopped on request.")
    assert job.finished_at


def test_a_job_that_is_asked_to_stop_hears_of_it_at_its_next_step(db, queue):
    job, run = claimed(db, owners.me())
    asking.cancel(job)
    db.session.commit()

    with pytest.raises(Cancelled):
        run.step(1, 2)


def test_a_job_that_kills_its_workers_is_given_up(db, queue):
    job = asked(db)
    for _ in range(sweeping.LOST_LIMIT):
        assert job.state != JobState.FAILURE
        claim(job.id, worker=DEAD)
        db.session.commit()
        queue.sweep()
        db.session.refresh(job)

    assert job.state == JobState.FAILURE
    assert job.error == f"Its worker died {sweeping.LOST_LIMIT} times while running it."
    assert job.advice


def test_a_job_that_gets_on_may_lose_any_number_of_workers(db, queue):
    job = asked(db)
    for number in range(sweeping.LOST_LIMIT + 2):
        run = claim(job.id, worker=DEAD)
        db.session.rollback()  # what was read before the claim is old by now
        run.step(number, 100)
        queue.sweep()
        db.session.refresh(job)

    assert job.state == JobState.RETRY


def test_two_sweeps_free_a_job_once(db, queue):
    job, run = claimed(db, DEAD)

    sweeping.free(job.id, run.attempt)
    sweeping.free(job.id, run.attempt)
    db.session.commit()

    db.session.refresh(job)
    assert job.lost == 1


def test_with_redis_away_the_recovery_goes_on(db, queue, valkey):
    job, _run = claimed(db, DEAD)
    valkey.kill()

    assert queue.sweep() == 0

    db.session.refresh(job)
    assert job.state == JobState.RETRY


def _ids(queue):
    lists = ("default", "default:1")
    return [
        json.loads(raw)["headers"]["id"]
        for name in lists
        for raw in reversed(queue.redis.lrange(name, 0, -1))
    ]


def _shift(db, queue, jobs, *, by):
    """Let it be as if jobs had been published earlier, in their rows and in their messages."""
    wanted = {str(job.id) for job in jobs}
    for job in jobs:
        job.published_at += by
    db.session.commit()
    for place, raw in enumerate(queue.redis.lrange("default:1", 0, -1)):
        message = json.loads(raw)
        if message["headers"]["id"] in wanted:
            message["headers"]["published_at"] += by.total_seconds()
            queue.redis.lset("default:1", place, json.dumps(message))
