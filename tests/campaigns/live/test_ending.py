"""A campaign ends by its own recipients, whatever stands beside it."""

from tests.campaigns.live.making import a_campaign
from webapp.campaigns import ending
from webapp.campaigns.models import CampaignState


def test_one_of_several_campaigns_ends_by_itself(db, app):
    a_campaign({"sent": 2, "unwritten": 2})
    mine = a_campaign({"sent": 3})
    other = a_campaign({"sent": 1, "unwritten": 5})

    for campaign in (mine, other):
        ending.finish(campaign.batch_id)
        db.session.commit()
        db.session.refresh(campaign)

    assert mine.state == CampaignState.DONE
    assert other.state == CampaignState.SENDING
