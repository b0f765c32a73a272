"""How a campaign begins to be sent: once, however often and by however many it is asked for."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from webapp.accounts.acting import record
from webapp.campaigns import checking, forecasting
from webapp.campaigns.ending import reopen
from webapp.campaigns.models import NOT_SENT, Campaign, CampaignState, Expansion
from webapp.campaigns.steps import steps
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.acting import asking
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import WAITING, Job
from webapp.jobs.queue import enqueue
from webapp.messages import batches
from webapp.messages.models import Batch
from webapp.states import move

A_WHILE = timedelta(seconds=15)


class NotReady(Exception):
    """Something is missing before it can be sent; the text says what."""


class CheckFirst(NotReady):
    """Texts or recipients have changed since they were checked."""


class NotPossible(Exception):
    """It is not in a state in which that can be asked; the text says why."""


class AlreadySent(NotPossible):
    """Somebody else, or a second click, was faster: it is being sent."""


def require_ready(campaign: Campaign) -> None:
    """Raise NotReady when it cannot be sent yet, with the first thing that is missing."""
    for step in steps(campaign):
        if step.needed and not step.done:
            stale = step.key == "check" and not checking.is_fresh(campaign)
            raise (CheckFirst if stale else NotReady)(step.sentence)


def start(campaign: Campaign) -> Batch:
    """Send it now. Raises NotReady, and AlreadySent when it is on its way already."""
    if campaign.state not in NOT_SENT:
        raise _too_late(campaign)
    require_ready(campaign)
    batch = begin(campaign, NOT_SENT, starts_at=None)
    if batch is None:
        raise _too_late(campaign)
    forget_schedule(campaign)
    write_messages(campaign)
    count = campaign.findings.get("good", campaign.total)
    record(
        "campaign.sent", f"Sent the campaign “{campaign.name}” to {count:,} people", about=campaign
    )
    return batch


def begin(campaign: Campaign, expect: Any, **also: Any) -> Batch | None:
    """Move it to sending and open its batch; None when somebody was faster."""
    if not move(campaign, CampaignState.SENDING, expect=expect, started_at=now(), **also):
        return None
    campaign.findings = {**campaign.findings, "forecast": forecasting.stored(campaign)}
    batch = batches.open_batch(
        campaign, quiet_from=campaign.quiet_from, quiet_until=campaign.quiet_until
    )
    db.session.flush()
    campaign.batch_id = batch.id
    db.session.add(Expansion(batch_id=batch.id))
    db.session.flush()
    return batch


def write_messages(campaign: Campaign) -> Job:
    """Ask for the messages of whoever has none yet."""
    return enqueue(
        JobKind.CAMPAIGN_SEND,
        about=campaign,
        key=f"campaign:{campaign.id}",
        campaign_id=campaign.id,
    )


def write_later(campaign: Campaign, batch: Batch) -> None:
    """Ask for the rest of the messages in a while, because recipients are being read just now."""
    moment = now() + A_WHILE
    enqueue(
        JobKind.CAMPAIGN_SEND,
        about=campaign,
        key=f"batch:{batch.id}:{moment.timestamp():.0f}",
        run_at=moment,
        campaign_id=campaign.id,
        batch_id=batch.id,
    )


def forget_schedule(campaign: Campaign) -> None:
    """Take back the jobs that were to start it; one that begins just now finds another time and ends."""
    jobs = db.session.scalars(
        select(Job).where(
            Job.subject_type == "campaign",
            Job.subject_id == str(campaign.id),
            Job.kind == JobKind.CAMPAIGN_SEND,
            Job.state.in_(WAITING),
        )
    )
    for job in jobs.all():
        if "starts_at" in job.args:
            with suppress(asking.NotPossible):
                asking.cancel(job, by_hand=False)


def more_recipients(campaign: Campaign) -> bool:
    """Write to recipients who were added while, or after, it was sent. False when it is not sent yet."""
    if campaign.batch is None or campaign.batch.cancelled_at is not None:
        return False
    reopen(campaign.batch.id)
    write_messages(campaign)
    return True


def rehearse(campaign: Campaign, profile: str) -> Batch:
    """Send it to the sandbox under a fault profile: the same path, and nobody gets anything.

    Without quiet hours, so that it ends. Raises NotReady, and NotPossible while one is running.
    """
    if campaign.state != CampaignState.DRAFT:
        raise NotPossible("It is no longer a draft, so there is nothing left to rehearse.")
    for step in steps(campaign):
        if step.needed and not step.done and step.key != "check":
            raise NotReady(step.sentence)
    if campaign.rehearsal is not None:
        batches.cancel(campaign.rehearsal)
    batch = batches.open_batch(campaign, rehearsal=profile)
    db.session.flush()
    if not move(campaign, CampaignState.DRAFT, expect=[CampaignState.DRAFT], rehearsal_id=batch.id):
        raise NotPossible("It is no longer a draft, so there is nothing left to rehearse.")
    db.session.add(Expansion(batch_id=batch.id))
    enqueue(
        JobKind.CAMPAIGN_SEND,
        about=campaign,
        key=f"rehearsal:{batch.id}",
        campaign_id=campaign.id,
        batch_id=batch.id,
    )
    record(
        "campaign.rehearsed",
        f"Rehearsed the campaign “{campaign.name}”",
        about=campaign,
        profile=profile,
    )
    return batch


def _too_late(campaign: Campaign) -> NotPossible:
    """Return why it cannot be sent, as it stands now."""
    db.session.refresh(campaign)
    if campaign.state in {CampaignState.SENDING, CampaignState.DONE}:
        return AlreadySent("This campaign is already on its way: it is sent once.")
    return NotPossible("This campaign was stopped, so it cannot be sent any more.")
