"""What a person asks of a job, and takes back."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect

from tests.contracts.world import send
from webapp.accounts.models import AuditEntry, Role, User
from webapp.clock import now
from webapp.jobs.acting import asking, taking_back
from webapp.jobs.acting.asking import NotPossible
from webapp.jobs.claiming import claim
from webapp.jobs.history import JobEvent, What
from webapp.jobs.kinds import JobKind, Queue
from webapp.jobs.models import Cause, Job, JobState
from webapp.jobs.queue import enqueue
from webapp.jobs.running import Cancelled

#: What may differ after an undo: the number of changes, and when its message was sent.
OWN = {"version", "published_at"}


def row(job: Job) -> dict[str, Any]:
    names = {column.key for column in inspect(Job).column_attrs} - OWN
    return {name: getattr(job, name) for name in names}


def failed(db: Any, **values: Any) -> Job:
    cause = db.session.query(Cause).first() or Cause(fingerprint="broke", text="It broke")
    job = Job(kind=JobKind.NOTHING, queue=Queue.DEFAULT, max_attempts=4)
    db.session.add_all([cause, job])
    db.session.flush()
    told = {
        "state": JobState.FAILURE, "finished_at": now(), "started_at": now(), "error": "It “broke”: ü\n2", "attempt": 4,
        "advice": "Mend it.", "traceback": 'Traceback:\n  File "x"', "cause_id": cause.id,
        "failures": 4, "lost": 1, "done": 7, "total": 9, "note": "On the way",
        **values,
    }  # fmt: skip
    for name, value in told.items():
        setattr(job, name, value)
    db.session.commit()
    return job


def test_a_retry_that_is_taken_back_leaves_the_row_exactly_as_it_was(db, queue):
    job = failed(db, routine=True)
    before = row(job)

    asking.retry(job)
    db.session.commit()
    assert (job.state, job.error, job.cause_id, job.failures) == (JobState.PENDING, None, None, 0)
    taking_back.take_back(job)
    db.session.commit()

    assert row(job) == before
    queue.run()
    db.session.refresh(job)
    assert row(job) == before


def test_a_retry_is_taken_back_although_its_cause_is_kept_no_longer(db, queue):
    job = failed(db)
    asking.retry(job)
    db.session.query(Cause).delete()  # no job had it meanwhile, and retention went by
    db.session.commit()

    taking_back.take_back(job)
    db.session.commit()

    assert (job.state, job.cause_id, job.error) == (JobState.FAILURE, None, "It “broke”: ü\n2")


def test_a_waiting_job_whose_stop_is_taken_back_runs(db, queue):
    job = enqueue(JobKind.NOTHING)
    db.session.commit()
    before = row(job)
    asking.cancel(job, "Not today")
    db.session.commit()
    queue.run()  # its message is taken, and finds it stopped
    taking_back.take_back(job)
    db.session.commit()
    assert row(job) == before
    queue.sweep()
    queue.run()
    db.session.refresh(job)
    assert job.state == JobState.SUCCESS


def test_a_stop_of_a_running_job_is_taken_back_until_the_worker_has_heard_it(db, queue):
    job = enqueue(JobKind.NOTHING)
    db.session.commit()
    run = claim(job.id, worker="here")
    db.session.rollback()
    asking.cancel(job)
    db.session.commit()
    taking_back.take_back(job)
    db.session.commit()
    run.step(1, 2)
    asking.cancel(job)
    db.session.commit()

    with pytest.raises(Cancelled):
        run.step(2, 2)
    db.session.rollback()
    run.stop()
    db.session.commit()
    db.session.refresh(job)
    with pytest.raises(NotPossible, match="already stopped"):
        taking_back.take_back(job)


def test_a_stop_that_is_taken_back_in_the_moment_it_is_heard_lets_the_job_go_on(db, queue):
    job = enqueue(JobKind.NOTHING)
    db.session.commit()
    run = claim(job.id, worker="here")
    db.session.rollback()
    asking.cancel(job)
    db.session.commit()
    with pytest.raises(Cancelled):
        run.step(1, 2)
    db.session.rollback()
    taking_back.take_back(job)
    db.session.commit()

    run.stop()
    db.session.commit()

    db.session.refresh(job)
    assert job.state == JobState.PENDING
    queue.run()
    db.session.refresh(job)
    assert job.state == JobState.SUCCESS


def test_nothing_is_taken_back_once_an_attempt_has_begun(db, queue):
    job = failed(db)
    asking.retry(job)
    db.session.commit()
    assert claim(job.id, worker="here")
    db.session.rollback()
    with pytest.raises(NotPossible, match="already running again"):
        taking_back.take_back(job)
    queue.redis.flushall()


def test_only_what_was_asked_last_is_taken_back_and_then_what_was_asked_before(db, queue):
    job = failed(db)
    first = row(job)
    asking.retry(job)
    db.session.commit()
    second = row(job)
    asking.cancel(job)
    db.session.commit()

    taking_back.take_back(job)
    db.session.commit()
    assert row(job) == second
    taking_back.take_back(job)
    db.session.commit()
    assert row(job) == first
    with pytest.raises(NotPossible, match="nothing to take back"):
        taking_back.take_back(job)


def test_an_undo_does_not_make_a_second_unfinished_job_of_the_same_work(db, queue):
    job = enqueue(JobKind.NOTHING, key="one")
    db.session.commit()
    asking.cancel(job)
    db.session.commit()
    enqueue(JobKind.NOTHING, key="one")
    db.session.commit()

    with pytest.raises(NotPossible, match="asked for again"):
        taking_back.take_back(job)


def test_who_asked_and_why_is_remembered(db, queue, otto):
    job = failed(db)
    send(otto, f"/jobs/{job.id}/retry", reason="The provider is back")

    event = db.session.query(JobEvent).one()
    assert (event.what, event.reason, event.user_id) == (
        What.AGAIN,
        "The provider is back",
        db.session.query(User).filter_by(role=Role.OPERATOR).one().id,
    )
    entry = db.session.query(AuditEntry).filter_by(action="job.retried").one()
    assert entry.detail == {"reason": "The provider is back"}


def test_two_tabs_press_the_button_and_one_gets_a_sentence(db, queue, otto):
    job = failed(db)
    answers = [send(otto, f"/jobs/{job.id}/retry") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 409]
    assert "not finished yet, so it cannot run again" in answers[1].text
    assert db.session.query(JobEvent).count() == 1


def test_an_undo_button_stands_on_the_page_while_nothing_has_begun(db, queue, otto):
    job = failed(db)
    send(otto, f"/jobs/{job.id}/retry")
    assert f"/jobs/{job.id}/take-back" in otto.get(f"/jobs/{job.id}").text
    queue.run()
    assert f"/jobs/{job.id}/take-back" not in otto.get(f"/jobs/{job.id}").text
    assert send(otto, f"/jobs/{job.id}/take-back").status_code == 409


def test_what_would_be_half_done_is_stopped_only_with_a_reason(db, queue, otto):
    job = Job(
        kind=JobKind.SOURCE_REMOVE, queue=Queue.BULK, max_attempts=4, state=JobState.PROGRESS,
        attempt=1, started_at=now(), lease_until=now() + timedelta(minutes=1), worker="x",
        args={"source_id": 1},
    )  # fmt: skip
    db.session.add(job)
    db.session.commit()
    asks = f"/jobs/{job.id}/cancel"
    assert f'href="{asks}"' in otto.get(f"/jobs/{job.id}").text
    assert "the rest stays stored" in otto.get(asks).text

    for reason, status in (("", 422), ("ab", 422), ("x" * 301, 422), ("It is the wrong one", 303)):
        answer = send(otto, asks, reason=reason)
        assert answer.status_code == status, reason
        db.session.refresh(job)
        assert (job.cancel_requested_at is not None) == (status == 303)
        assert reason in answer.text or status == 303
    assert otto.get(asks).status_code == 409


def test_of_unknown_jobs_nothing_is_told(otto, queue):
    unknown = uuid.uuid4()
    for path in ("retry", "cancel", "take-back", "take-back-all", "change"):
        assert send(otto, f"/jobs/{unknown}/{path}").status_code == 404
    for path in ("cancel", "change"):
        assert otto.get(f"/jobs/{unknown}/{path}").status_code == 404


@given(st.lists(st.sampled_from(["retry", "cancel", "claim", "undo"]), max_size=8))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_undo_is_exact_or_refused_whatever_happened_before(db, queue, steps):
    job = failed(db, note="ü “x”", total=None, advice=None)
    before: list[dict[str, Any]] = []
    for step in steps:
        now_is = row(job)
        try:
            if step == "claim":
                before = [] if claim(job.id, worker="here") else before
            elif step == "undo":
                taking_back.take_back(job)
            else:
                getattr(asking, step)(job)
                before = [*before[-1:], now_is]
        except NotPossible:
            db.session.rollback()
        else:
            db.session.commit()
            db.session.refresh(job)
            if step == "undo":
                assert row(job) == before.pop()
                continue
        db.session.rollback()
        db.session.refresh(job)
    queue.redis.flushall()
