"""Redis goes away, comes back empty, forgets everything: work waits in the ledger."""

import shutil
import uuid
from contextlib import contextmanager

import pytest
import redis

from tests.live import wait_for
from tests.worker.asked import Asked, busy
from webapp.accounts.models import Role
from webapp.jobs.models import Job, JobState

AWAY = "Redis cannot be reached"
LOST, GONE = "Connection to broker lost", "redis cannot be reached"  # what the worker says of it


@pytest.mark.parametrize("file", ["kept", "lost"])
def test_a_job_asked_for_while_redis_is_away_waits_and_runs_when_it_is_back(stack, go, file):
    browser = stack.browser(Role.OPERATOR)
    held = Asked(stack, "hold", until=str(go))
    held.runs()
    stack.valkey.kill()
    if file == "lost":
        shutil.rmtree(stack.valkey.folder / "appendonlydir")

    answer = browser.press("/jobs/test")
    job_id = uuid.UUID(answer.headers["Location"].rpartition("/")[2])
    wait_for(lambda: AWAY in browser.read("/"))

    assert answer.status_code == 303
    assert _row(stack, job_id).state == JobState.PENDING
    stack.valkey.start()
    wait_for(lambda: _row(stack, job_id).state == JobState.SUCCESS)
    wait_for(lambda: AWAY not in browser.read("/"))
    go.touch()
    assert held.ends().attempt == 1
    assert stack.worker.running


def test_a_worker_that_loses_redis_while_a_job_runs_and_it_waits_for_the_next_goes_on(stack, go):
    held = Asked(stack, "hold", until=str(go))
    held.runs()
    heard = _heard(stack, GONE)

    # It waits for an answer (blocked, says Redis), and hears of the loss by another line: the one of
    # remote control. Nobody can call back.
    wait_for(lambda: any("b" in line["flags"] for line in stack.redis().client_list()))
    with _full(stack) as commands:
        commands.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        commands.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        commands.execute()
        wait_for(heard)
    go.touch()

    assert held.ends().attempt == 1
    assert Asked(stack).ends().attempt == 1
    assert stack.worker.running


def test_a_worker_waits_for_a_redis_that_takes_no_writes(stack):
    heard = _heard(stack, LOST)
    server = stack.redis()
    server.replicaof("127.0.0.1", 1)  # as in a failover
    try:
        wait_for(heard)
    finally:
        server.replicaof("NO", "ONE")

    assert Asked(stack).ends().attempt == 1
    assert stack.worker.running


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


@contextmanager
def _full(stack):
    """Give commands for a Redis that, from the first of them on, takes no new line for a while."""
    with redis.Redis.from_url(stack.valkey.url) as server:
        most = server.config_get("maxclients")["maxclients"]
        commands = server.pipeline(transaction=False)
        commands.config_set("maxclients", 1)
        try:
            yield commands
        finally:
            server.config_set("maxclients", most)


def _heard(stack, words):
    """Return a question: has the worker said this since then, if it can still say anything?"""
    before = stack.worker.log().count(words)
    return lambda: stack.worker.log().count(words) > before or not stack.worker.running


def _row(stack, job_id):
    return stack.look(lambda session: session.get_one(Job, job_id))
