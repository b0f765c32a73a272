"""The list of campaigns, with a word about how far each is."""

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from webapp.campaigns.models import Campaign, CampaignState
from webapp.extensions import db
from webapp.messages.models import IN_THE_WAY, MessageState


def listed() -> Select[Campaign]:
    """Select the campaigns with what the list shows of them."""
    return select(Campaign).options(joinedload(Campaign.batch))


def name_of(campaign_id: str) -> str | None:
    """Return what a campaign is called."""
    return db.session.scalar(select(Campaign.name).where(Campaign.id == int(campaign_id)))


def progress(campaign: Campaign) -> str:
    """Return how far it is, in a word or two; no row of a message is read for that."""
    if campaign.batch is None:
        people = "1 person" if campaign.total == 1 else f"{campaign.total:,} people"
        return people if campaign.total else "Nobody yet"
    counts = campaign.batch.counts
    written = sum(counts.values())
    left = sum(counts.get(state.value, 0) for state in IN_THE_WAY)
    whole = max(written, campaign.findings.get("good", 0))
    if campaign.state == CampaignState.SENDING:
        return f"{written - left:,} of {whole:,}"
    failed = counts.get(MessageState.FAILED.value, 0)
    done = f"{written - left:,} of {whole:,} left" if left else f"{written:,} messages"
    return f"{done}, {failed:,} failed" if failed else done
