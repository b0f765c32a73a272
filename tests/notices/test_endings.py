"""Whoever asked for a job hears how it ended."""

import pytest

from tests.notices.reading import notices, titles
from tests.people import person
from webapp.accounts.acting import NOBODY, Actor, act_as
from webapp.accounts.models import Role
from webapp.bookings.models import Booking
from webapp.extensions import db as database
from webapp.jobs import owners, sweeping
from webapp.jobs.acting import asking
from webapp.jobs.claiming import claim
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.queue import enqueue
from webapp.jobs.running import Impossible, LeaseLost
from webapp.notices.models import Level, Notice


@pytest.fixture
def otto_himself(app):
    otto = person("Otto", Role.OPERATOR)
    act_as(Actor(otto.id))
    yield otto
    act_as(NOBODY)


@pytest.fixture
def ada_herself(app):
    return person("Ada", Role.ADMIN)


def asked(kind=JobKind.EXPORT_WRITE, **values):
    job = enqueue(kind, **values)
    database.session.commit()
    return job


def run_of(job):
    run = claim(job.id, worker=owners.me())
    database.session.rollback()
    return run


def succeed(job, **result):
    run_of(job).succeed(result)
    database.session.commit()


def fail(job):
    run_of(job).fail(Impossible("No"), "The account is empty.", "Top it up.")
    database.session.commit()


def test_who_asked_for_long_work_hears_that_it_is_done(otto_himself):
    job = asked()
    succeed(job, answer="1,204 rows are ready.")

    (notice,) = notices(otto_himself)
    assert notice.title == "Done: Write the file"
    assert (notice.text, notice.level) == ("1,204 rows are ready.", Level.OK)
    assert notice.link == f"/jobs/{job.id}"


def test_who_asked_hears_that_it_failed_and_what_would_help(otto_himself):
    fail(asked())

    (notice,) = notices(otto_himself)
    assert (notice.title, notice.level) == ("Failed: Write the file", Level.BAD)
    assert notice.text == "The account is empty. Top it up."


def test_that_short_work_went_well_is_no_news_but_that_it_failed_is(otto_himself):
    succeed(asked(JobKind.NOTHING))
    assert titles(otto_himself) == []

    fail(asked(JobKind.NOTHING))
    assert titles(otto_himself) == ["Failed: Test that a worker answers"]


def test_what_nobody_asked_for_tells_nobody(app, db):
    person("Otto", Role.OPERATOR)
    succeed(asked())
    fail(asked())

    assert db.session.query(Notice).count() == 0


def test_the_notice_leads_to_what_the_job_is_about(otto_himself):
    job = asked(about=Booking(id=12))
    succeed(job)

    assert notices(otto_himself)[0].link == "/bookings/12"


def test_a_notice_is_stored_with_the_end_or_not_at_all(otto_himself, db):
    job = asked()
    run = run_of(job)
    run.succeed({})
    db.session.rollback()
    assert titles(otto_himself) == []

    run.succeed({})
    db.session.commit()
    with pytest.raises(LeaseLost):
        run.succeed({})
    db.session.rollback()
    assert titles(otto_himself) == ["Done: Write the file"]


def test_a_job_that_is_run_again_tells_again_and_tells_who_ran_it_again(otto_himself, ada_herself):
    job = asked()
    fail(job)
    act_as(Actor(ada_herself.id))
    database.session.refresh(job)
    asking.retry(job)
    database.session.commit()
    succeed(job)

    assert titles(otto_himself) == ["Failed: Write the file"]
    assert titles(ada_herself) == ["Done: Write the file"]
    assert job.asked_by_id == ada_herself.id


@pytest.mark.parametrize("begun", [False, True], ids=["while it waits", "while it runs"])
def test_who_asked_hears_that_somebody_else_stopped_it(begun, otto_himself, ada_herself, db):
    job = asked()
    run = run_of(job) if begun else None
    act_as(Actor(ada_herself.id))
    db.session.refresh(job)
    asking.cancel(job)
    if run:
        run.stop()
    db.session.commit()

    assert titles(otto_himself) == ["Stopped: Write the file"]
    assert titles(ada_herself) == []


def test_what_somebody_stopped_himself_is_no_news_to_him(otto_himself, db):
    job = asked()
    asking.cancel(job)
    db.session.commit()

    assert titles(otto_himself) == []


def test_who_asked_hears_that_the_job_killed_one_worker_after_the_other(otto_himself, db):
    job = asked()
    run_of(job)
    db.session.refresh(job)
    job.worker, job.lost = f"{owners.host()}999999999:12345", sweeping.LOST_LIMIT - 1
    db.session.commit()

    sweeping.recover()

    assert db.session.get_one(Job, job.id).state == JobState.FAILURE
    assert titles(otto_himself) == ["Failed: Write the file"]
    assert "died 10 times" in notices(otto_himself)[0].text
