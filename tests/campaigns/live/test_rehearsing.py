"""A rehearsal and its report."""

import pytest

from tests.campaigns.live.making import a_campaign
from tests.campaigns.live.test_progress import parts_of, poll_of, press, standing_of
from tests.campaigns.making import a_draft, leave
from webapp.campaigns.models import CampaignState
from webapp.messages import batches
from webapp.messages.channels.rehearsing import PROFILES


def test_every_trouble_can_be_chosen_and_nobody_is_reached(otto, app):
    page = otto.get(f"/campaigns/{a_draft(people=1).id}/rehearsal").text

    assert all(profile.sentence in page for profile in PROFILES.values())
    assert "Nobody is reached" in page


def test_a_rehearsal_goes_the_whole_way_and_reports(otto, db, queue, sandbox):
    campaign = a_draft(people=4)
    path = f"/campaigns/{campaign.id}/rehearsal"
    answer = press(otto, f"/campaigns/{campaign.id}", "rehearsal", profile="calm")
    assert answer.status_code == 303
    assert poll_of(otto.get(path)) is not None
    leave(queue)

    page = otto.get(path)
    assert "What would happen" in page.text
    assert parts_of(page)["Sent"] == 4
    assert "Would cost" in page.text
    assert campaign.state == CampaignState.DRAFT


def test_the_last_one_is_kept_with_its_reasons_and_its_people(otto, app):
    campaign = a_campaign(
        {"sent": 5, "failed 21211": 2}, state=CampaignState.DRAFT, rehearsal="bad-list"
    )

    page = otto.get(f"/campaigns/{campaign.id}/rehearsal").text

    assert "Bad list" in page
    assert "This is not a phone number that exists." in page
    assert "/retry" not in page
    shown = otto.get(
        f"/campaigns/{campaign.id}/recipients?rehearsal=1&state=failed&code=21211"
    ).text
    assert shown.count('data-state="failed"') == 2


def test_one_that_pauses_itself_can_go_on_or_be_ended(otto, db):
    campaign = a_campaign({"queued": 5}, state=CampaignState.DRAFT, rehearsal="template-paused")
    batches.hold(campaign.rehearsal, "The template is paused.", "Choose another.")
    db.session.commit()
    path = f"/campaigns/{campaign.id}/rehearsal"
    assert "The template is paused." in otto.get(path).text
    press(otto, path, "go-on")
    assert standing_of(otto.get(path)).startswith("Rehearsing")
    press(otto, path, "stop")
    assert standing_of(otto.get(path)).startswith("Stopped")


@pytest.mark.parametrize("profile", ["", "odd"])
def test_a_trouble_that_is_none_is_refused(otto, app, profile):
    campaign = a_draft(people=1)

    answer = press(otto, f"/campaigns/{campaign.id}", "rehearsal", profile=profile)

    assert answer.status_code == 400


def test_what_has_been_sent_is_not_rehearsed(otto, app):
    campaign = a_campaign({"sent": 1})

    page = otto.get(f"/campaigns/{campaign.id}/rehearsal").text
    answer = press(otto, f"/campaigns/{campaign.id}", "rehearsal", profile="calm")

    assert "nothing left to rehearse" in page
    assert answer.status_code == 409
