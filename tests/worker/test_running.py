"""A job in the real worker: how it ends, and how often what it does is done."""

import pytest

from tests.live import wait_for
from tests.worker.asked import SHORT, URGENT, Asked, busy, pid_of
from webapp.accounts.models import AuditEntry, Role
from webapp.jobs.models import Job, JobState


def test_a_job_asked_for_in_the_browser_runs_to_its_end_under_the_requests_id(stack):
    answer = stack.browser(Role.OPERATOR).press(
        "/jobs/test", **{"X-Request-ID": "from-the-browser"}
    )
    job_id = answer.headers["Location"].rpartition("/")[2]

    wait_for(lambda: _state(stack, job_id) == JobState.SUCCESS)

    line = wait_for(lambda: _line(stack, job_id))
    assert '"request_id": "from-the-browser"' in line
    assert '"outcome": "done"' in line


def test_a_message_that_came_three_times_runs_its_job_once(stack, go):
    held = busy(stack, go)
    asked = Asked(stack)
    asked.waits()
    redis = stack.redis()
    message = wait_for(lambda: redis.lindex("bulk:1", 0))
    redis.lpush("bulk:1", message, message)
    go.touch()

    asked.ends()
    wait_for(lambda: redis.llen("bulk:1") == 0)

    assert [job.ends().attempt for job in (*held, asked)] == [1, 1, 1]
    assert asked.effects == 1


def test_a_long_job_goes_on_slice_by_slice(stack):
    asked = Asked(stack, "slices", count=4)

    job = asked.ends()

    assert (job.attempt, job.done, job.total, job.lost) == (4, 4, 4, 0)
    assert asked.effects == 4


def test_what_fails_is_tried_again_by_its_row_and_undone_before(stack):
    asked = Asked(stack, "fail", times=2, how="later")

    job = asked.ends()

    assert (job.attempt, job.failures, job.error, job.advice) == (3, 2, None, None)
    assert asked.effects == 1
    assert asked.history == ["The shop is closed. Trying again in about 1 seconds."] * 2


def test_what_goes_on_failing_fails_with_its_words_and_tells_whom_it_is_about(stack):
    asked = Asked(stack, "fail", times=99, how="fault", kind=SHORT)

    job = asked.ends(JobState.FAILURE)

    assert (job.attempt, job.failures) == (4, 4)
    assert job.error == "Something went wrong on our side."
    assert "ZeroDivisionError: a bug" in str(job.traceback)
    assert asked.effects == 0
    assert _gave_up(stack) == [f"Gave up: {job.error}"]


def test_what_is_impossible_fails_at_once(stack):
    asked = Asked(stack, "fail", times=99, how="never")

    job = asked.ends(JobState.FAILURE)

    assert (job.attempt, job.error) == (1, "There is no such shop.")
    assert job.advice == "Choose another one."


def test_a_job_whose_end_cannot_be_written_down_is_not_held_for_ever(stack):
    asked = Asked(stack, "fail", times=1, how="unspeakable")

    job = asked.ends()

    assert (job.attempt, job.lost, asked.effects) == (2, 1, 1)
    assert asked.history == ["Its worker stopped in the middle. It goes on with another one."]


def test_a_job_that_takes_too_long_is_stopped_and_tried_again(stack):
    asked = Asked(stack, "too_long", kind=SHORT)

    job = asked.ends()

    assert (job.attempt, job.failures, job.lost) == (2, 1, 0)
    assert asked.history[0].startswith("It took longer than the 3 seconds that it may take.")


def test_a_job_that_does_not_stop_when_asked_is_ended_with_its_process(stack):
    asked = Asked(stack, "deaf", kind=SHORT)

    job = asked.ends()

    assert (job.attempt, job.lost, asked.effects) == (2, 1, 1)


def test_an_urgent_job_overtakes_those_that_wait(stack, go):
    busy(stack, go)
    waiting = [Asked(stack) for _ in range(6)]
    for job in waiting:
        job.waits()
    urgent = Asked(stack, kind=URGENT)
    urgent.waits()
    go.touch()

    last = max(job.ends().started_at for job in waiting)
    overtaken = [job for job in waiting if job.row.started_at > urgent.ends().started_at]

    assert urgent.row.started_at < last
    assert len(overtaken) >= len(waiting) - 2, "a child may have taken one before"


def test_a_job_that_waits_is_stopped_at_once_and_never_runs(stack, go):
    busy(stack, go)
    asked = Asked(stack)
    asked.waits()

    answer = stack.browser(Role.OPERATOR).press(f"/jobs/{asked.id}/cancel")

    assert answer.status_code == 303
    assert (asked.row.state, asked.row.attempt) == (JobState.REVOKED, 0)
    go.touch()
    Asked(stack).ends()
    assert (asked.row.attempt, asked.effects) == (0, 0)


def test_a_job_that_runs_is_stopped_at_its_next_step(stack, go):
    asked = Asked(stack, "wait", until=str(go))
    asked.runs()

    stack.browser(Role.OPERATOR).press(f"/jobs/{asked.id}/cancel")

    assert asked.ends(JobState.REVOKED).error == "Stopped on request."
    assert asked.effects == 0


@pytest.mark.timeout(400)
def test_children_are_replaced_after_some_tasks_and_lose_nothing(stack):
    before = {child.pid for child in stack.worker.children()}
    jobs = [Asked(stack) for _ in range(150)]

    ended = [job.ends() for job in jobs]

    assert {job.attempt for job in ended} == {1}
    wait_for(lambda: not before & {child.pid for child in stack.worker.children()})


def test_the_process_that_runs_a_job_is_named_in_its_row(stack, go):
    asked = Asked(stack, "wait", until=str(go))

    assert pid_of(asked.runs()) in {child.pid for child in stack.worker.children()}


def _state(stack, job_id):
    return stack.look(lambda s: next(j.state for j in s.query(Job) if str(j.id) == job_id))


def _line(stack, job_id):
    lines = stack.worker.log().splitlines()
    return next((line for line in lines if job_id in line and '"job ended"' in line), None)


def _gave_up(stack):
    return stack.look(
        lambda s: [entry.text for entry in s.query(AuditEntry).filter_by(action="test.gave_up")]
    )
