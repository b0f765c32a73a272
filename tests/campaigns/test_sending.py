"""Sent once: whoever presses, how often, and at the same time; paused, continued, stopped."""

import pytest
from sqlalchemy import func, select

from tests.bookings.asking import audited
from tests.bookings.making import in_threads
from tests.campaigns.making import (
    a_draft,
    a_source,
    add_people,
    checked,
    jobs,
    leave,
    messages,
    run_jobs,
    sent,
)
from tests.contracts.world import csrf_token, send
from webapp.accounts.models import Role
from webapp.campaigns import pausing
from webapp.campaigns.models import Campaign, CampaignState, SourceState
from webapp.campaigns.starting import NotPossible
from webapp.jobs.kinds import JobKind
from webapp.messages.channels import Channel
from webapp.messages.claiming import LEASE
from webapp.messages.models import Batch, MessageState


def path(campaign, page=""):
    return f"/campaigns/{campaign.id}{page}"


def test_a_campaign_is_sent_from_the_page_and_is_done_in_the_end(otto, db, queue, sandbox):
    campaign = checked(a_draft(people=3), queue)
    page = otto.get(path(campaign, "/send")).text
    assert "3 people" in page
    assert "Send now" in page

    assert send(otto, path(campaign, "/send")).status_code == 303
    leave(queue)

    assert campaign.state == CampaignState.DONE
    assert campaign.finished_at is not None
    assert {one.state for one in messages(campaign)} == {MessageState.SENT}
    assert len(sandbox.messages()) == 3
    assert campaign.findings["forecast"]["messages"] == 3
    assert len(audited(db, "campaign.sent")) == 1
    assert "Done" in otto.get("/campaigns").text


