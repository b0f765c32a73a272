"""Telling Redis: whatever is wrong with it, what was asked for is stored and answered."""

import signal

import pytest

from tests.bookings.making import a_service, in_threads
from tests.jobs.statements import listening
from tests.live import wait_for
from webapp.extensions import broker
from webapp.extensions import db as database
from webapp.jobs.kinds import JobKind, Wake
from webapp.jobs.models import Job, JobState
from webapp.jobs.queue import enqueue, wake


@pytest.fixture
def tired(valkey):
    """Return a server that takes connections and answers nothing."""
    valkey.process.send_signal(signal.SIGSTOP)
    yield valkey
    valkey.process.send_signal(signal.SIGCONT)


def test_a_redis_that_is_away_costs_no_job(db, queue, valkey):
    valkey.kill()

    job = enqueue(JobKind.NOTHING)
    db.session.commit()

    assert job.state == JobState.PENDING


def test_a_redis_that_hangs_costs_no_job(db, queue, tired):
    job = enqueue(JobKind.NOTHING)
    db.session.commit()

    assert job.state == JobState.PENDING


def test_a_redis_that_refuses_costs_no_job(db, queue, valkey):
    valkey.command("CONFIG SET maxmemory 1")
    try:
        job = enqueue(JobKind.NOTHING)
        db.session.commit()
    finally:
        valkey.command("CONFIG SET maxmemory 0")

    assert job.state == JobState.PENDING
    assert queue.names() == []


def test_more_threads_than_lines_to_a_hanging_redis_cost_no_job(app, db, queue, tired):
    def ask(_number):
        enqueue(JobKind.NOTHING)
        database.session.commit()

    in_threads(app, 2 * broker.conf.broker_pool_limit, ask)

    assert db.session.query(Job).count() == 2 * broker.conf.broker_pool_limit


def test_a_hundred_wake_ups_that_nobody_has_heard_are_one(db, queue):
    for _ in range(100):
        wake(Wake.RECEIVE)
        db.session.commit()

    assert queue.names() == ["messages.receive"]


def test_what_comes_after_a_wake_up_was_heard_wakes_again(db, queue):
    for _ in range(2):
        wake(Wake.RECEIVE)
        wake(Wake.DELIVER)
        db.session.commit()
        assert sorted(queue.run()) == ["messages.deliver", "messages.receive"]


def test_a_wake_up_that_got_lost_is_made_up_for(db, queue):
    wake(Wake.RECEIVE)
    db.session.commit()
    queue.redis.delete("messages:1")  # the mark that somebody has been woken stays

    def woken():
        wake(Wake.RECEIVE)
        db.session.commit()
        return queue.names()

    assert wait_for(woken) == ["messages.receive"]


@pytest.fixture
def asked(db):
    """Return what hears every statement."""
    with listening(db.engine) as asked:
        yield asked


def test_asking_for_a_job_is_few_statements_also_about_what_was_never_seen(db, queue, asked):
    service = a_service()
    assert service.id

    for key, most in (("one", 5), ("two", 3), ("two", 1)):
        asked.forget()
        enqueue(JobKind.NOTHING, about=service, key=key)
        assert len(asked.statements) <= most, "\n".join(asked.statements)
