"""Everybody is written to once, whatever is killed or runs twice."""

from sqlalchemy import func, select

from tests.bookings.making import in_threads
from tests.campaigns.making import (
    a_draft,
    a_source,
    add_people,
    jobs,
    leave,
    messages,
    run_jobs,
    sent,
    somebody,
)
from webapp.campaigns import expanding, in_turn, starting
from webapp.campaigns.composing import composer
from webapp.campaigns.expanding import Plan
from webapp.campaigns.models import Campaign, CampaignState, Recipient, SourceState
from webapp.jobs.kinds import JobKind
from webapp.messages import batches
from webapp.messages.channels import Channel
from webapp.messages.models import Batch, Message, MessageState


def slice_of(campaign):
    return expanding.expand_some(Plan.of(campaign, campaign.batch), composer(campaign))


def test_every_recipient_gets_one_message_with_their_own_text(app, db, queue, monkeypatch):
    monkeypatch.setattr(in_turn, "SLICE", 3)
    campaign = sent(a_draft(people=7), queue)

    while slice_of(campaign):
        db.session.commit()

    found = messages(campaign)
    assert [one.body for one in found] == [f"Hello Person {number}" for number in range(1, 8)]
    assert len({one.lane for one in found}) == 7
    assert {one.state for one in found} == {MessageState.QUEUED}
    assert found[0].purpose == f"campaign.{campaign.batch_id}"
    assert (found[0].country, found[0].zone, found[0].units) == ("IN", "Asia/Kolkata", 1)


def test_a_slice_that_dies_before_its_commit_is_written_by_the_next_run(app, db, queue):
    campaign = sent(a_draft(people=5), queue)

    slice_of(campaign)
    db.session.rollback()
    slice_of(campaign)
    db.session.commit()

    assert len(messages(campaign)) == 5


def test_two_runs_at_once_write_each_message_once(app, db, queue, monkeypatch):
    monkeypatch.setattr(in_turn, "SLICE", 20)
    campaign = sent(a_draft(people=200), queue)
    number = campaign.id
    db.session.commit()

    def work(_number):
        mine = db.session.get(Campaign, number)
        while slice_of(mine) is not None:
            db.session.commit()
            mine = db.session.get(Campaign, number)
        db.session.commit()

    in_threads(app, 4, work)

    assert len(messages(campaign)) == 200
    assert db.session.scalar(select(func.count(func.distinct(Message.recipient)))) == 200


def test_who_cannot_be_told_is_not_passed_over_in_silence(app, db, queue):
    campaign = sent(a_draft(people=2), queue)
    source = a_source(campaign)
    db.session.add(Recipient(**somebody(campaign, source, 3, values={"name": ""})))
    db.session.add(Recipient(**somebody(campaign, source, 4, phone=None, key="d@example.org")))
    db.session.commit()

    slice_of(campaign)
    db.session.commit()

    problems = db.session.execute(
        select(Recipient.problem, Recipient.detail).order_by(Recipient.id)
    ).all()
    assert [problem for problem, _ in problems] == [None, None, "missing_value", "no_address"]
    assert "name" in problems[2].detail
    assert len(messages(campaign)) == 2


def test_nobody_is_left_behind_by_a_number_that_is_given_out_and_not_stored_yet(app, db, queue):
    campaign = sent(a_draft(people=2), queue)
    source = a_source(campaign, SourceState.READING)
    db.session.add(Recipient(**somebody(campaign, source, 3)))
    db.session.commit()

    assert slice_of(campaign) is None
    db.session.rollback()
    assert messages(campaign) == []

    source.state = SourceState.READ
    db.session.commit()
    assert slice_of(campaign) == 3


def test_a_campaign_that_is_stopped_writes_nothing_more(app, db, queue):
    campaign = sent(a_draft(people=3), queue)
    batches.cancel(campaign.batch)
    db.session.commit()

    assert slice_of(campaign) is None
    db.session.commit()

    assert messages(campaign) == []


def test_mended_rows_are_written_to_later_and_nobody_twice(app, db, queue, sandbox):
    campaign = sent(a_draft(people=2), queue)
    leave(queue)
    assert campaign.state == CampaignState.DONE

    add_people(campaign, 1)
    assert starting.more_recipients(campaign)
    db.session.commit()
    assert campaign.state == CampaignState.SENDING
    leave(queue)

    assert [one.recipient for one in messages(campaign)] == sorted(
        db.session.scalars(select(Recipient.id))
    )
    assert len(sandbox.messages()) == 3


def test_a_rehearsal_takes_the_same_path_in_lanes_of_its_own(app, db, queue):
    campaign = a_draft(people=3)

    batch = starting.rehearse(campaign, "calm")
    db.session.commit()
    run_jobs(queue, JobKind.CAMPAIGN_SEND)

    found = db.session.scalars(select(Message).where(Message.batch_id == batch.id)).all()
    assert len(found) == 3
    assert all(one.lane.startswith("rehearsal:sms:+91") for one in found)
    assert campaign.state == CampaignState.DRAFT


def test_a_new_rehearsal_removes_the_messages_of_the_one_before(app, db, queue):
    campaign = a_draft(people=3)
    first = starting.rehearse(campaign, "calm").id
    db.session.commit()
    run_jobs(queue, JobKind.CAMPAIGN_SEND)

    second = starting.rehearse(campaign, "calm")
    db.session.commit()
    run_jobs(queue, JobKind.CAMPAIGN_SEND)

    assert db.session.scalars(select(Batch.id)).all() == [second.id]
    assert {one.batch_id for one in db.session.scalars(select(Message))} == {second.id}
    assert first != second.id


def test_the_second_channel_is_used_where_the_first_has_no_address(app, db, queue):
    campaign = a_draft(Channel.EMAIL, Channel.SMS, people=1)
    source = a_source(campaign)
    db.session.add(Recipient(**somebody(campaign, source, 2, email=None)))
    campaign.total = 2
    db.session.commit()
    sent(campaign, queue)

    slice_of(campaign)
    db.session.commit()

    assert [one.channel for one in messages(campaign)] == [Channel.EMAIL, Channel.SMS]


def test_a_job_that_meets_a_list_being_read_comes_again(app, db, queue):
    campaign = sent(a_draft(people=2), queue)
    source = a_source(campaign, SourceState.READING)
    db.session.commit()
    run_jobs(queue, JobKind.CAMPAIGN_SEND)
    assert messages(campaign) == []
    assert [job.state for job in jobs("campaigns.send")] == ["SUCCESS", "PENDING"]

    source.state = SourceState.READ
    jobs("campaigns.send")[1].run_at = campaign.created_at
    db.session.commit()
    run_jobs(queue, JobKind.CAMPAIGN_SEND)
    assert len(messages(campaign)) == 2


def test_who_turned_out_to_get_nothing_is_counted_with_the_campaign(app, db, queue):
    campaign = sent(a_draft(people=2), queue)
    source = a_source(campaign)
    db.session.add(Recipient(**somebody(campaign, source, 3, values={})))
    campaign.total += 1
    db.session.commit()
    run_jobs(queue, JobKind.CAMPAIGN_SEND)
    db.session.refresh(campaign)
    assert campaign.findings["problems"] == {"missing_value": 1}
    assert campaign.findings["forecast"]["messages"] == 2
