"""Send again to just those who did not get it."""

import pytest

from tests.campaigns.live.making import a_campaign
from tests.campaigns.live.test_progress import press
from tests.campaigns.making import run_jobs
from webapp.campaigns import pausing, retrying
from webapp.campaigns.models import CampaignState
from webapp.campaigns.starting import NotPossible
from webapp.jobs.kinds import JobKind, Queue
from webapp.jobs.models import Job
from webapp.jobs.running import Run
from webapp.messages import suppressing
from webapp.messages.channels import Channel
from webapp.messages.models import Message, SuppressedBecause

PEOPLE = {"delivered": 2, "failed 21211": 3, "failed 30003": 2, "unknown": 2}


def count(db, **wanted):
    db.session.expire_all()
    return db.session.query(Message).filter_by(**wanted).count()


def run(queue):
    run_jobs(queue, JobKind.CAMPAIGN_RETRY)


@pytest.fixture
def campaign(app):
    return a_campaign(PEOPLE, state=CampaignState.DONE)


def test_two_clicks_send_again_to_those_of_one_reason_and_nobody_else(otto, db, queue, campaign):
    path = f"/campaigns/{campaign.id}"
    page = otto.get(f"{path}/retry?state=failed&code=21211").text
    assert "Send again to 3 people" in page
    press(otto, path, "retry", state="failed", code="21211")
    run(queue)

    assert count(db, state="queued") == 3
    assert count(db, code="30003", state="failed") == 2
    assert count(db, state="unknown") == 2
    assert campaign.state == CampaignState.SENDING
    assert campaign.finished_at is None


def test_pressed_twice_is_once(otto, db, queue, campaign):
    path = f"/campaigns/{campaign.id}"
    for _ in range(2):
        assert press(otto, path, "retry", state="failed", code="21211").status_code == 303
    run(queue)

    assert db.session.query(Job).filter_by(kind=JobKind.CAMPAIGN_RETRY).count() == 1
    assert press(otto, path, "retry", state="failed", code="21211").status_code == 409


def test_who_may_have_it_is_sent_to_only_when_somebody_takes_the_risk(otto, db, queue, campaign):
    path = f"/campaigns/{campaign.id}"
    refused = press(otto, path, "retry", state="unknown")
    assert refused.status_code == 422
    assert "Tick that they may get it twice" in refused.text
    press(otto, path, "retry", state="unknown", twice="1")
    run(queue)

    assert count(db, state="unknown") == 0


def test_who_wants_none_and_who_got_another_message_is_not_counted(db, campaign):
    first, second, _ = db.session.query(Message).filter_by(code="21211")
    suppressing.suppress(Channel.SMS, first.address, SuppressedBecause.STOP)
    second.superseded = True
    db.session.commit()

    found = retrying.reach(campaign, "failed", "21211")

    assert (found.all, found.suppressed, found.superseded, found.reachable) == (2, 1, 1, 1)


@pytest.mark.parametrize(
    ("state", "code"),
    [("delivered", ""), ("suppressed", ""), ("failed", "none"), ("failed", "1")],
)
def test_others_are_not_sent_to_again(db, campaign, state, code):
    with pytest.raises(NotPossible):
        retrying.ask(campaign, state, code)


def test_a_stopped_campaign_goes_on_with_those_it_had_not_reached(db, queue):
    campaign = a_campaign(
        {"sent": 1, "cancelled": 2, "failed 30003": 1, "unwritten": 3},
        state=CampaignState.CANCELLED,
    )
    with pytest.raises(NotPossible, match="stopped first"):
        retrying.ask(campaign, "failed", "30003")
    assert retrying.reach(campaign, "cancelled").reachable == 5
    retrying.ask(campaign, "cancelled")
    db.session.commit()
    run(queue)

    assert count(db, state="queued") == 2
    assert campaign.batch.cancelled_at is None
    assert campaign.state == CampaignState.SENDING
    assert db.session.query(Job).filter_by(kind=JobKind.CAMPAIGN_SEND).count() == 1


def test_what_is_still_being_taken_back_is_waited_for(db):
    campaign = a_campaign({"cancelled": 2, "queued": 1}, state=CampaignState.CANCELLED)

    with pytest.raises(NotPossible, match="still being taken back"):
        retrying.ask(campaign, "cancelled")


def a_run(db, job):
    """Return a run of a job, with what is stored of it."""
    db.session.refresh(job)
    job.state, job.attempt = "PROGRESS", job.attempt + 1
    db.session.commit()
    return Run(job.id, job.kind, Queue.DEFAULT, job.attempt, 0, 4, dict(job.args), None, None)


def test_a_run_that_follows_on_a_killed_one_asks_nobody_a_second_time(db, campaign):
    job = retrying.ask(campaign, "failed", "21211")
    db.session.commit()
    first = a_run(db, job)
    retrying.put_back(first, campaign.batch, "failed", "21211")
    db.session.query(Message).filter_by(state="queued").update({"state": "failed", "code": "21211"})
    db.session.commit()

    second = a_run(db, job)
    so_far = {name: second.args[name] for name in ("after", "done")}
    retrying.put_back(second, campaign.batch, "failed", "21211", **so_far)

    assert count(db, state="queued") == 0


def test_nothing_is_put_back_into_a_campaign_that_has_been_stopped_meanwhile(db, queue, campaign):
    retrying.ask(campaign, "failed", "21211")
    db.session.commit()
    pausing.cancel(campaign)
    db.session.commit()
    run(queue)

    assert count(db, state="queued") == 0
