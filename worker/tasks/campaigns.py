"""What happens to a campaign outside of a page."""

from datetime import datetime
from typing import Any

from webapp.campaigns import (
    checking,
    clearing,
    ending,
    expanding,
    falling_back,
    retrying,
    scheduling,
    starting,
)
from webapp.campaigns.models import Campaign
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.running import Run
from webapp.messages.models import Batch
from worker.tasking import MORE, job_task

ending.register()
falling_back.register()


@job_task(JobKind.CAMPAIGN_CHECK)
def check(run: Run, campaign_id: int) -> Any:
    """Make every recipient's text once, and say who gets none."""
    campaign = db.session.get_one(Campaign, campaign_id)
    if not checking.check(run, campaign):
        return MORE
    return {"answer": checking.summary(campaign)}


@job_task(JobKind.CAMPAIGN_SEND)
def send(
    run: Run, campaign_id: int, batch_id: int | None = None, starts_at: str | None = None
) -> Any:
    """Write the messages of everybody who has none yet: for real, or for a rehearsal."""
    campaign = db.session.get_one(Campaign, campaign_id)
    if starts_at is not None:
        sentence = scheduling.start_on_time(campaign, datetime.fromisoformat(starts_at))
        if sentence is not None:
            return {"answer": sentence}
    if batch_id is not None and batch_id == campaign.rehearsal_id:
        clearing.forget_rehearsals(run, campaign)
    batch = db.session.get(Batch, batch_id) if batch_id else campaign.batch
    if batch is None:
        return {"answer": "There is nothing to write any more."}
    if not expanding.expand(run, campaign, batch):
        return MORE
    if expanding.goes_on_later(campaign, batch):
        starting.write_later(campaign, batch)
    elif batch.id == campaign.batch_id:
        ending.count_problems(campaign)
        ending.finish(batch.id)
    return {"answer": expanding.summary(campaign, batch)}


@job_task(JobKind.CAMPAIGN_CLEAR)
def clear(run: Run, campaign_id: int) -> dict[str, str]:
    """Take back what has not left of a campaign that was stopped."""
    taken = clearing.take_back(run, db.session.get_one(Campaign, campaign_id))
    return {"answer": f"Took back {taken:,} messages that had not left."}


@job_task(JobKind.CAMPAIGN_RETRY)
def retry(
    run: Run,
    campaign_id: int,  # noqa: ARG001 - names the campaign in the job's row
    batch_id: int,
    state: str,
    code: str = "",
    **so_far: Any,
) -> dict[str, str]:
    """Put back in the queue whom somebody asked to send to again."""
    batch = db.session.get_one(Batch, batch_id)
    put = retrying.put_back(run, batch, state, code, **so_far)
    return {"answer": f"{put:,} are sent to again."}