def test_pressed_twice_it_is_sent_once(otto, db, queue):
    campaign = checked(a_draft(people=3), queue)
    first, second = (send(otto, path(campaign, "/send")) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert "is sent once" in otto.get(path(campaign)).text
    assert db.session.scalar(select(func.count()).select_from(Batch)) == 1
    assert len(jobs("campaigns.send")) == 1


def test_two_operators_at_once_send_it_once(app, db, queue, signed_in):
    campaign = checked(a_draft(people=3), queue)
    browsers = [signed_in(role) for role in (Role.ADMIN, Role.OPERATOR) * 3]
    tokens = [csrf_token(browser) for browser in browsers]
    where = path(campaign, "/send")
    db.session.commit()

    answers = in_threads(
        app, 6, lambda number: browsers[number].post(where, data={"csrf_token": tokens[number]})
    )
    run_jobs(queue, JobKind.CAMPAIGN_SEND)
    db.session.expire_all()

    assert {answer.status_code for answer in answers} == {303}
    assert db.session.scalar(select(func.count()).select_from(Batch)) == 1
    assert len(jobs("campaigns.send")) == 1
    assert len(messages(campaign)) == 3
    assert len(audited(db, "campaign.sent")) == 1


def test_a_stale_check_is_made_again_before_anything_leaves(otto, db, queue):
    campaign = checked(a_draft(people=1), queue)
    add_people(campaign, 1)

    answer = send(otto, path(campaign, "/send"))

    assert answer.status_code == 422
    assert "have changed since they were checked" in answer.text
    assert campaign.state == CampaignState.DRAFT
    assert len(jobs("campaigns.check")) == 2
    run_jobs(queue, JobKind.CAMPAIGN_CHECK)
    assert send(otto, path(campaign, "/send")).status_code == 303


@pytest.mark.parametrize("missing", ["recipients", "texts", "reading", "nobody"])
def test_what_is_missing_keeps_it_from_being_sent(otto, db, queue, missing):
    campaign = a_draft(people=0 if missing in {"recipients", "nobody"} else 1)
    if missing == "texts":
        campaign.sms_id = None
    if missing == "reading":
        a_source(campaign, SourceState.READING)
    if missing == "nobody":
        add_people(campaign, 1, values={})
    db.session.commit()
    if missing == "nobody":
        checked(campaign, queue)
    answer = send(otto, path(campaign, "/send"))
    assert answer.status_code == 422
    sentences = {
        "recipients": "Nobody is to get it yet.",
        "texts": "Choose what is said by SMS.",
        "reading": "still being read",
        "nobody": "It can be sent to nobody.",
    }
    assert sentences[missing] in answer.text
    assert campaign.state == CampaignState.DRAFT


def test_paused_nothing_leaves_until_it_goes_on(otto, db, queue, sandbox):
    campaign = sent(a_draft(people=3), queue)
    run_jobs(queue, JobKind.CAMPAIGN_SEND)
    assert send(otto, path(campaign, "/pause")).status_code == 303
    leave(queue)
    assert sandbox.messages() == []
    assert "Paused" in otto.get("/campaigns").text

    assert send(otto, path(campaign, "/go-on")).status_code == 303
    leave(queue)
    assert len(sandbox.messages()) == 3
    assert campaign.state == CampaignState.DONE


def test_stopped_what_has_not_left_is_taken_back(otto, db, queue, sandbox):
    campaign = sent(a_draft(people=3), queue)
    run_jobs(queue, JobKind.CAMPAIGN_SEND)
    pausing.cancel(campaign)
    db.session.commit()
    leave(queue)

    assert sandbox.messages() == []
    assert campaign.state == CampaignState.CANCELLED
    assert {one.state for one in messages(campaign)} == {MessageState.CANCELLED}
    assert jobs("campaigns.clear")[0].result["answer"].startswith("Took back 3")


def test_what_cannot_be_asked_any_more_says_why(app, db, queue):
    campaign = sent(a_draft(people=1), queue)
    with pytest.raises(NotPossible, match="not paused"):
        pausing.go_on(campaign)
    pausing.pause(campaign)
    with pytest.raises(NotPossible, match="paused already"):
        pausing.pause(campaign)
    pausing.cancel(campaign)
    db.session.commit()
    for ask in (pausing.pause, pausing.go_on, pausing.cancel):
        with pytest.raises(NotPossible, match="was stopped, and stays so"):
            ask(campaign)


@pytest.mark.parametrize("wishes", [("pause", "go_on"), ("pause", "cancel"), ("go_on", "cancel")])
def test_opposite_wishes_at_the_same_moment_come_to_one_outcome(app, db, queue, wishes):
    campaign = sent(a_draft(people=2), queue)
    if wishes[0] == "go_on":
        pausing.pause(campaign)
    db.session.commit()
    number, before = campaign.id, campaign.batch.held_at

    def wish(which):
        mine = db.session.get(Campaign, number)
        try:
            getattr(pausing, wishes[which % 2])(mine)
        except NotPossible:
            db.session.rollback()
            return None
        db.session.commit()
        return wishes[which % 2]

    done = [one for one in in_threads(app, 6, wish) if one]
    db.session.rollback()

    if "cancel" in wishes:
        assert done.count("cancel") == 1
        assert campaign.state == CampaignState.CANCELLED
        assert campaign.batch.cancelled_at is not None
    else:
        held = campaign.batch.held_at is not None
        assert done.count("pause") - done.count("go_on") == (1 if held else 0)
        assert before is None


def test_a_campaign_that_ends_while_it_is_stopped_is_either_done_or_stopped(app, db, queue):
    campaign = sent(a_draft(people=1), queue)
    leave(queue)
    assert campaign.state == CampaignState.DONE
    with pytest.raises(NotPossible, match="is done"):
        pausing.cancel(campaign)
    assert campaign.batch.cancelled_at is None


def test_what_is_unknown_does_not_keep_a_campaign_open(app, db, queue, sandbox):
    sandbox.fault(provider="twilio", fault="lost_answer")
    campaign = sent(a_draft(people=1), queue)
    leave(queue)
    assert [one.state for one in messages(campaign)] == [MessageState.UNKNOWN]
    assert campaign.state == CampaignState.DONE


def test_a_campaign_to_people_by_three_channels_names_all_of_them(otto, db, queue):
    campaign = checked(a_draft(Channel.WHATSAPP, Channel.SMS, Channel.EMAIL, people=1), queue)
    assert "WhatsApp, else SMS, else E-mail" in otto.get(path(campaign, "/send")).text


def test_viewers_look_and_do_not_send(vera, db, queue):
    campaign = checked(a_draft(people=1), queue)
    draft = vera.get(path(campaign)).text
    assert "Look at each" in draft
    assert "Choose texts" not in draft
    assert vera.get(path(campaign, "/check")).status_code == 200
    assert send(vera, path(campaign, "/send")).status_code == 403
    assert campaign.state == CampaignState.DRAFT


def test_what_comes_back_after_it_was_stopped_is_taken_back_too(otto, db, queue, sandbox):
    campaign = sent(a_draft(people=3), queue)
    run_jobs(queue, JobKind.CAMPAIGN_SEND)
    send(otto, path(campaign, "/stop"))
    run_jobs(queue, JobKind.CAMPAIGN_CLEAR)
    # One was being handed over meanwhile, and the provider asked for it later.
    message = messages(campaign)[0]
    message.state, message.finished_at = MessageState.QUEUED, None
    campaign.batch.cancelled_at -= 2 * LEASE
    db.session.commit()

    queue.sweep()

    db.session.refresh(message)
    assert message.state == MessageState.CANCELLED
    assert sandbox.messages() == []
