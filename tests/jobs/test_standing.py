"""Stalled and dead are told apart from slow, by the page and by every list."""

import subprocess
import sys
from datetime import timedelta

import pytest
import time_machine

from tests.jobs.making import ELSEWHERE, a_job, a_worker, at_work, done
from webapp.clock import now
from webapp.jobs import owners
from webapp.jobs.claiming import claim
from webapp.jobs.kinds import POLICIES, JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.page import standing, usual
from webapp.jobs.page.standing import How


@pytest.fixture(autouse=True)
def _nothing_is_remembered(app):
    assert app
    usual.forget()


def counted(db, condition):
    return db.session.query(Job).where(condition).count()


def test_what_moves_works_and_what_waits_or_has_ended_is_nothing_to_worry_about(db):
    a_worker()
    assert standing.of(at_work()).how == How.WORKING
    assert standing.of(a_job()).how == How.WAITING
    assert standing.of(a_job(state=JobState.FAILURE, finished_at=now())).how == How.ENDED
    assert counted(db, standing.stalled_condition()) == 0
    assert counted(db, standing.dead_condition()) == 0


@pytest.mark.parametrize("what", [JobKind.DOCUMENT_READ, JobKind.NOTHING])
def test_what_does_not_move_for_longer_than_its_kind_may_be_quiet_is_stalled(db, what):
    a_worker()
    quiet = POLICIES[what].quiet_for
    before, after = (at_work(what, moved=quiet + more) for more in (-5, 5))

    assert standing.of(before).how == How.WORKING
    told = standing.of(after)
    assert (told.how, told.troubled) == (How.STALLED, True)
    assert "though its worker is there" in told.sentence
    assert counted(db, standing.stalled_condition()) == 1


def test_a_job_that_waits_for_a_model_may_be_quiet_for_longer(db):
    a_worker()
    asked = at_work(JobKind.QUESTION_ANSWER, moved=100)
    assert standing.of(asked).how == How.WORKING
    assert counted(db, standing.stalled_condition()) == 0


def test_a_worker_elsewhere_that_says_nothing_any_more_is_told_as_gone_within_thirty_seconds(db):
    a_worker(seen=0)
    job = at_work(moved=0, lease_until=now() + timedelta(seconds=60))

    with time_machine.travel(now() + timedelta(seconds=22), tick=False):
        told = standing.of(job)
        assert told.how == How.DEAD
        assert "as soon as a worker runs" in told.sentence
        assert counted(db, standing.dead_condition()) == 1
        assert counted(db, standing.stalled_condition()) == 0


def test_a_worker_elsewhere_that_says_that_it_lives_is_not_gone(db):
    a_worker()
    job = at_work(moved=40)
    assert standing.of(job).how == How.WORKING
    assert counted(db, standing.dead_condition()) == 0


def test_a_job_taken_before_its_workers_first_sign_of_life_is_not_gone(db):
    assert standing.of(at_work(moved=1)).how == How.WORKING
    assert counted(db, standing.dead_condition()) == 0


def test_a_job_whose_lease_has_run_out_is_taken_up_by_another_worker(db):
    a_worker("another/1:2:3")
    told = standing.of(at_work(lease_until=now() - timedelta(seconds=1)))
    assert told.how == How.DEAD
    assert "Another worker takes it up within a few seconds." in told.sentence
    assert counted(db, standing.dead_condition()) == 1


def test_a_worker_that_was_killed_on_this_host_is_told_as_gone_at_once():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    worker = f"{owners.host()}{child.pid}:{owners.started(child.pid)}"
    job = at_work(worker=worker)
    try:
        assert standing.of(job).how == How.WORKING
    finally:
        child.kill()
        child.wait()
    assert standing.of(job).how == How.DEAD


def test_what_gets_on_but_takes_longer_than_nearly_all_of_its_kind_is_slow():
    a_worker()
    done(JobKind.DOCUMENT_READ, took=40)
    began = now() - timedelta(seconds=50)
    told = standing.of(at_work(moved=1, started_at=began))
    assert told.how == How.SLOW
    assert "95 were done within 40 seconds" in told.sentence


def test_nothing_is_slow_where_too_few_were_done_to_say_that():
    a_worker()
    done(JobKind.DOCUMENT_READ, took=1, count=usual.LEAST - 1)
    began = now() - timedelta(seconds=500)
    assert standing.of(at_work(moved=1, started_at=began)).how == How.WORKING


def test_what_takes_a_second_longer_than_a_moment_is_not_slow():
    a_worker()
    done(JobKind.NOTHING, took=0.1)
    began = now() - timedelta(seconds=5)
    assert standing.of(at_work(JobKind.NOTHING, started_at=began)).how == How.WORKING


def test_a_job_that_says_the_same_again_and_again_has_not_got_on(db):
    a_job()
    run = claim(db.session.query(Job).one().id, worker=ELSEWHERE)
    db.session.rollback()
    run.step(1, 10, "Page 1 of 10")
    first = db.session.query(Job).one().moved_at
    with time_machine.travel(now() + timedelta(seconds=30)):
        run.step(1, 10, "Page 1 of 10")
        assert db.session.query(Job).one().moved_at == first
        run.step(2, 10, "Page 2 of 10")
        assert db.session.query(Job).one().moved_at > first


def test_the_page_says_stalled_although_its_row_is_the_same(vera):
    a_worker()
    job = at_work(JobKind.NOTHING, moved=20, lease_until=now() + timedelta(minutes=2))
    path = f"/jobs/{job.id}"
    seen = {
        "seen": str(job.version),
        "until": str(int((standing.of(job).until or now()).timestamp())),
    }
    assert "Stalled" not in vera.get(path).text
    assert vera.get(path, query_string=seen, headers={"HX-Request": "true"}).status_code == 204

    with time_machine.travel(now() + timedelta(seconds=45)):
        a_worker("elsewhere/4026531836:99:1")
        answer = vera.get(path, query_string=seen, headers={"HX-Request": "true"})

    assert answer.status_code == 200
    assert "Stalled" in answer.text
