"""Processes that end in the middle of their work, asked or not."""

import signal
from pathlib import Path

import psutil
import pytest

from tests.live import wait_for
from tests.worker.asked import Asked, busy, pid_of
from webapp.jobs.models import JobState
from webapp.jobs.worker_models import Worker

LOST = "Its worker stopped in the middle. It goes on with another one."
BROKEN = "a task broke off"  # in the worker's log


@pytest.fixture
def second_worker(stack):
    """Return another worker on the same machine."""
    found = next((part for part in stack.parts if part.name == "worker-b"), None)
    other = found or stack.part("worker", "worker-b")
    if not other.running:
        other.start()
    wait_for(lambda: _names(stack, other))
    yield other
    other.kill()


def test_a_killed_childs_job_goes_on_before_its_lease_is_over(stack, go):
    asked = Asked(stack, "hold", until=str(go))
    first = asked.runs()

    psutil.Process(pid_of(first)).kill()
    wait_for(lambda: asked.row.attempt == 2)

    assert asked.row.started_at < first.lease_until
    go.touch()
    assert asked.ends().lost == 1
    assert (asked.effects, asked.history) == (1, [LOST])


def test_a_child_made_in_the_middle_of_a_sweep_can_write(stack, go):
    broken = stack.worker.log().count(BROKEN)
    old = stack.worker.children()
    asked = Path(stack.env["DAWDLE"])
    asked.touch()
    wait_for(lambda: not asked.exists())
    old[0].kill()
    wait_for(lambda: set(stack.worker.children()) - set(old))

    jobs = busy(stack, go)
    go.touch()

    assert [job.ends().attempt for job in jobs] == [1, 1]
    assert stack.worker.log().count(BROKEN) == broken


def test_a_killed_workers_job_goes_on_with_another_one(stack, second_worker, go):
    stack.worker.kill()
    stack.worker.start()
    asked = Asked(stack, "hold", until=str(go))
    first = asked.runs()
    holder = _holder(stack, first)

    holder.kill()
    wait_for(lambda: asked.row.attempt == 2)

    assert asked.row.started_at < first.lease_until
    go.touch()
    asked.ends()
    assert asked.effects == 1


def test_a_deploys_signal_to_the_whole_group_hands_a_running_job_back(stack, second_worker, go):
    asked = Asked(stack, "hold", until=str(go))
    first = asked.runs()
    holder = _holder(stack, first)

    code = holder.stop(group=True)
    handed_back = asked.row

    assert code == 0
    assert handed_back.state in {JobState.RETRY, JobState.PROGRESS}
    assert handed_back.worker != first.worker
    go.touch()
    asked.ends()
    assert (asked.row.attempt, asked.effects) == (2, 1)


@pytest.mark.parametrize("how", ["by its platform", "by its group", "by hand"])
def test_a_worker_says_that_it_is_there_and_that_it_leaves(stack, how):
    names = _names(stack, stack.worker)
    assert names

    if how == "by hand":
        stack.worker.process.send_signal(signal.SIGINT)
        stack.worker.process.wait(60)
    else:
        assert stack.worker.stop(group=how == "by its group") == 0

    assert not names & _all_names(stack)
    assert not list(stack.worker.members())


def test_children_do_not_outlive_their_main_process(stack):
    assert stack.worker.children()

    stack.worker.kill_main()

    wait_for(lambda: not list(stack.worker.members()))


def _names(stack, part):
    mark = f":{part.process.pid}:"
    return {name for name in _all_names(stack) if mark in name}


def _all_names(stack):
    return stack.look(lambda s: {worker.name for worker in s.query(Worker)})


def _holder(stack, job):
    return next(part for part in stack.parts if pid_of(job) in set(part.members()))
