"""The page of a campaign while it is sent, and afterwards."""

import re
from datetime import timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import event

from tests.campaigns.live.making import a_campaign
from webapp.accounts.models import Role
from webapp.campaigns import pausing
from webapp.campaigns.models import CampaignState, Price
from webapp.clock import now
from webapp.jobs.kinds import JobKind, Queue
from webapp.jobs.models import Job, JobState
from webapp.messages import batches, limiting, stopping, tallying
from webapp.messages.channels import Channel
from webapp.messages.models import ChannelState, Message

HTMX = {"HX-Request": "true"}
PEOPLE = {
    "read": 1, "delivered": 4, "sent": 3, "queued": 2, "unknown": 1, "failed 21211": 3,
    "failed 21610": 1, "suppressed": 1, "problem missing_value": 2,
}  # fmt: skip


def parts_of(page):
    """Return what the page says of each part."""
    found = LexborHTMLParser(page.text).css(".part")
    return {
        part.css_first(".part-word").text(): int(part.css_first(".part-number").text())
        for part in found
    }


def poll_of(page):
    found = re.search(r'hx-get="([^"]+)"', page.text)
    return found and found.group(1).replace("&amp;", "&")


def standing_of(page):
    return " ".join(LexborHTMLParser(page.text).css_first("#standing").text().split())


def test_the_numbers_are_those_of_the_rows_and_add_up(otto, app):
    campaign = a_campaign(PEOPLE)

    page = otto.get(f"/campaigns/{campaign.id}")

    found = parts_of(page)
    assert found == {
        "Read": 1, "Delivered": 4, "Sent": 3, "Waiting": 2, "Not certain": 1, "Failed": 4,
        "Not sent: wants none": 1, "Cannot be sent": 2,
    }  # fmt: skip
    assert sum(found.values()) == sum(PEOPLE.values())
    assert "Read: 1, Delivered: 4, Sent: 3" in page.text


def test_who_has_no_message_yet_waits_until_the_campaign_is_stopped(otto, app):
    waiting = a_campaign({"sent": 1, "unwritten": 5})
    stopped = a_campaign({"sent": 1, "unwritten": 5}, state=CampaignState.CANCELLED)

    assert parts_of(otto.get(f"/campaigns/{waiting.id}"))["Waiting"] == 5
    assert parts_of(otto.get(f"/campaigns/{stopped.id}"))["Stopped before it was written"] == 5


def test_a_poll_is_204_until_something_is_counted(otto, db):
    campaign = a_campaign({"queued": 2})
    poll = poll_of(otto.get(f"/campaigns/{campaign.id}"))
    assert otto.get(poll, headers=HTMX).status_code == 204

    db.session.query(Message).first().state = "sent"
    db.session.commit()
    tallying.tally(campaign.batch_id)

    assert parts_of(otto.get(poll, headers=HTMX))["Sent"] == 1


@pytest.mark.parametrize("what", ["channel", "limit", "pause", "job"])
def test_all_that_the_page_shows_is_news(otto, db, what):
    campaign = a_campaign({"queued": 2})
    poll = poll_of(otto.get(f"/campaigns/{campaign.id}"))
    if what == "channel":
        stopping.stop(Channel.SMS, "The account is empty.", "Top it up.")
    elif what == "limit":
        limiting.set_per_minute(Channel.SMS, 7)
    elif what == "pause":
        pausing.pause(campaign)
    else:
        a_job(campaign, JobKind.CAMPAIGN_SEND)
    db.session.commit()

    assert otto.get(poll, headers=HTMX).status_code == 200


def test_a_poll_counts_no_messages_and_asks_little(otto, db):
    campaign = a_campaign(PEOPLE)
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    otto.get(f"/campaigns/{campaign.id}/progress?seen=older", headers=HTMX)
    event.remove(db.engine, "before_cursor_execute", note)

    assert len(asked) <= 8
    of_messages = [statement for statement in asked if "FROM messages" in statement]
    assert all("min(messages.due_at)" in statement for statement in of_messages)


def a_job(campaign, kind, state=JobState.PROGRESS, **more):
    from webapp.extensions import db

    job = Job(
        kind=kind, queue=Queue.DEFAULT, state=state, subject_type="campaign", max_attempts=4,
        subject_id=str(campaign.id), args={"campaign_id": campaign.id}, started_at=now(),
        attempt=1, **more,
    )  # fmt: skip
    db.session.add(job)
    return job


