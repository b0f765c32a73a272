"""Who got it, who did not, and why."""

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.campaigns.live.making import a_campaign
from webapp.campaigns.models import Recipient
from webapp.clock import now
from webapp.messages.channels import OutcomeKind
from webapp.messages.models import Attempt, Message

PEOPLE = {
    "delivered": 3, "queued": 2, "failed 21211": 2, "failed 30003": 1, "unknown": 1,
    "problem missing_value": 2, "problem suppressed": 1, "unwritten": 2,
}  # fmt: skip


@pytest.fixture
def campaign(app):
    return a_campaign(PEOPLE)


def states_of(page):
    return [
        node.attributes["data-state"] for node in LexborHTMLParser(page.text).css("tbody .state")
    ]


def names_of(page):
    return [node.text() for node in LexborHTMLParser(page.text).css("tbody td:first-child a")]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (
            "",
            {"delivered": 3, "queued": 2, "failed": 3, "unknown": 1, "problem": 3, "unwritten": 2},
        ),
        ("state=delivered", {"delivered": 3}),
        ("state=queued", {"queued": 2}),
        ("state=failed", {"failed": 3}),
        ("state=failed&code=21211", {"failed": 2}),
        ("state=failed&code=none", {}),
        ("state=sending", {}),
        ("state=problem", {"problem": 3}),
        ("state=problem&code=missing_value", {"problem": 2}),
        ("state=unwritten", {"unwritten": 2}),
        ("q=asha", {"delivered": 1, "failed": 1, "unwritten": 1}),
        ("q=asha&state=failed", {"failed": 1}),
        ("q=98+0000-0001", {"delivered": 1}),
        ("q=person1@", {"delivered": 1}),
        ("q=nobody", {}),
        ("q=%25", {}),
    ],
)
def test_they_are_found_by_name_number_address_state_and_reason(otto, campaign, wanted, found):
    shown = states_of(otto.get(f"/campaigns/{campaign.id}/recipients?{wanted}"))

    assert {state: shown.count(state) for state in shown} == found


@pytest.mark.parametrize("state", ["", "delivered"])
def test_they_come_in_pages_that_lose_nobody(otto, app, state):
    campaign = a_campaign({"delivered": 120})
    url, seen = f"/campaigns/{campaign.id}/recipients?state={state}", []
    while url:
        page = otto.get(url)
        seen += names_of(page)
        older = LexborHTMLParser(page.text).css_first("a[rel=next]")
        url = older and older.attributes["href"]
    newer = LexborHTMLParser(page.text).css_first("a[rel=prev]").attributes["href"]

    assert len(seen) == len(set(seen)) == 120
    assert names_of(otto.get(newer)) == seen[50:100]


def test_a_state_that_is_none_is_no_page(otto, campaign):
    assert otto.get(f"/campaigns/{campaign.id}/recipients?state=odd").status_code == 404


def test_the_newest_message_counts_where_there_is_a_fall_back(otto, db, campaign):
    first = db.session.query(Message).filter_by(state="failed", code="21211").first()
    first.superseded = True
    db.session.add(
        Message(
            channel="email", address="a@example.org", lane="email:a@example.org", state="sent",
            body="Hello", subject_type="recipient", subject_id=first.subject_id, urgency=9,
            recipient=first.recipient, batch_id=first.batch_id, purpose=first.purpose,
            category="campaign", sent_at=now(),
        )
    )  # fmt: skip
    page = otto.get(f"/campaigns/{campaign.id}/recipients")

    assert states_of(page).count("failed") == 2
    assert len(names_of(otto.get(f"/campaigns/{campaign.id}/recipients?state=failed"))) == 2
    one = otto.get(f"/campaigns/{campaign.id}/recipients/{first.recipient}").text
    assert "Another message was written in its place." in one


def test_why_somebody_did_not_get_it_stands_on_their_page(otto, db, campaign):
    message = db.session.query(Message).filter_by(code="21211").first()
    message.attempts = [
        Attempt(number=1, started_at=now(), ended_at=now(), outcome=OutcomeKind.PERMANENT,
                code="21211", detail="Invalid 'To' number; request RQ12")
    ]  # fmt: skip

    page = otto.get(f"/campaigns/{campaign.id}/recipients/{message.recipient}").text

    for said in (
        "This is not a phone number that exists.",
        "21211",
        "request RQ12",
        "Refused",
        "Pune",
    ):
        assert said in page


def test_a_row_that_cannot_be_sent_says_why(otto, db, campaign):
    who = db.session.query(Recipient).filter_by(problem="missing_value").first()

    page = otto.get(f"/campaigns/{campaign.id}/recipients/{who.id}").text

    assert "SMS: first_name is missing." in page
    assert "give the text a word to fall back on" in page


def test_a_recipient_of_another_campaign_is_not_shown(otto, db, campaign):
    other = a_campaign({"sent": 1})
    who = db.session.query(Recipient).filter_by(campaign_id=campaign.id).first()

    assert otto.get(f"/campaigns/{other.id}/recipients/{who.id}").status_code == 404
