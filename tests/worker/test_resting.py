"""A worker that is asked to rest, to work again, or to begin anew."""

from pathlib import Path

import psutil
import pytest
from sqlalchemy import update

from tests.live import wait_for
from tests.worker.asked import Asked, busy
from webapp.clock import now
from webapp.jobs.models import JobState
from webapp.jobs.worker_models import Wish, Worker

CONNECTED = "Connected to worker.transport"  # in the worker's log


@pytest.fixture
def second_worker(stack):
    """Return another worker on the same machine."""
    other = next((part for part in stack.parts if part.name == "worker-b"), None)
    other = other or stack.part("worker", "worker-b")
    if not other.running:
        other.start()
    wait_for(lambda: _row(stack, other))
    yield other
    other.kill()


def test_a_worker_that_rests_finishes_what_it_has_and_takes_nothing_new(stack, go):
    running = Asked(stack, "hold", until=str(go))
    running.runs()
    _ask(stack, Wish.QUIET)
    wait_for(lambda: _row(stack).resting_since)
    waiting = Asked(stack)
    waiting.waits()

    go.touch()
    assert running.ends().attempt == 1
    _swept_again(stack)
    assert waiting.row.attempt == 0

    _ask(stack, Wish.WORK)
    assert waiting.ends().attempt == 1
    wait_for(lambda: _row(stack).resting_since is None)


def test_it_rests_also_on_another_line_to_redis(stack):
    lines = stack.worker.log().count(CONNECTED)
    stack.valkey.stop()
    _ask(stack, Wish.QUIET)
    wait_for(lambda: _row(stack).resting_since)
    stack.valkey.start()
    wait_for(lambda: stack.worker.log().count(CONNECTED) > lines)

    waiting = Asked(stack)
    waiting.waits()
    _swept_again(stack)
    assert waiting.row.attempt == 0

    _ask(stack, Wish.WORK)
    assert waiting.ends().attempt == 1


def test_what_a_resting_worker_leaves_is_done_by_another(stack, second_worker):
    _ask(stack, Wish.QUIET)
    wait_for(lambda: _row(stack).resting_since)

    jobs = [Asked(stack) for _ in range(8)]

    assert [job.ends().attempt for job in jobs] == [1] * 8
    _ask(stack, Wish.WORK)


def test_a_restarted_worker_begins_anew_in_the_same_process_and_loses_nothing(stack, go):
    before, main = _row(stack), stack.worker.process
    children = stack.worker.children()
    jobs = [*busy(stack, go), Asked(stack)]
    files = psutil.Process(main.pid).num_fds()

    _ask(stack, Wish.RESTART)
    after = wait_for(lambda: (r := _row(stack)) and r.started_at > before.started_at and r)
    go.touch()

    assert main.poll() is None
    assert (after.name, after.wish) == (before.name, Wish.WORK)
    assert after.started_at <= now()
    for job in jobs:
        job.ends()
        assert job.effects == 1
    assert not [child for child in children if child.is_running()]
    wait_for(lambda: len(stack.worker.children()) >= stack.config.worker_concurrency)
    assert psutil.Process(main.pid).num_fds() <= files + 5
    assert Path(f"/proc/{main.pid}/cmdline").read_text().count("celery")


def test_an_idle_worker_is_back_at_once(stack):
    before = _row(stack)

    _ask(stack, Wish.RESTART)

    wait_for(lambda: (r := _row(stack)) and r.started_at > before.started_at)
    assert Asked(stack).ends().state == JobState.SUCCESS


def _row(stack, part=None):
    mark = f":{(part or stack.worker).process.pid}:"
    rows = stack.look(lambda s: s.query(Worker).all())
    return next((row for row in rows if mark in row.name), None)


def _ask(stack, wish):
    with stack.session() as session:
        session.execute(update(Worker).where(Worker.name == _row(stack).name).values(wish=wish))
        session.commit()


def _swept_again(stack):
    """Wait until the worker has said once more that it lives: it has swept meanwhile."""
    seen = _row(stack).version
    wait_for(lambda: _row(stack).version > seen)
