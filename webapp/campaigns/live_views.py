"""The pages of a campaign that has been sent: how it goes, and what became of everybody."""

from collections.abc import Callable
from typing import Any, NamedTuple

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
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from webapp.accounts import polls
from webapp.accounts.access import needs
from webapp.accounts.acting import record
from webapp.accounts.models import Role
from webapp.campaigns import charting, comparing, pausing, prices, watching
from webapp.campaigns.models import Campaign
from webapp.campaigns.starting import NotPossible
from webapp.extensions import db
from webapp.jobs.models import Job
from webapp.messages import limiting
from webapp.messages.channels import Channel
from webapp.messages.models import Batch, ChannelState
from webapp.messages.stopping import NAMES
from webapp.pages import goes_to, render, say

bp = Blueprint("live", __name__, url_prefix="/campaigns/<int:campaign_id>")

_ID: BindParameter[int] = bindparam("campaign_id")


def changes(batch_id: InstrumentedAttribute[int | None]) -> ColumnElement[int]:
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


CHANGES = changes(Campaign.batch_id)


class LimitForm(NamedTuple):
    """What was typed as a channel's limit, and what is wrong with it."""

    channel: str
    typed: str
    error: str


def render_live(
    campaign: Campaign, *, version: str | None = None, limit_form: LimitForm | None = None
) -> Response:
    """Answer with the page of a campaign that is no draft any more."""
    if version is None:
        version = str(db.session.scalar(select(CHANGES), {"campaign_id": campaign.id}))
        db.session.refresh(campaign)
    seen = watching.watch(campaign, campaign.batch)
    return render(
        "campaigns/live/show.html",
        block="live_part",
        status=422 if limit_form else 200,
        campaign=campaign,
        version=version,
        limit_form=limit_form,
        comparison=comparing.compare(campaign, campaign.batch) if seen.over else [],
        **shown(seen),
    )


def shown(seen: watching.Watched) -> dict[str, Any]:
    """Return what a page shows of a batch, for real or rehearsed."""
    batch = seen.batch
    bill = prices.bill(batch.billed) if batch and batch.billed else []
    return {
        "seen": seen,
        "names": NAMES,
        "segments": charting.segments([part.number for part in seen.parts]),
        "reasons": seen.reasons,
        "course": charting.course(batch.history if batch else []),
        "bill": bill,
        "bill_words": bill_words(bill),
    }


def bill_words(bill: list[prices.Line]) -> str:
    """Say what it costs, and what has no price."""
    unpriced = sum(line.units for line in bill if line.price is None)
    if unpriced == sum(line.units for line in bill):
        return f"{unpriced:,} charged, no price is known"
    words = prices.sum_words(prices.total(bill))
    return f"{words}, and {unpriced:,} without a price" if unpriced else words


@bp.get("/progress")
@needs(Role.VIEWER)
@polls.polled(CHANGES, shared=True)
def progress(campaign_id: int) -> ResponseReturnValue:
    """Show how a campaign goes, live while anything moves."""
    version = polls.version()
    campaign = find(campaign_id, joinedload(Campaign.batch))
    if campaign.state not in watching.BEGUN:
        return goes_to(url_for("campaigns.show", campaign_id=campaign_id))
    return render_live(campaign, version=version)


@bp.post("/pause")
@needs(Role.OPERATOR)
def pause(campaign_id: int) -> ResponseReturnValue:
    """Let nothing more leave until somebody lets it go on."""
    return _ask(
        campaign_id, pausing.pause, "Paused. What is being handed over this moment still leaves."
    )


@bp.post("/go-on")
@needs(Role.OPERATOR)
def go_on(campaign_id: int) -> ResponseReturnValue:
    """Let what was paused leave."""
    return _ask(campaign_id, pausing.go_on, "It goes on.")


@bp.post("/stop")
@needs(Role.OPERATOR)
def stop(campaign_id: int) -> ResponseReturnValue:
    """Send nothing more of it."""
    return _ask(campaign_id, pausing.cancel, "Stopped. Nothing more leaves.")


@bp.post("/limit")
@needs(Role.OPERATOR)
def limit(campaign_id: int) -> ResponseReturnValue:
    """Change how many messages a channel may send in a minute."""
    campaign = find(campaign_id)
    name, typed = request.form.get("channel", ""), request.form.get("per_minute", "").strip()
    if name not in set(Channel):
        abort(404)
    if not typed.isascii() or not typed.isdigit() or int(typed) > MOST_A_MINUTE:
        error = f"Write a whole number from 0 to {MOST_A_MINUTE:,}; 0 means as many as possible."
        return render_live(campaign, limit_form=LimitForm(name, typed, error))
    channel, number = Channel(name), int(typed)
    limiting.set_per_minute(channel, number)
    words = f"at most {number:,} a minute" if number else "as fast as it can"
    record("channel.limited", f"{NAMES[channel]} sends {words}", channel=name, per_minute=number)
    db.session.commit()
    say(f"{NAMES[channel]} sends {words} from now on.")
    return goes_to(url_for("campaigns.show", campaign_id=campaign_id))


MOST_A_MINUTE = 1_000_000


def find(campaign_id: int, *options: Any) -> Campaign:
    """Return the campaign of the address."""
    campaign: Campaign = db.get_or_404(Campaign, campaign_id, options=options)
    return campaign


def _ask(campaign_id: int, wish: Callable[[Campaign], None], done: str) -> ResponseReturnValue:
    try:
        wish(find(campaign_id))
    except NotPossible as problem:
        db.session.rollback()
        abort(409, str(problem))
    db.session.commit()
    say(done)
    return goes_to(url_for("campaigns.show", campaign_id=campaign_id))
