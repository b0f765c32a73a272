"""Who gets a campaign: read from a file, from the customers, or from pasted numbers."""

from sqlalchemy import select

from webapp.campaigns.models import Campaign, Recipient
from webapp.extensions import db


def placeholders(campaign: Campaign) -> list[str]:
    """Return the names that its texts can use."""
    values = db.session.scalar(
        select(Recipient.values).where(Recipient.campaign_id == campaign.id).limit(1)
    )
    return list(values or ())
