"""Where a channel has failed for certain the next one is tried, once, and nowhere else."""

import pytest
from sqlalchemy import select, update

from tests.bookings.making import in_threads
from tests.campaigns.making import a_draft, a_source, leave, messages, run_jobs, sent, somebody
from webapp.campaigns import falling_back
from webapp.campaigns.models import CampaignState, Recipient
from webapp.clock import now
from webapp.jobs.kinds import JobKind
from webapp.messages import batches, recording, statuses, suppressing
from webapp.messages.channels import Channel
from webapp.messages.models import Message, MessageState, SuppressedBecause
from webapp.messages.statuses import Report

NO_SUCH_USER = "131026"
STOPPED = "131050"


def states(campaign):
    return [(one.channel.value, one.state.value, one.superseded) for one in messages(campaign)]


def refuse(sandbox, code=NO_SUCH_USER, times=1):
    sandbox.fault(provider="whatsapp", fault="error", code=int(code), status=400, times=times)


def failed(campaign, code=NO_SUCH_USER, **where):
    """Let the WhatsApp messages have failed, and tell nobody yet; return their ids."""
    mine = (Message.batch_id == campaign.batch_id, Message.channel == Channel.WHATSAPP)
    recording.db.session.execute(
        update(Message).where(*mine).values(state=MessageState.FAILED, code=code, **where)
    )
    recording.db.session.commit()
    return [one.id for one in messages(campaign) if one.channel == Channel.WHATSAPP]


def written(app_queue, *order, people=1):
    campaign = sent(a_draft(*(order or (Channel.WHATSAPP, Channel.SMS)), people=people), app_queue)
    run_jobs(app_queue, JobKind.CAMPAIGN_SEND)
    return campaign


def test_a_refused_whatsapp_message_becomes_an_sms(app, db, queue, sandbox):
    refuse(sandbox)
    campaign = sent(a_draft(Channel.WHATSAPP, Channel.SMS, people=2), queue)
    leave(queue)

    assert sorted(states(campaign)) == [
        ("sms", "sent", False),
        ("whatsapp", "failed", True),
        ("whatsapp", "sent", False),
    ]
    assert campaign.state == CampaignState.DONE
    assert campaign.batch.counts == {"sent": 2}


def test_a_campaign_that_was_done_goes_on_when_a_report_says_failed(app, db, queue, sandbox):
    campaign = sent(a_draft(Channel.WHATSAPP, Channel.SMS, people=1), queue)
    leave(queue)
    assert campaign.state == CampaignState.DONE
    message = messages(campaign)[0]

    statuses.apply(
        Report(
            Channel.WHATSAPP,
            str(message.id),
            message.provider_id or "",
            MessageState.FAILED,
            now(),
            NO_SUCH_USER,
        )
    )
    db.session.commit()
    assert campaign.state == CampaignState.SENDING
    leave(queue)
    assert campaign.state == CampaignState.DONE
    assert states(campaign) == [("whatsapp", "failed", True), ("sms", "sent", False)]


def test_an_answer_and_a_report_that_both_say_failed_write_one_message(app, db, queue):
    campaign = written(queue)
    ids = failed(campaign)

    def tell(_number):
        falling_back.fall_back(ids)
        db.session.commit()

    in_threads(app, 4, tell)
    db.session.rollback()

    assert states(campaign) == [("whatsapp", "failed", True), ("sms", "queued", False)]


@pytest.mark.parametrize(
    "state", [MessageState.UNKNOWN, MessageState.SUPPRESSED, MessageState.SENT]
)
def test_only_what_has_failed_for_certain_falls_back(app, db, queue, state):
    campaign = written(queue)
    ids = failed(campaign)
    db.session.execute(update(Message).values(state=state))
    falling_back.fall_back(ids)
    db.session.commit()
    assert states(campaign) == [("whatsapp", state.value, False)]


def test_who_wants_no_offers_gets_no_sms_instead(app, db, queue):
    campaign = written(queue, people=1)
    falling_back.fall_back(failed(campaign, code=STOPPED))
    db.session.commit()
    assert states(campaign) == [("whatsapp", "failed", False)]


def test_who_has_said_stop_by_sms_gets_none(app, db, queue):
    campaign = written(queue)
    suppressing.suppress(Channel.SMS, "+919800000001", SuppressedBecause.STOP)
    falling_back.fall_back(failed(campaign))
    db.session.commit()
    assert states(campaign) == [("whatsapp", "failed", False)]


def test_what_was_stopped_does_not_fall_back(app, db, queue):
    campaign = written(queue)
    ids = failed(campaign)
    batches.cancel(campaign.batch)
    falling_back.fall_back(ids)
    db.session.commit()
    assert states(campaign) == [("whatsapp", "failed", False)]


def test_the_channel_after_the_next_is_taken_where_the_next_has_no_address(app, db, queue):
    campaign = a_draft(Channel.EMAIL, Channel.WHATSAPP, Channel.SMS)
    source = a_source(campaign)
    db.session.add(Recipient(**somebody(campaign, source, 1)))
    campaign.total = 1
    db.session.commit()
    sent(campaign, queue)
    run_jobs(queue, JobKind.CAMPAIGN_SEND)
    first = messages(campaign)[0]
    first.state = MessageState.FAILED
    db.session.execute(update(Recipient).values(phone="+919800000001"))
    db.session.commit()
    falling_back.fall_back([first.id])
    db.session.commit()
    assert states(campaign) == [("email", "failed", True), ("whatsapp", "queued", False)]
    second = messages(campaign)[1]
    second.state = MessageState.FAILED
    db.session.commit()
    falling_back.fall_back([second.id])
    db.session.commit()
    assert states(campaign)[-1] == ("sms", "queued", False)


def test_without_another_channel_a_failure_stays_one(app, db, queue, sandbox):
    sandbox.fault(provider="twilio", fault="error", code=21211, status=400, times=1)
    campaign = sent(a_draft(people=1), queue)
    leave(queue)
    assert states(campaign) == [("sms", "failed", False)]
    assert campaign.state == CampaignState.DONE
    assert db.session.scalars(select(Message.superseded)).all() == [False]
