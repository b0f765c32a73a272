"""Redis goes away, comes back empty, forgets everything: work waits in the ledger."""

import shutil
import uuid

import pytest

from tests.live import wait_for
from tests.worker.asked import Asked, busy
from webapp.accounts.models import Role
from webapp.jobs.models import Job, JobState

AWAY = "Redis cannot be reached"


@pytest.mark.parametrize("file", ["kept", "lost"])
def test_a_job_asked_for_while_redis_is_away_waits_and_runs_when_it_is_back(stack, file):
    browser = stack.browser(Role.OPERATOR)
    stack.valkey.kill()
    if file == "lost":
        shutil.rmtree(stack.valkey.folder / "appendonlydir")

    answer = browser.press("/jobs/test")
    job_id = uuid.UUID(answer.headers["Location"].rpartition("/")[2])
    wait_for(lambda: AWAY in browser.read("/"))

    assert answer.status_code in {302, 303}
    assert _row(stack, job_id).state == JobState.PENDING
    stack.valkey.start()
    wait_for(lambda: _row(stack, job_id).state == JobState.SUCCESS)
    wait_for(lambda: AWAY not in browser.read("/"))


def test_an_answer_does_not_wait_for_a_redis_that_hangs(stack):
    browser = stack.browser(Role.OPERATOR)
    browser.read("/")
    stack.valkey.process.send_signal(19)
    try:
        answer = browser.press("/jobs/test")
    finally:
        stack.valkey.process.send_signal(18)

    job_id = uuid.UUID(answer.headers["Location"].rpartition("/")[2])
    assert answer.elapsed.total_seconds() < 30
    wait_for(lambda: _row(stack, job_id).state == JobState.SUCCESS)


def test_a_redis_that_forgot_everything_loses_no_job(stack, go):
    busy(stack, go)
    jobs = [Asked(stack) for _ in range(10)]
    for job in jobs:
        job.waits()

    stack.valkey.command("FLUSHALL")
    go.touch()

    assert [job.ends().attempt for job in jobs] == [1] * 10
    assert [job.effects for job in jobs] == [1] * 10


def _row(stack, job_id):
    return stack.look(lambda session: session.get_one(Job, job_id))
