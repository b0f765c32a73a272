"""A job is done again with other values: by a new job that follows it."""

import pytest

from tests.bookings.making import a_service, held
from tests.contracts.world import send
from tests.jobs.test_undo_by_kind import asked
from webapp.clock import now
from webapp.jobs.acting import changing
from webapp.jobs.acting.asking import NotPossible
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState


@pytest.fixture
def crawl(db):
    """Return a crawl that failed."""
    return asked(
        db, JobKind.WEBSITE_CRAWL, {"source_id": 7}, key="7", subject_type="website",
        subject_id="7", state=JobState.FAILURE, finished_at=now(), error="The site is away.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("none", "Write a whole number."),
        ("0", "Write a number from 1 to 10,000."),
        ("99999999999999", "Write a whole number."),
        ("", "Nothing was changed."),
    ],
)
def test_a_wrong_value_is_told_at_its_field_and_nothing_is_lost(
    db, queue, otto, crawl, typed, said
):
    answer = send(otto, f"/jobs/{crawl.id}/change", max_pages=typed, reason="A small look")

    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="A small look"' in answer.text
    assert f'value="{typed}"' in answer.text
    assert db.session.query(Job).count() == 1


def test_the_new_job_follows_the_old_one_which_stays_as_it_is(db, queue, otto, crawl):
    answer = send(otto, f"/jobs/{crawl.id}/change", max_pages="1,200")

    new = db.session.query(Job).filter(Job.id != crawl.id).one()
    assert answer.location == f"/jobs/{new.id}"
    assert (new.args, new.follows_id) == ({"source_id": 7, "max_pages": 1200}, crawl.id)
    assert (new.subject_type, new.subject_id, new.key) == ("website", "7", "7")
    assert (crawl.state, crawl.error) == (JobState.FAILURE, "The site is away.")
    [change] = changing.differences(crawl.args, new.args)
    assert (change.old, change.new) == (None, "1,200")
    assert queue.names() == ["websites.crawl"]
    assert "1,200" in otto.get(f"/jobs/{new.id}").text


def test_it_is_done_once_however_often_the_form_is_sent(db, queue, otto, crawl):
    statuses = [send(otto, f"/jobs/{crawl.id}/change", max_pages="9").status_code for _ in range(2)]
    assert statuses == [303, 409]
    assert db.session.query(Job).count() == 2


def test_what_still_runs_or_has_nothing_to_change_is_not_changed(db, queue, otto, crawl):
    running = asked(db, JobKind.WEBSITE_CRAWL, {"source_id": 8}, key="8")
    nothing = asked(db, JobKind.NOTHING, {}, state=JobState.FAILURE, finished_at=now())
    with pytest.raises(NotPossible):
        changing.retry_with(running, {"source_id": 8, "max_pages": 3})
    assert otto.get(f"/jobs/{running.id}/change").status_code == 409
    assert otto.get(f"/jobs/{nothing.id}/change").status_code == 404


def test_the_form_calls_things_by_their_names(db, queue, otto):
    booking = held(a_service(price=0))
    job = db.session.query(Job).filter_by(kind=JobKind.BOOKING_NOTIFY).one()
    job.state, job.finished_at = JobState.FAILURE, now()
    db.session.commit()
    page = otto.get(f"/jobs/{job.id}/change").text
    assert f'href="/bookings/{booking.id}"' in page
    assert booking.name in page
    send(otto, f"/jobs/{job.id}/change", what="refund_due")
    new = db.session.query(Job).filter(Job.follows_id == job.id).one()
    assert new.key == job.key.replace("confirmed", "refund-due")
