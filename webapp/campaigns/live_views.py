"""The pages of a campaign that has been sent."""

from flask.typing import ResponseReturnValue

from webapp.campaigns.models import Campaign
from webapp.pages import render


def render_live(campaign: Campaign) -> ResponseReturnValue:
    """Answer with the page of a campaign that is no draft any more."""
    return render("campaigns/new.html", campaign=campaign, form=None)