def test_it_says_how_far_the_writing_is(otto, db):
    campaign = a_campaign({"queued": 2, "unwritten": 3})
    a_job(campaign, JobKind.CAMPAIGN_SEND, done=2, total=5)

    said = standing_of(otto.get(f"/campaigns/{campaign.id}"))

    assert said == "Sending Writing the messages: 2 of 5. They leave meanwhile."


def test_it_says_why_it_has_paused_itself_and_offers_to_go_on(otto, vera, db):
    campaign = a_campaign({"queued": 2, "failed 132015": 1})
    batches.hold(campaign.batch, "The template is paused.", "Mend it, then go on.")

    page = otto.get(f"/campaigns/{campaign.id}").text

    assert "The template is paused. Mend it, then go on." in page
    assert page.count(f"/campaigns/{campaign.id}/go-on") == 2
    assert "/go-on" not in vera.get(f"/campaigns/{campaign.id}").text


def test_a_channel_that_has_stopped_is_started_from_the_page(otto, db):
    campaign = a_campaign({"queued": 2})
    stopping.stop(Channel.SMS, "The account is empty.", "Top it up.")

    page = otto.get(f"/campaigns/{campaign.id}")

    assert "SMS has stopped." in page.text
    assert "/messages/channels/sms/start" in page.text
    assert "It waits for a channel that has stopped." in standing_of(page)


def test_quiet_hours_are_named_with_their_end(otto, db):
    campaign = a_campaign({"queued": 2})
    here = now().astimezone(campaign.tz)
    campaign.batch.quiet_from = f"{here - timedelta(hours=1):%H:%M}"
    campaign.batch.quiet_until = f"{here + timedelta(hours=1):%H:%M}"
    db.session.query(Message).update({"due_at": now() + timedelta(hours=1)})

    said = standing_of(otto.get(f"/campaigns/{campaign.id}"))

    assert "Quiet hours: it goes on by itself at" in said


def test_a_provider_that_asks_us_to_slow_down_is_named(otto, db):
    campaign = a_campaign({"queued": 2})
    db.session.add(ChannelState(channel=Channel.SMS, not_before=now() + timedelta(minutes=1)))

    assert "asked us to slow down" in standing_of(otto.get(f"/campaigns/{campaign.id}"))


def test_a_job_that_failed_stands_on_the_page_with_its_button(otto, db):
    campaign = a_campaign({"queued": 1, "unwritten": 1})
    a_job(
        campaign, JobKind.CAMPAIGN_SEND, JobState.FAILURE, finished_at=now(), error="No room left."
    )

    page = otto.get(f"/campaigns/{campaign.id}").text

    assert "No room left." in page
    assert "Try again" in page


def test_it_is_paused_let_go_on_and_stopped_by_buttons(otto, db, queue):
    campaign = a_campaign({"sent": 1, "queued": 3})
    path = f"/campaigns/{campaign.id}"
    press(otto, path, "pause")
    assert standing_of(otto.get(path)).startswith("Paused")
    press(otto, path, "go-on")
    assert standing_of(otto.get(path)).startswith("Sending")
    press(otto, path, "stop")
    assert standing_of(otto.get(path)).startswith("Stopped")
    queue.run()
    tallying.tally(campaign.batch_id)

    assert parts_of(otto.get(path))["Stopped before it left"] == 3


def test_what_is_not_possible_any_more_says_so(otto, db):
    campaign = a_campaign({"sent": 1}, state=CampaignState.DONE)

    answer = press(otto, f"/campaigns/{campaign.id}", "pause")

    assert answer.status_code == 409
    assert "This campaign is done: everything has left." in answer.text


def press(client, path, button, **typed):
    token = LexborHTMLParser(client.get(path).text).css_first("meta[name=csrf-token]")
    assert token
    typed["csrf_token"] = token.attributes["content"]
    return client.post(f"{path}/{button}", data=typed)


def test_the_limit_is_changed_while_it_sends(otto, db):
    campaign = a_campaign({"queued": 3})

    press(otto, f"/campaigns/{campaign.id}", "limit", channel="sms", per_minute="250")

    assert limiting.per_minute(Channel.SMS) == 250
    assert "SMS: at most 250 a minute" in otto.get(f"/campaigns/{campaign.id}").text


