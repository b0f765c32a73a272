"""Hold a campaign that is being sent, let it go on, or stop it for good."""

from webapp.accounts.acting import record
from webapp.campaigns.models import Campaign, CampaignState
from webapp.campaigns.starting import NotPossible
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.queue import enqueue
from webapp.messages import batches
from webapp.states import move

ENDED = {
    CampaignState.DONE: "This campaign is done: everything has left.",
    CampaignState.CANCELLED: "This campaign was stopped, and stays so.",
}


def pause(campaign: Campaign) -> None:
    """Let nothing more of it leave until somebody lets it go on. Raises NotPossible."""
    batch = campaign.batch
    if campaign.state != CampaignState.SENDING or batch is None or not batches.hold(batch):
        raise _not_possible(campaign, "It is paused already.")
    record("campaign.paused", f"Paused the campaign “{campaign.name}”", about=campaign)


def go_on(campaign: Campaign) -> None:
    """Let what was paused leave. Raises NotPossible."""
    batch = campaign.batch
    if campaign.state != CampaignState.SENDING or batch is None or not batches.go_on(batch):
        raise _not_possible(campaign, "It is not paused.")
    record("campaign.continued", f"Let the campaign “{campaign.name}” go on", about=campaign)


def cancel(campaign: Campaign) -> None:
    """Send nothing more of it; what has not left is taken back by a job. Raises NotPossible."""
    if not move(
        campaign, CampaignState.CANCELLED, expect=[CampaignState.SENDING], finished_at=now()
    ):
        raise _not_possible(campaign, "It is not being sent.")
    if campaign.batch is not None:
        batches.cancel(campaign.batch)
    enqueue(
        JobKind.CAMPAIGN_CLEAR,
        about=campaign,
        key=f"campaign:{campaign.id}",
        campaign_id=campaign.id,
    )
    record("campaign.cancelled", f"Stopped the campaign “{campaign.name}”", about=campaign)


def _not_possible(campaign: Campaign, otherwise: str) -> NotPossible:
    db.session.refresh(campaign)
    return NotPossible(ENDED.get(campaign.state, otherwise))
