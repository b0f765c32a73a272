"""A campaign that sends itself: read, checked and sent, each as soon as the one before is done."""

from webapp.accounts.acting import record
from webapp.campaigns import checking, starting
from webapp.campaigns.in_turn import being_read
from webapp.campaigns.models import Campaign, CampaignState
from webapp.campaigns.steps import steps
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.running import Ended, when_ended
from webapp.notices.endings import tell_of
from webapp.notices.models import Level

CONCERNED = (JobKind.AUDIENCE_READ, JobKind.CAMPAIGN_CHECK)


def ask(campaign: Campaign) -> None:
    """Let a draft be checked and sent by itself once its recipients have been read."""
    campaign.send_when_ready = True
    text = f"Let the campaign “{campaign.name}” be sent by itself once it is ready"
    record("campaign.sends_itself", text, about=campaign)


def go_on(ended: Ended) -> None:
    """Take the next step of a campaign that sends itself, when one of its jobs has ended."""
    if ended.kind not in CONCERNED:
        return
    job = db.session.get_one(Job, ended.id)
    campaign = _of(job)
    if campaign is None or not campaign.send_when_ready:
        return
    if ended.state != JobState.SUCCESS:
        _give_up(campaign, ended.error or "A step before it was stopped.")
    elif being_read(campaign.id):
        return  # another list of it has not ended
    elif missing := next((step.sentence for step in steps(campaign)[:2] if not step.done), None):
        _give_up(campaign, missing)
    elif not checking.is_fresh(campaign):
        checking.ask(campaign)
    else:
        _send(campaign)


def _of(job: Job) -> Campaign | None:
    if job.subject_type != "campaign" or not job.subject_id:
        return None
    campaign = db.session.get(Campaign, int(job.subject_id), populate_existing=True)
    return campaign if campaign and campaign.state == CampaignState.DRAFT else None


def _send(campaign: Campaign) -> None:
    try:
        starting.start(campaign)
    except starting.NotReady as problem:
        _give_up(campaign, str(problem))
    except starting.NotPossible:
        return  # somebody else was faster


def _give_up(campaign: Campaign, why: str) -> None:
    """Leave it a draft, and tell whoever wanted it sent."""
    campaign.send_when_ready = False
    tell_of(
        "campaign",
        str(campaign.id),
        "Not sent",
        f"It was to be sent by itself, and waits for you now. {why}",
        level=Level.WARN,
        key=f"campaign:{campaign.id}:not_sent:{campaign.version}",
    )


when_ended.append(go_on)
