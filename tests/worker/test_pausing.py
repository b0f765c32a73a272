"""A paused queue: nothing of it begins, whatever becomes of Redis and the workers."""

from tests.live import wait_for
from tests.worker.asked import SHORT, Asked
from webapp.jobs.kinds import Queue
from webapp.jobs.models import JobState
from webapp.jobs.worker_models import Pause


def test_a_paused_queue_stays_so_when_redis_forgets_and_the_worker_ends_and_goes_on_in_seconds(
    stack, go
):
    running = Asked(stack, "hold", until=str(go))
    running.runs()
    sliced = Asked(stack, "slices", count=400)
    wait_for(lambda: sliced.row.done >= 1)
    with stack.session() as session:
        session.add(Pause(queue=Queue.BULK, reason="We look at it."))
        session.commit()
    waiting = Asked(stack)
    wait_for(lambda: sliced.row.state == JobState.PENDING and sliced.row.attempt > 0)

    stack.redis().flushall()
    go.touch()
    assert running.ends().attempt == 1
    stack.worker.stop()
    stack.worker.start()
    wait_for(stack.worker_is_there)
    other = Asked(stack, kind=SHORT)
    other.ends()
    done = sliced.row.done

    assert (waiting.row.state, waiting.row.attempt) == (JobState.PENDING, 0)
    assert sliced.row.state == JobState.PENDING
    with stack.session() as session:
        session.delete(session.get_one(Pause, Queue.BULK))
        session.commit()
    waiting.ends()
    wait_for(lambda: sliced.row.done > done)