@pytest.mark.parametrize("typed", ["", "many", "-1", "1.5", "1000001", "٣", "9" * 40])
def test_a_limit_that_is_none_is_refused_at_the_field(otto, db, typed):
    campaign = a_campaign({"queued": 3})

    answer = press(otto, f"/campaigns/{campaign.id}", "limit", channel="sms", per_minute=typed)

    assert answer.status_code == 422
    field = LexborHTMLParser(answer.text).css_first("#limit-sms")
    assert field.attributes["aria-invalid"] == "true"
    assert field.attributes["value"] == typed
    assert "Write a whole number from 0" in answer.text


def test_who_was_refused_for_good_is_not_offered_again(otto, app):
    campaign = a_campaign(PEOPLE)

    page = otto.get(f"/campaigns/{campaign.id}").text

    assert "This is not a phone number that exists." in page
    assert f"/campaigns/{campaign.id}/retry?state=failed&amp;code=21211" in page
    assert "gets no more text messages" in page
    assert "code=21610" in page
    assert "retry?state=failed&amp;code=21610" not in page


def test_the_forecast_is_held_against_what_came_of_it(otto, db):
    begun = now() - timedelta(minutes=10)
    said = {
        "at": begun.isoformat(), "messages": 10, "units": {"sms IN": 10},
        "cost": {"INR": 2_500_000}, "most_cost": {"INR": 2_500_000},
        "ends": [(begun + timedelta(minutes=m)).isoformat() for m in (8, 12)],
    }  # fmt: skip
    db.session.add(Price(channel="sms", country="IN", micros=250_000, currency="INR"))
    campaign = a_campaign(
        {"delivered": 8, "failed 21211": 2}, state=CampaignState.DONE, findings={"forecast": said}
    )

    page = " ".join(LexborHTMLParser(otto.get(f"/campaigns/{campaign.id}").text).text().split())

    assert "Messages that leave 10 8" in page
    assert "Cost ₹2.50 ₹2.00 (20.0 % less)" in page
    assert "Time between 8 and 12 minutes about 9 minutes" in page


def test_a_campaign_that_is_over_asks_no_more(otto, app):
    campaign = a_campaign({"delivered": 2}, state=CampaignState.DONE)

    assert poll_of(otto.get(f"/campaigns/{campaign.id}")) is None


def test_the_course_is_drawn_and_its_numbers_stand_beneath(otto, db):
    campaign = a_campaign({"delivered": 2})
    moment = int(now().timestamp())
    campaign.batch.history = [[moment - 60 + step, step, step // 2, 0] for step in range(61)]

    page = LexborHTMLParser(otto.get(f"/campaigns/{campaign.id}").text)

    assert page.css_first("svg.chart-lines[role=img] title").text() == (
        "Sent, delivered and failed over time"
    )
    rows = page.css("#course-numbers tbody tr")
    assert 2 < len(rows) <= 13
    assert [cell.text() for cell in rows[-1].css("td.number")] == ["60", "30", "0"]


def test_what_one_has_been_shown_is_shown_to_another_with_his_own_token_and_rights(otto, vera, db):
    campaign = a_campaign({"queued": 2})
    path = f"/campaigns/{campaign.id}/progress?seen=older"
    first, second = otto.get(path, headers=HTMX).text, otto.get(path, headers=HTMX).text
    campaign.name = "Renamed without anybody's knowing"
    db.session.commit()

    looking = vera.get(path, headers=HTMX).text

    assert first == second
    assert 'name="csrf_token"' in first
    assert 'name="csrf_token"' not in looking
    assert otto.post(f"/campaigns/{campaign.id}/pause", data=_token_in(second)).status_code == 303


def test_two_operators_get_forms_of_their_own(signed_in, app):
    campaign = a_campaign({"queued": 2})
    path = f"/campaigns/{campaign.id}/progress?seen=older"
    first, second = signed_in(Role.OPERATOR), signed_in(Role.OPERATOR)
    tokens = [_token_in(one.get(path, headers=HTMX).text) for one in (first, second)]

    assert tokens[0] != tokens[1]
    assert second.post(f"/campaigns/{campaign.id}/pause", data=tokens[1]).status_code == 303


def _token_in(page):
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return {"csrf_token": found.group(1)}
