"""A start in the future: on whose clock, changed, taken back, missed."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine

from tests.bookings.asking import audited
from tests.campaigns.making import a_draft, checked, jobs, messages, run_jobs
from tests.contracts.test_pages_lint import faults, faults_of_a_whole
from tests.contracts.world import send
from webapp.campaigns import scheduling
from webapp.campaigns.models import GRACE, CampaignState
from webapp.campaigns.scheduling import NotATime, read_start
from webapp.clock import now
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import JobState

#: Both changes of the clocks lie ahead of it, and less than a year.
NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)


def path(campaign, page=""):
    return f"/campaigns/{campaign.id}{page}"


def last_sunday(month):
    day = date(NEW_YEAR.year, month + 1, 1) - timedelta(days=1)
    return day - timedelta(days=(day.weekday() + 1) % 7)


def tomorrow():
    return now() + timedelta(days=1)


def scheduled(queue, moment=None):
    campaign = checked(a_draft(people=2), queue)
    scheduling.schedule(campaign, moment or tomorrow(), "Asia/Kolkata")
    scheduling.db.session.commit()
    return campaign


def due(campaign, ago):
    """Let its time come: as if it had been scheduled for so long ago."""
    job = next(job for job in jobs("campaigns.send") if job.state == JobState.PENDING)
    campaign.starts_at = now() - ago
    job.run_at, job.args = (
        campaign.starts_at,
        {**job.args, "starts_at": campaign.starts_at.isoformat()},
    )
    scheduling.db.session.commit()


def test_a_time_is_meant_on_the_clock_of_its_zone():
    start = read_start(tomorrow().date(), time(9, 30), "Asia/Kolkata")
    assert (start.moment.hour, start.moment.minute) == (4, 0)
    assert start.note == ""


@time_machine.travel(NEW_YEAR, tick=False)
def test_a_time_that_the_clocks_leave_out_is_refused_with_the_next_one():
    with pytest.raises(NotATime, match=r"there is no 02:30 .* Choose 03:30"):
        read_start(last_sunday(3), time(2, 30), "Europe/Berlin")


@time_machine.travel(NEW_YEAR, tick=False)
def test_of_a_time_that_comes_twice_the_first_is_taken_and_said():
    start = read_start(last_sunday(10), time(2, 30), "Europe/Berlin")
    assert start.moment == datetime.combine(last_sunday(10), time(0, 30), UTC)
    assert "comes twice" in start.note


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"day": "2020-01-01"}, "That has passed"),
        ({"day": "2126-01-01"}, "At most a year ahead"),
        ({"day": "soon"}, "Write the day such as"),
        ({"time": "25:00"}, "Write the time such as"),
        ({"zone": "Mars/Olympus"}, "Choose a time zone from the list"),
    ],
)
def test_what_is_no_time_to_come_is_refused_at_its_field(otto, db, queue, typed, sentence):
    campaign = checked(a_draft(people=1), queue)
    usual = {"day": f"{tomorrow():%Y-%m-%d}", "time": "09:30", "zone": "Asia/Kolkata"}
    answer = send(otto, path(campaign, "/schedule"), **{**usual, **typed})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert campaign.state == CampaignState.DRAFT


def test_it_starts_by_itself_when_its_time_comes(otto, db, queue):
    campaign = checked(a_draft(people=2), queue)
    answer = send(
        otto, path(campaign, "/schedule"),
        day=f"{tomorrow():%Y-%m-%d}", time="09:30", zone="Europe/Berlin",
    )  # fmt: skip
    assert answer.status_code == 303
    assert "09:30 (Berlin time)" in otto.get(path(campaign)).text
    assert "Scheduled" in otto.get("/campaigns").text
    queue.run()
    assert campaign.state == CampaignState.SCHEDULED

    due(campaign, timedelta(minutes=5))
    run_jobs(queue, JobKind.CAMPAIGN_SEND)
    db.session.refresh(campaign)

    assert campaign.state == CampaignState.SENDING
    assert len(messages(campaign)) == 2
    assert len(audited(db, "campaign.started")) == 1


def test_another_time_takes_the_place_of_the_first(otto, db, queue):
    campaign = scheduled(queue)
    later = tomorrow() + timedelta(days=1)
    scheduling.schedule(campaign, later, "Asia/Kolkata")
    db.session.commit()

    states = sorted(job.state for job in jobs("campaigns.send"))
    assert states == [JobState.PENDING, JobState.REVOKED]
    assert campaign.starts_at == later


def test_a_start_that_is_taken_back_does_not_happen(otto, db, queue):
    campaign = scheduled(queue)
    job = jobs("campaigns.send")[0]
    assert send(otto, path(campaign, "/unschedule")).status_code == 303
    assert campaign.state == CampaignState.DRAFT
    assert job.state == JobState.REVOKED

    job.state, job.finished_at, job.cancel_requested_at = JobState.PENDING, None, None
    job.run_at = now()  # as if a worker had claimed it in the very moment
    db.session.commit()
    run_jobs(queue, JobKind.CAMPAIGN_SEND)
    db.session.refresh(campaign)
    assert campaign.state == CampaignState.DRAFT
    assert campaign.batch_id is None
    assert send(otto, path(campaign, "/unschedule")).status_code == 409


def test_a_start_that_was_missed_asks_instead_of_firing(otto, db, queue):
    campaign = scheduled(queue)
    due(campaign, GRACE + timedelta(minutes=1))
    before = otto.get("/").text  # no worker has looked yet
    run_jobs(queue, JobKind.CAMPAIGN_SEND)
    db.session.refresh(campaign)

    assert campaign.state == CampaignState.OVERDUE
    assert messages(campaign) == []
    assert len(audited(db, "campaign.overdue")) == 1
    for page in (before, otto.get("/").text):
        assert "should have started" in page
    asked = otto.get(path(campaign)).text
    for button in ("Send now", "Choose another time", "Do not send"):
        assert button in asked
    assert "Overdue" in otto.get("/campaigns").text


@pytest.mark.parametrize("looked", [True, False])
def test_what_is_overdue_is_sent_or_left_as_somebody_says(otto, db, queue, looked):
    first, second = scheduled(queue), None
    due(first, GRACE + timedelta(minutes=1))
    if looked:
        run_jobs(queue, JobKind.CAMPAIGN_SEND)
    assert send(otto, path(first, "/send")).status_code == 303
    assert first.state == CampaignState.SENDING
    assert second is None


def test_what_is_overdue_can_become_a_draft_again(otto, db, queue):
    campaign = scheduled(queue)
    due(campaign, GRACE + timedelta(minutes=1))
    run_jobs(queue, JobKind.CAMPAIGN_SEND)
    assert send(otto, path(campaign, "/unschedule")).status_code == 303
    assert campaign.state == CampaignState.DRAFT
    assert "should have started" not in otto.get("/").text


def test_send_now_does_not_wait_for_the_schedule_and_ends_it(otto, db, queue):
    campaign = scheduled(queue)
    assert send(otto, path(campaign, "/send")).status_code == 303
    states = sorted(job.state for job in jobs("campaigns.send"))
    assert states == [JobState.PENDING, JobState.REVOKED]
    assert campaign.starts_at is None


def test_the_pages_of_each_state_are_well_made(ada, db, queue):
    ready, waiting, late = scheduled(queue), scheduled(queue), scheduled(queue)
    scheduling.unschedule(ready)
    late.state = CampaignState.OVERDUE
    db.session.commit()
    pages = [path(one) for one in (ready, waiting, late)]
    pages += [path(ready, page) for page in ("/texts", "/preview", "/check", "/send", "/name")]
    for page in pages:
        answer = ada.get(page)
        assert answer.status_code == 200, page
        assert [*faults_of_a_whole(answer), *faults(answer)] == [], page
