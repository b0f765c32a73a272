"""A paused queue, as the ledger, the sweep and those who look see it."""

from datetime import timedelta

import pytest

from tests.messages.conftest import batch as batch
from tests.messages.conftest import written as written
from webapp.accounts.models import AuditEntry
from webapp.clock import now
from webapp.jobs import pausing, queues, staff
from webapp.jobs.kinds import POLICIES, JobKind, Queue, Wake
from webapp.jobs.models import Job, JobState
from webapp.jobs.queue import enqueue, wake
from webapp.jobs.worker_models import Worker
from webapp.messages.models import Message, MessageState

AGO = timedelta(seconds=30)


def asked(db, kind=JobKind.NOTHING, **values):
    job = enqueue(kind)
    for name, value in values.items():
        setattr(job, name, value)
    db.session.commit()
    return job


def pause(db, queue, reason="We look at it."):
    pausing.pause(queue, reason)
    db.session.commit()


def resume(db, queue):
    pausing.resume(queue)
    db.session.commit()


def test_nothing_of_a_paused_queue_begins_and_all_goes_on_afterwards(db, queue):
    held, other = asked(db), asked(db, JobKind.EXPORTS_CLEAN)
    pause(db, Queue.DEFAULT)

    queue.run()
    assert (held.state, held.attempt) == (JobState.PENDING, 0)
    assert other.state == JobState.SUCCESS
    held.published_at -= AGO
    db.session.commit()
    assert queue.sweep() == 0

    resume(db, Queue.DEFAULT)
    assert queue.sweep() == 1
    queue.run()
    assert (held.state, held.attempt) == (JobState.SUCCESS, 1)


@pytest.mark.parametrize("paused", [Queue.MESSAGES, Queue.DEFAULT])
def test_no_message_leaves_by_a_paused_queue(db, queue, sandbox, written, batch, paused):
    single, many = written(), batch(5)
    pause(db, paused)

    wake(Wake.SEND_BATCHES)
    db.session.commit()
    queue.run()
    queue.redis.flushall()
    queue.sweep()
    queue.run()

    left = db.session.scalars(db.select(Message.state).where(Message.batch_id == many.id)).all()
    assert set(left) == {MessageState.QUEUED}
    db.session.refresh(single)
    assert (single.state == MessageState.QUEUED) == (paused == Queue.MESSAGES)

    resume(db, paused)
    queue.sweep()
    queue.run()
    left = db.session.scalars(db.select(Message.state)).all()
    assert len(left) == 6
    assert MessageState.QUEUED not in left


def test_each_wake_is_held_by_its_queue_and_campaigns_by_that_of_messages_too(db):
    assert not any(map(pausing.held, Wake))

    pause(db, Queue.MESSAGES)

    held = {task for task in Wake if pausing.held(task)}
    assert held == {Wake.DELIVER, Wake.RECEIVE, Wake.SEND_BATCHES}


def test_a_queue_is_paused_once_and_goes_on_once_and_both_are_recorded(db):
    pause(db, Queue.BULK, "The disk is full.")
    with pytest.raises(pausing.AlreadySo, match="paused already"):
        pausing.pause(Queue.BULK, "Again.")
    assert pausing.paused()[Queue.BULK].reason == "The disk is full."

    resume(db, Queue.BULK)
    with pytest.raises(pausing.AlreadySo, match="is not paused"):
        pausing.resume(Queue.BULK)
    actions = db.session.scalars(db.select(AuditEntry.action)).all()
    assert actions == ["queue.paused", "queue.resumed"]


def test_the_depth_of_a_queue_tells_what_is_due_from_what_comes_later(db, queue):
    asked(db, run_at=now() - timedelta(minutes=3))
    asked(db)
    asked(db, run_at=now() + timedelta(hours=1))
    ran = asked(db, JobKind.EXPORTS_CLEAN)
    ran.state, ran.finished_at = JobState.SUCCESS, now()
    busy = asked(db, JobKind.EXPORT_WRITE)
    busy.state = JobState.PROGRESS
    db.session.commit()

    depths = queues.depths()

    default, bulk = depths[Queue.DEFAULT], depths[Queue.BULK]
    assert (default.waiting, default.later, default.running, default.rate) == (2, 1, 0, 0.0)
    assert 180 <= default.oldest_seconds < 240
    assert (bulk.waiting, bulk.running, bulk.rate) == (0, 1, 1 / queues.MINUTES)
    assert depths[Queue.URGENT] == queues.Depth(0, None)


def test_a_deep_queue_is_counted_up_to_a_bound(db, monkeypatch):
    monkeypatch.setattr(queues, "MOST", 3)
    rows = [{"kind": JobKind.NOTHING, "queue": Queue.DEFAULT, "max_attempts": 4} for _ in range(5)]
    db.session.execute(db.insert(Job), rows)
    db.session.commit()

    assert queues.depths()[Queue.DEFAULT].waiting == 3


def test_a_worker_that_is_gone_is_told_of_for_a_day_with_what_it_left(db, queue):
    child = "elsewhere/4026531836:78:12346"
    job = asked(db)
    db.session.add_all(
        [
            Worker(name="elsewhere/4026531836:77:12345", concurrency=2, children=[child],
                   seen_at=now() - timedelta(minutes=2)),
            Worker(name="before/1:1:1", concurrency=2, seen_at=now() - timedelta(hours=25)),
        ]
    )  # fmt: skip
    job.state, job.worker, job.lease_until = JobState.PROGRESS, child, now() + AGO
    db.session.commit()
    (seen,) = staff.workers()
    assert not seen.alive
    assert [left.job_id for left in seen.left] == [job.id]

    job.lease_until = now() - AGO
    db.session.commit()
    queue.sweep()

    (seen,) = staff.workers()
    assert [left.job_id for left in seen.left] == [job.id]
    assert seen.left[0].words == POLICIES[JobKind.NOTHING].title
    assert seen.spoken == "elsewhere, process 77"
