"""What the check finds before anything is sent, what it costs, and how long it takes."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from tests.bookings.asking import audited
from tests.campaigns.making import (
    a_draft,
    a_source,
    add_people,
    checked,
    jobs,
    run_jobs,
    somebody,
)
from tests.contracts.world import send
from webapp.campaigns import checking, forecasting, in_turn, prices
from webapp.campaigns.models import Price, Recipient, SourceState
from webapp.campaigns.words import end_words, span_words
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import JobState
from webapp.messages import limiting, suppressing
from webapp.messages.channels import Channel
from webapp.messages.models import SuppressedBecause

HOUR = timedelta(hours=1)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
QUIET = ("21:00", "09:00")


def path(campaign, page=""):
    return f"/campaigns/{campaign.id}{page}"


def one_of_each(campaign):
    """Add recipients of whom each has another trouble."""
    source = a_source(campaign)
    rows = [
        somebody(campaign, source, 11, values={}),
        somebody(campaign, source, 12, phone=None, key="p12@example.org"),
        somebody(campaign, source, 13, values={"name": "x" * 2_000}),
        somebody(campaign, source, 14, country="US", values={"name": "ж" * 71}),
        somebody(campaign, source, 15),
    ]
    for row in rows:
        campaign.total += 1
        checking.db.session.add(Recipient(**row))
    suppressing.suppress(Channel.SMS, "+919800000015", SuppressedBecause.STOP)
    checking.db.session.commit()


def problems(db):
    query = select(Recipient.problem).where(Recipient.problem.is_not(None))
    return sorted(db.session.scalars(query))


def test_each_recipient_who_gets_nothing_is_told_why_before_the_send(ada, db, queue):
    campaign = a_draft(people=3)
    one_of_each(campaign)
    checked(campaign, queue)

    found = campaign.findings
    assert found["good"] == 4
    assert found["problems"] == {
        "missing_value": 1, "no_address": 1, "too_long": 1, "suppressed": 1,
    }  # fmt: skip
    assert problems(db) == sorted(found["problems"])
    assert found["units"] == {"sms IN": 3, "sms US": 2}
    assert checking.is_fresh(campaign)
    assert jobs("campaigns.check")[0].result["answer"] == "4 can be sent to, 4 cannot."
    page = ada.get(path(campaign, "/check")).text
    assert "They want no offers" in page
    assert "Nobody has said yet what a message costs." in page
    assert "/campaigns/prices" in page


def test_what_was_mended_is_no_problem_any_more(app, db, queue):
    campaign = a_draft()
    add_people(campaign, 1, values={})
    checked(campaign, queue)
    assert problems(db) == ["missing_value"]

    db.session.execute(update(Recipient).values(values={"name": "Asha"}))
    checked(campaign, queue)
    assert problems(db) == []
    assert campaign.findings["good"] == 1


def test_a_check_that_breaks_off_goes_on_where_it_was(app, db, queue, monkeypatch):
    monkeypatch.setattr(in_turn, "SLICE", 2)
    monkeypatch.setattr(checking, "SECONDS", 0)  # each slice gives way
    campaign = checked(a_draft(people=7), queue)
    assert campaign.findings["seen"] == campaign.findings["good"] == 7
    assert jobs("campaigns.check")[0].attempt == 5


def test_a_check_whose_texts_change_meanwhile_begins_anew(app, db, queue, monkeypatch):
    monkeypatch.setattr(in_turn, "SLICE", 2)
    monkeypatch.setattr(checking, "SECONDS", 0)
    campaign = a_draft(people=3)
    job = checking.ask(campaign)
    db.session.commit()
    queue._run("campaigns.check", job.id)
    db.session.refresh(campaign)
    assert campaign.findings["under_way"]["seen"] == 2

    add_people(campaign, 1)
    run_jobs(queue, JobKind.CAMPAIGN_CHECK)
    db.session.refresh(campaign)
    assert campaign.findings["seen"] == 4
    assert checking.is_fresh(campaign)


def test_a_check_waits_while_recipients_are_read(app, db, queue):
    campaign = a_draft(people=1)
    checking.ask(campaign)
    a_source(campaign, SourceState.READING)
    db.session.commit()
    queue.run()
    assert jobs("campaigns.check")[0].state == JobState.RETRY
    assert not checking.is_fresh(campaign)


def test_who_said_stop_to_the_first_channel_gets_nothing_by_the_second(app, db, queue):
    campaign = a_draft(Channel.WHATSAPP, Channel.SMS, people=2)
    suppressing.suppress(Channel.WHATSAPP, "+919800000001", SuppressedBecause.STOP)
    db.session.commit()
    checked(campaign, queue)
    assert campaign.findings["first"] == {"whatsapp": 1}
    assert campaign.findings["spare"] == {"sms": 1}
    assert campaign.findings["problems"] == {"suppressed": 1}


def test_whose_mailbox_is_gone_gets_the_next_channel(app, db, queue):
    campaign = a_draft(Channel.EMAIL, Channel.SMS, people=2)
    suppressing.suppress(Channel.EMAIL, "person1@example.org", SuppressedBecause.BOUNCED)
    db.session.commit()
    checked(campaign, queue)
    assert campaign.findings["first"] == {"email": 1, "sms": 1}


def test_the_cost_is_said_by_channel_and_country(ada, db, queue):
    campaign = a_draft(people=3)
    one_of_each(campaign)
    for country, price in (("IN", "0.25"), ("*", "4")):
        answer = send(
            ada, "/campaigns/prices", channel="sms", country=country, price=price, currency="INR"
        )
        assert answer.status_code == 303
    checked(campaign, queue)

    expected = forecasting.forecast(campaign)
    assert prices.sum_words(expected.cost) == "₹8.75"
    page = ada.get(path(campaign, "/check")).text
    assert "₹8.75" in page
    assert "₹0.25" in page
    assert len(audited(db, "price.changed")) == 2


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"price": "dear"}, "Write the price of one as a number"),
        ({"price": "-1"}, "between 0 and 1,000"),
        ({"price": "0.00000001"}, "At most six digits"),
        ({"country": "India"}, "Two letters"),
    ],
)
def test_what_is_no_price_is_refused_at_its_field(ada, db, typed, sentence):
    usual = {"channel": "sms", "country": "IN", "price": "0.25", "currency": "INR"}
    answer = send(ada, "/campaigns/prices", **{**usual, **typed})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert db.session.scalars(select(Price)).all() == []


def test_a_price_is_removed_once(ada, db):
    prices.change(Channel.SMS, "IN", 250_000, "INR")
    db.session.commit()
    assert send(ada, "/campaigns/prices/sms/IN/remove").status_code == 303
    assert send(ada, "/campaigns/prices/sms/IN/remove").status_code == 409


def test_a_house_that_is_tried_out_has_prices_once(app, db):
    for _ in range(2):
        prices.seed()
        db.session.commit()
    known = prices.listed()
    assert {price.channel for price in known} == {channel.value for channel in Channel}
    assert len(known) == 6


def test_the_limit_is_changed_from_here_for_all_campaigns(otto, db, queue):
    campaign = checked(a_draft(people=2), queue)
    assert send(otto, path(campaign, "/pace/sms"), per_minute="30").status_code == 303
    assert limiting.per_minute(Channel.SMS) == 30
    assert len(audited(db, "channel.pace")) == 1
    bad = send(otto, path(campaign, "/pace/sms"), per_minute="fast")
    assert bad.status_code == 422
    assert send(otto, path(campaign, "/pace/pigeon"), per_minute="1").status_code == 404


def test_without_quiet_hours_the_end_is_the_number_by_the_speed():
    assert forecasting.end_of({"UTC": 7_200}, 1.0, NOON, (None, None)) == NOON + 2 * HOUR


def test_quiet_hours_come_on_top_in_the_zone_of_each_recipient():
    # 9 hours are left until 21:00, 3 are needed the next morning.
    late = forecasting.end_of({"UTC": 12 * 3_600}, 1.0, NOON, QUIET)
    assert late == NOON + timedelta(days=1)
    # Where it is night already it begins with the morning there.
    tokyo = forecasting.end_of({"Asia/Tokyo": 3_600}, 1.0, NOON + HOUR, QUIET)
    assert tokyo == datetime(2026, 11, 24, 1, tzinfo=UTC)
    both = forecasting.end_of({"Asia/Tokyo": 3_600, "UTC": 3_600}, 1.0, NOON + HOUR, QUIET)
    assert both == tokyo


def test_what_would_take_years_is_not_said_to_the_minute():
    assert forecasting.end_of({"UTC": 10**9}, 0.1, NOON, QUIET) is None


@pytest.mark.parametrize(
    ("least", "most", "words"),
    [
        (10, 40, "less than a minute"),
        (1_000, 1_060, "about 18 minutes"),
        (16.2 * 3_600, 17.5 * 3_600, "between 16 and 18 hours"),
        (2.0 * 86_400, 3.1 * 86_400, "between 2 and 3 days"),
    ],
)
def test_a_span_is_said_as_a_range(least, most, words):
    assert span_words(timedelta(seconds=least), timedelta(seconds=most)) == words


def test_an_end_is_said_by_the_clock_of_the_campaign():
    said = end_words(NOON + 48 * HOUR, NOON + 50 * HOUR, "Asia/Kolkata", NOON)
    assert said == "on Wednesday between 17:30 and 19:30"
    assert end_words(NOON, NOON, "UTC", NOON) == "today about 12:00"
    assert (
        end_words(NOON, NOON + 14 * HOUR, "UTC", NOON) == "between today 12:00 and tomorrow 02:00"
    )
