"""The pages of a draft: what is chosen, what is missing, and what is refused."""

import pytest
from sqlalchemy import select

from tests.bookings.asking import audited
from tests.campaigns.making import (
    FILLINGS,
    a_draft,
    a_newer,
    a_text,
    add_people,
    checked,
    jobs,
    sent,
)
from tests.contracts.world import send
from webapp.campaigns.models import Campaign, CampaignState
from webapp.messages.channels import Channel
from webapp.messages.models import Message, MessageState


def path(campaign, page=""):
    return f"/campaigns/{campaign.id}{page}"


def test_the_list_says_what_a_campaign_is_until_there_is_one(otto, db):
    assert "No campaigns yet" in otto.get("/campaigns").text
    answer = send(otto, "/campaigns/new", name="Autumn offer")
    assert answer.status_code == 303
    page = otto.get("/campaigns").text
    assert "Autumn offer" in page
    assert "Draft" in page
    assert "Nobody yet" in page


def test_a_campaign_needs_a_name(otto, db):
    answer = send(otto, "/campaigns/new", name="  ")
    assert answer.status_code == 422
    assert "A name is needed." in answer.text


def test_an_empty_draft_says_what_is_missing(otto, db):
    campaign = Campaign(name="Empty")
    db.session.add(campaign)
    db.session.commit()
    page = otto.get(path(campaign)).text
    assert "Nobody is to get it yet." in page
    assert "Choose how it is told" in page
    assert "as soon as the steps above are done" in page


def test_channels_are_chosen_in_an_order_with_a_text_for_each(otto, db):
    campaign = a_draft(people=1)
    whatsapp = a_text(Channel.WHATSAPP, "Hello {{1}}")
    answer = send(
        otto, path(campaign, "/texts"), first="whatsapp", second="sms", third="",
        whatsapp=str(whatsapp.id), sms=str(campaign.sms_id),
        fill_1="{{ name }}", fill_2="our sale", fill_3="Monday",
    )  # fmt: skip
    assert answer.status_code == 303
    db.session.refresh(campaign)
    assert campaign.channels == ["whatsapp", "sms"]
    assert campaign.fillings == FILLINGS
    assert "By WhatsApp, else SMS." in otto.get(path(campaign)).text


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("Hello {{ nane }}", "Did you mean {{ name }}?"),
        ("Hello {{ surname_of_the_dog }}", "The recipients have no “surname_of_the_dog”."),
        ('Hello {{ nane|default:"friend" }}', "Did you mean {{ name }}?"),
    ],
)
def test_a_placeholder_that_the_recipients_do_not_have_is_refused_at_the_field(
    otto, db, body, sentence
):
    campaign = a_draft(people=1)
    other = a_text(body=body, name="other")
    answer = send(otto, path(campaign, "/texts"), first="sms", sms=str(other.id))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_the_places_of_a_whatsapp_template_must_be_filled(otto, db):
    campaign = a_draft(people=1)
    version = str(a_text(Channel.WHATSAPP, "Hello {{1}}").id)
    answer = send(otto, path(campaign, "/texts"), first="whatsapp", whatsapp=version)
    assert answer.status_code == 422
    assert "fill_1" in answer.text
    wrong = send(
        otto, path(campaign, "/texts"), first="whatsapp", whatsapp=version, fill_1="{{ nmae }}",
        fill_2="our sale", fill_3="Monday",
    )  # fmt: skip
    assert wrong.status_code == 422
    assert "Did you mean {{ name }}?" in wrong.text


def test_a_channel_needs_a_text_and_texts_need_a_channel(otto, db):
    campaign = a_draft(people=1)
    assert "Choose a channel." in send(otto, path(campaign, "/texts"), first="").text
    answer = send(otto, path(campaign, "/texts"), first="email", email="")
    assert answer.status_code == 422
    assert "Choose what is said by E-mail." in answer.text
    odd = send(otto, path(campaign, "/texts"), first="pigeon", sms="999999")
    assert odd.status_code == 422


def test_a_newer_version_of_a_template_is_offered_and_taken(otto, db, queue):
    campaign = checked(a_draft(people=1), queue)
    newer = a_newer(campaign.sms, "Good day {{ name }}")
    assert "Use version 2" in otto.get(path(campaign)).text

    assert send(otto, path(campaign, "/texts/sms/newest")).status_code == 303
    db.session.refresh(campaign)
    assert campaign.sms_id == newer.id
    assert "have changed since they were checked" in otto.get(path(campaign)).text


