"""When a campaign is done, and when it goes on after all."""

from collections.abc import Mapping

from sqlalchemy import exists, func, select, update

from webapp.campaigns import standing
from webapp.campaigns.models import (
    Campaign,
    CampaignState,
    Expansion,
    Recipient,
    Source,
    SourceState,
)
from webapp.clock import now
from webapp.extensions import db
from webapp.messages import tallying
from webapp.messages.models import IN_THE_WAY, Batch, Message
from webapp.notices.endings import tell_of
from webapp.notices.models import Level
from webapp.states import rows_changed, stands

_READING = exists().where(Source.campaign_id == Campaign.id, Source.state == SourceState.READING)
_LEFT = exists().where(
    Recipient.campaign_id == Campaign.id,
    Recipient.id
    > func.coalesce(
        # Of the campaign of the UPDATE, two levels up: not found by itself there.
        select(Expansion.reached)
        .where(Expansion.batch_id == Campaign.batch_id)
        .correlate(Campaign)
        .scalar_subquery(),
        0,
    ),
)
#: Each state by itself: there is an index for either.
_WAITING, _LEAVING = (
    exists().where(Message.batch_id == Campaign.batch_id, stands(Message.state, state))
    for state in IN_THE_WAY
)


#: Somebody should look at these.
MISSED = ("failed", "unknown")


def finish(batch_id: int) -> bool:
    """Call the campaign of a batch done when everybody was written to and nothing waits any more.

    Messages whose fate is not known do not keep it open. Whoever had it sent is told. The caller
    commits.
    """
    done = db.session.execute(
        update(Campaign)
        .where(
            Campaign.batch_id == batch_id,
            Campaign.state == CampaignState.SENDING,
            ~_READING,
            ~_LEFT,
            ~_WAITING,
            ~_LEAVING,
        )
        .values(state=CampaignState.DONE, finished_at=now(), version=Campaign.version + 1)
        .execution_options(synchronize_session=False)
    )
    if rows_changed(done) != 1:
        return False
    _tell(batch_id)
    return True


def count_problems(campaign: Campaign) -> None:
    """Keep with a campaign how many get nothing and why, as the recipients stand now."""
    counted = (
        select(Recipient.problem, func.count().label("number"))
        .where(Recipient.campaign_id == campaign.id, Recipient.problem.is_not(None))
        .group_by(Recipient.problem)
    )
    found = {row.problem: row.number for row in db.session.execute(counted)}
    if found != campaign.findings.get("problems"):
        campaign.findings = {**campaign.findings, "problems": found}
        campaign.version += 1


def _tell(batch_id: int) -> None:
    campaign = db.session.scalars(
        select(Campaign)
        .where(Campaign.batch_id == batch_id)
        .execution_options(populate_existing=True)
    ).one()
    batch = db.session.get_one(Batch, batch_id, populate_existing=True)
    parts = standing.parts(batch, campaign.total, standing.unsendable(campaign), over=True)
    missed = any(part.number for part in parts if part.key in MISSED)
    tell_of(
        "campaign",
        str(campaign.id),
        "Sent",
        ", ".join(f"{part.word.lower()}: {part.number:,}" for part in parts if part.number),
        level=Level.WARN if missed else Level.OK,
        # Sent again to those who did not get it, it ends again.
        key=f"campaign:{campaign.id}:{(campaign.finished_at or now()).timestamp():.0f}",
    )


def register() -> None:
    """Have campaigns end when the last of their messages has left."""
    if after_count not in tallying.when_tallied:
        tallying.when_tallied.append(after_count)


def after_count(batch_id: int, counts: Mapping[str, int]) -> None:
    """Look whether a campaign is done, whenever its messages were counted and none waits."""
    if not any(counts.get(state) for state in IN_THE_WAY):
        finish(batch_id)


def reopen(batch_id: int) -> bool:
    """Let a campaign that was done go on, because there is something to send again."""
    again = db.session.execute(
        update(Campaign)
        .where(Campaign.batch_id == batch_id, Campaign.state == CampaignState.DONE)
        .values(state=CampaignState.SENDING, finished_at=None, version=Campaign.version + 1)
        .execution_options(synchronize_session=False)
    )
    return rows_changed(again) == 1
