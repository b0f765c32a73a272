"""The list of campaigns, and each one: a draft with its steps, a start to come, or the live page."""

from typing import Any, NamedTuple

from flask import Blueprint, abort, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import BindParameter, String, bindparam, cast, func, select

from webapp.accounts import polls
from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.campaigns import (
    checking,
    drafting,
    ending,
    falling_back,
    forecasting,
    listing,
    live_views,
    prices,
    words,
)
from webapp.campaigns import job_stopping as job_stopping  # says what a stopped job leaves
from webapp.campaigns.forms import NameForm
from webapp.campaigns.models import Campaign, CampaignState
from webapp.campaigns.steps import steps
from webapp.clock import now
from webapp.extensions import db
from webapp.messages import watching
from webapp.messages.models import Batch
from webapp.messages.stopping import NAMES
from webapp.messages.suppressing import BY
from webapp.notices import links as notice_links
from webapp.pages import goes_to, render, say
from webapp.paging import page

bp = Blueprint("campaigns", __name__, url_prefix="/campaigns")
for part in (words.span_words, words.end_words):
    bp.add_app_template_global(part)
ending.register()
falling_back.register()
notice_links.register("campaign", "campaigns.show", "campaign_id", called=listing.name_of)

_ID: BindParameter[int] = bindparam("campaign_id")
#: The campaign, its batches, its jobs and the tests that were sent of it may change.
CHANGES = (
    select(Campaign.version).where(Campaign.id == _ID).scalar_subquery()
    + select(func.coalesce(func.sum(Batch.version), 0))
    .where(Campaign.id == _ID, Batch.id.in_([Campaign.batch_id, Campaign.rehearsal_id]))
    .scalar_subquery()
    + watching.changes_of("campaign", cast(_ID, String))
)


@bp.get("")
@needs(Role.VIEWER)
def index() -> ResponseReturnValue:
    """List the campaigns, newest first."""
    shown = page(listing.listed(), Campaign.id)
    return render("campaigns/index.html", page=shown, progress=listing.progress)


@bp.get("/new")
@needs(Role.OPERATOR)
def new() -> ResponseReturnValue:
    """Ask for a name."""
    return render("campaigns/new.html", form=NameForm(), campaign=None)


@bp.post("/new")
@needs(Role.OPERATOR)
def create() -> ResponseReturnValue:
    """Begin a campaign."""
    form = NameForm(request.form)
    if not form.validate():
        return render("campaigns/new.html", form=form, campaign=None, status=422)
    campaign = drafting.add(form.name.data or "")
    db.session.commit()
    return goes_to(url_for(".show", campaign_id=campaign.id))


@bp.get("/<int:campaign_id>")
@needs(Role.VIEWER)
@polls.polled(CHANGES)
def show(campaign_id: int) -> ResponseReturnValue:
    """Show a draft with its steps, a start that is to come, or how far it is."""
    version = polls.version()
    campaign = db.get_or_404(Campaign, campaign_id)
    if campaign.state not in SHOWN:
        return live_views.render_live(campaign)
    watched, todo = watching.about(campaign), steps(campaign)
    return render(
        SHOWN[campaign.standing],
        block="live_part",
        campaign=campaign,
        version=version,
        watched=watched,
        steps=todo,
        next_step=next((step for step in todo if step.needed and not step.done), None),
        expected=forecasting.forecast(campaign),
        newer=newer(campaign),
        links=links(campaign),
        fresh=checking.is_fresh(campaign),
        sum_words=prices.sum_words,
        now=now(),
    )


class Link(NamedTuple):
    """A button of a step."""

    label: str
    href: str


def links(campaign: Campaign) -> dict[str, list[Link]]:
    """Return where each step of a draft is done, or looked at, for whoever may do that."""
    return {
        step: [
            Link(label, url_for(endpoint, campaign_id=campaign.id))
            for label, endpoint in buttons
            if current_user.can(access_of(endpoint))
        ]
        for step, buttons in LINKS.items()
    }


def access_of(endpoint: str) -> Role:
    """Return who may open a page."""
    view: Any = current_app.view_functions[endpoint]
    role: Role = view.access
    return role


LINKS = {
    "recipients": [("Choose recipients", "audience.index")],
    "texts": [("Choose texts", "campaigns.texts"), ("Look at each", "campaigns.preview")],
    "check": [("Check and forecast", "campaigns.check")],
    "rehearse": [("Rehearse", "rehearsal.show")],
}
SHOWN = {
    CampaignState.DRAFT: "campaigns/draft.html",
    CampaignState.SCHEDULED: "campaigns/scheduled.html",
    CampaignState.OVERDUE: "campaigns/overdue.html",
}


def newer(campaign: Campaign) -> list[Any]:
    """Return the channels whose template has a newer version, with that version."""
    found = ((channel, drafting.newer(campaign.text(channel))) for channel in campaign.order)
    return [(channel, version) for channel, version in found if version is not None]


@bp.get("/<int:campaign_id>/name")
@needs(Role.OPERATOR)
def name(campaign_id: int) -> ResponseReturnValue:
    """Ask for another name."""
    campaign = draft_or_409(campaign_id)
    return render("campaigns/new.html", form=NameForm(obj=campaign), campaign=campaign)


@bp.post("/<int:campaign_id>/name")
@needs(Role.OPERATOR)
def rename(campaign_id: int) -> ResponseReturnValue:
    """Give it another name."""
    campaign, form = draft_or_409(campaign_id), NameForm(request.form)
    if not form.validate():
        return render("campaigns/new.html", form=form, campaign=campaign, status=422)
    stored(drafting.rename, campaign, form.name.data or "")
    say("Saved.")
    return goes_to(url_for(".show", campaign_id=campaign_id))


def draft_or_409(campaign_id: int) -> Campaign:
    """Return a draft; anything else can no longer be changed."""
    campaign: Campaign = db.get_or_404(Campaign, campaign_id)
    if campaign.state != CampaignState.DRAFT:
        abort(409, drafting.CHANGED_TOO_LATE)
    return campaign


def stored(change: Any, *values: Any) -> None:
    """Change a draft and commit, or say that it is none any more."""
    try:
        change(*values)
    except drafting.NotADraft as problem:
        db.session.rollback()
        abort(409, str(problem))
    db.session.commit()


def names() -> dict[str, Any]:
    """Return the channels' names for templates."""
    return {"names": NAMES, "by": BY}


from webapp.campaigns import check_views, price_views, send_views, text_views  # noqa: E402 - they need the blueprint

__all__ = ["bp", "check_views", "price_views", "send_views", "text_views"]
