"""Rehearsals: which can be chosen, and what is said where there can be none."""

from webapp.campaigns import starting
from webapp.campaigns.models import Campaign, CampaignState
from webapp.campaigns.starting import NotPossible
from webapp.extensions import settings
from webapp.messages import batches
from webapp.messages.channels import rehearsing
from webapp.messages.channels.rehearsing import PROFILES, Profile
from webapp.messages.models import Batch

NO_SANDBOX = (
    "There is no sandbox here, so nothing can be rehearsed. "
    "Ask whoever looks after the server to set SANDBOX_URL."
)


def why_not(campaign: Campaign) -> str | None:
    """Return why a campaign cannot be rehearsed now, in words; None when it can."""
    if not rehearsing.possible(settings()):
        return NO_SANDBOX
    if campaign.state != CampaignState.DRAFT:
        return "It is no longer a draft, so there is nothing left to rehearse."
    return None


def profiles() -> dict[str, Profile]:
    """Return what can go wrong in a rehearsal, by name."""
    return PROFILES


def begin(campaign: Campaign, profile: str) -> Batch:
    """Send it to the sandbox under a profile. Raises starting.NotReady and NotPossible."""
    if reason := why_not(campaign):
        raise NotPossible(reason)
    return starting.rehearse(campaign, profile)


def go_on(campaign: Campaign) -> None:
    """Let a rehearsal that has paused itself go on, to see what else would happen. Raises NotPossible."""
    if campaign.rehearsal is None or not batches.go_on(campaign.rehearsal):
        raise NotPossible("The rehearsal is not paused.")


def stop(campaign: Campaign) -> None:
    """End a rehearsal. Raises NotPossible."""
    if campaign.rehearsal is None or not batches.cancel(campaign.rehearsal):
        raise NotPossible("There is no rehearsal to be stopped.")
