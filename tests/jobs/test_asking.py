"""Work is asked for in the transaction of its cause."""

from datetime import timedelta

from webapp.clock import now
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.queue import enqueue


def test_a_job_is_published_after_the_commit_and_not_before(db, queue):
    job = enqueue(JobKind.NOTHING)
    assert queue.names() == []

    db.session.commit()

    assert queue.names() == ["jobs.nothing"]
    assert job.state == JobState.PENDING


def test_a_rollback_publishes_nothing_and_leaves_no_row(db, queue):
    enqueue(JobKind.NOTHING)
    db.session.rollback()
    db.session.commit()

    assert queue.names() == []
    assert db.session.query(Job).count() == 0


def test_the_same_key_makes_one_job_until_it_is_finished(db, queue):
    first = enqueue(JobKind.NOTHING, key="a")
    second = enqueue(JobKind.NOTHING, key="a")
    db.session.commit()
    assert first is second

    queue.run()
    third = enqueue(JobKind.NOTHING, key="a")
    db.session.commit()

    assert third.id != first.id


def test_a_job_for_later_is_not_published_before_its_time(db, queue):
    enqueue(JobKind.NOTHING, run_at=now() + timedelta(hours=1))
    db.session.commit()

    assert queue.sweep() == 0
    assert queue.names() == []


def test_a_job_runs_and_shows_its_answer(db, queue):
    job = enqueue(JobKind.NOTHING)
    db.session.commit()

    assert queue.run() == ["jobs.nothing"]

    assert job.state == JobState.SUCCESS
    assert job.attempt == 1
    assert job.result == {"answer": "A worker is there and answers."}
    assert [moment.what for moment in job.events] == ["queued", "started", "SUCCESS"]


def test_a_message_delivered_twice_runs_once(db, queue):
    job = enqueue(JobKind.NOTHING)
    db.session.commit()
    queue.redis.lpush("default:1", queue.redis.lindex("default:1", -1))

    queue.run()

    assert job.attempt == 1
