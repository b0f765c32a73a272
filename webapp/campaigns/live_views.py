"""The pages of a campaign that has been sent: how it goes, and what became of everybody."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    String,
    bindparam,
    case,
    cast,
    func,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute

from webapp.accounts import polls
from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.campaigns import charting, costing, standing, watching
from webapp.campaigns.models import Campaign, CampaignState
from webapp.extensions import db
from webapp.jobs.models import Job
from webapp.messages.models import Batch, ChannelState
from webapp.messages.stopping import NAMES
from webapp.pages import render

bp = Blueprint("live", __name__, url_prefix="/campaigns/<int:campaign_id>")

_ID: BindParameter[int] = bindparam("campaign_id")


def _changes(batch_id: InstrumentedAttribute[int | None]) -> ColumnElement[int]:
    """Return what grows with each change to a campaign, one of its batches, and its jobs.

    A channel that is stopped or has another limit has no version: it counts so much that the
    others cannot make up for it in the same moment.
    """
    campaign = select(Campaign.version).where(Campaign.id == _ID).scalar_subquery()
    batch = (
        select(Batch.version).join(Campaign, batch_id == Batch.id).where(Campaign.id == _ID)
    ).scalar_subquery()
    jobs = (
        select(func.coalesce(func.sum(Job.version), 0))
        .where(Job.subject_type == "campaign", Job.subject_id == cast(_ID, String))
        .scalar_subquery()
    )
    stopped = case((ChannelState.stopped_at.is_not(None), 10**9), else_=0)
    limits = cast(func.coalesce(ChannelState.per_minute, -1), BigInteger) * 10**10
    channels = select(func.coalesce(func.sum(stopped + limits), 0)).scalar_subquery()
    return campaign + func.coalesce(batch, 0) + jobs + cast(channels, BigInteger)


CHANGES = _changes(Campaign.batch_id)


def render_live(
    campaign: Campaign, *, version: str | None = None, status: int = 200, **more: Any
) -> Response:
    """Answer with the page of a campaign that is no draft any more."""
    if version is None:
        version = str(db.session.scalar(select(CHANGES), {"campaign_id": campaign.id}))
        db.session.refresh(campaign)
    seen = watching.watch(campaign, campaign.batch)
    return render(
        "campaigns/live/show.html",
        block="live_part",
        status=status,
        campaign=campaign,
        seen=seen,
        reasons=standing.reasons(seen.batch, seen.unsendable, watching.order(campaign)),
        course=charting.course(seen.batch.history) if seen.batch else None,
        cost=costing.cost(seen.batch.billed) if seen.batch else None,
        names=NAMES,
        version=version,
        **more,
    )


@bp.get("/progress")
@needs(Role.VIEWER)
@polls.polled(CHANGES)
def progress(campaign_id: int) -> ResponseReturnValue:
    """Show how a campaign goes, live while anything moves."""
    return render_live(_find(campaign_id), version=polls.version())