def test_what_is_being_sent_is_not_changed_any_more(otto, db, queue):
    campaign = sent(a_draft(people=1), queue)
    assert send(otto, path(campaign, "/texts"), first="sms").status_code == 409
    assert send(otto, path(campaign, "/name"), name="Another").status_code == 409
    assert campaign.name == "Autumn offer"


def test_each_recipient_can_be_looked_at_and_found(otto, db):
    campaign = a_draft(Channel.SMS, Channel.EMAIL, people=3)
    first = otto.get(path(campaign, "/preview")).text
    assert "Hello Person 1" in first
    assert "1 of 3" in first
    assert "Else by e-mail" in first
    for words in ("Person 3", "4", "+91 98 000 00003", "person3@"):
        assert (
            "Hello Person 3" in otto.get(path(campaign, "/preview"), query_string={"q": words}).text
        )
    assert "Nothing found" in otto.get(path(campaign, "/preview?q=nobody")).text
    assert otto.get(path(campaign, "/preview?of=99999999999")).status_code == 200


def test_a_value_that_is_missing_is_seen_in_the_preview(otto, db):
    campaign = a_draft(people=0)
    add_people(campaign, 1, values={})
    assert "There is no value for “name”" in otto.get(path(campaign, "/preview")).text


def test_a_test_goes_to_whoever_asks_for_it_and_is_no_part_of_the_campaign(
    otto, db, queue, sandbox
):
    campaign = a_draft(Channel.SMS, Channel.EMAIL, people=2)
    of = campaign_recipients(db, campaign)[1]
    answer = send(
        otto, path(campaign, "/preview"), of=of, phone="98123 45678", email="otto@desk.example"
    )
    assert answer.status_code == 303
    queue.run()

    tests = db.session.scalars(select(Message)).all()
    assert {one.address for one in tests} == {"+919812345678", "otto@desk.example"}
    assert {one.batch_id for one in tests} == {None}
    assert all("Hello Person 2" in one.body for one in tests)
    assert all(one.state == MessageState.SENT for one in tests)
    assert len(sandbox.messages()) == 2
    page = otto.get(path(campaign, "/preview")).text
    assert "SMS to +919812345678" in page
    assert 'value="98123 45678"' in page
    assert len(audited(db, "campaign.tested")) == 1


def campaign_recipients(db, campaign):
    from webapp.campaigns.models import Recipient

    query = select(Recipient.id).where(Recipient.campaign_id == campaign.id).order_by(Recipient.id)
    return db.session.scalars(query).all()


def test_a_test_needs_somewhere_to_go(otto, db):
    campaign = a_draft(people=1)
    of = campaign_recipients(db, campaign)[0]
    empty = send(otto, path(campaign, "/preview"), of=of)
    assert empty.status_code == 422
    assert "Type your own number" in empty.text
    wrong = send(otto, path(campaign, "/preview"), of=of, phone="12")
    assert wrong.status_code == 422
    assert "Hello Person 1" in wrong.text


def test_quiet_hours_are_set_and_switched_off(otto, db):
    campaign = a_draft(people=1)
    assert (
        send(otto, path(campaign, "/quiet"), on="y", begin="20:30", end="08:00").status_code == 303
    )
    db.session.refresh(campaign)
    assert (campaign.quiet_from, campaign.quiet_until) == ("20:30", "08:00")
    same = send(otto, path(campaign, "/quiet"), on="y", begin="08:00", end="08:00")
    assert same.status_code == 422
    assert "would never end" in same.text
    assert (
        send(otto, path(campaign, "/quiet"), on="y", begin="late", end="08:00").status_code == 422
    )
    assert send(otto, path(campaign, "/quiet")).status_code == 303
    db.session.refresh(campaign)
    assert campaign.quiet_from is None


def test_the_check_is_one_job_however_often_it_is_asked_for(otto, db):
    campaign = a_draft(people=1)
    for _ in range(2):
        assert send(otto, path(campaign, "/check")).status_code == 303
    assert len(jobs("campaigns.check")) == 1
    assert campaign.state == CampaignState.DRAFT


def test_nothing_is_checked_before_there_is_a_text(otto, db):
    campaign = Campaign(name="Empty")
    db.session.add(campaign)
    db.session.commit()
    assert send(otto, path(campaign, "/check")).status_code == 409
    assert "must be there before anything can be checked" in otto.get(path(campaign, "/check")).text


def test_a_placeholder_with_a_fall_back_needs_no_column(otto, db):
    campaign = a_draft(people=1)
    other = a_text(body='Hello {{ title_of_honour|default:"friend" }}', name="other")
    answer = send(otto, path(campaign, "/texts"), first="sms", sms=str(other.id))
    assert answer.status_code == 303
    assert "Hello friend" in otto.get(path(campaign, "/preview")).text
