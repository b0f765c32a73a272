"""The rehearsal of a campaign: how it would go, before anything leaves."""

from collections.abc import Callable

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import polls
from webapp.accounts.access import needs
from webapp.accounts.acting import record
from webapp.accounts.models import Role
from webapp.campaigns import forecasting, rehearsing, watching
from webapp.campaigns.live_views import changes, find, shown
from webapp.campaigns.models import Campaign
from webapp.campaigns.starting import NotPossible, NotReady
from webapp.extensions import db
from webapp.pages import goes_to, render, say

bp = Blueprint("rehearsal", __name__, url_prefix="/campaigns/<int:campaign_id>/rehearsal")


@bp.get("")
@needs(Role.VIEWER)
@polls.polled(changes(Campaign.rehearsal_id))
def show(campaign_id: int) -> ResponseReturnValue:
    """Offer a rehearsal, and show the last one, live while it runs."""
    version, campaign = polls.version(), find(campaign_id)
    return render(
        "campaigns/live/rehearsal.html",
        block="live_part",
        campaign=campaign,
        version=version,
        why_not=rehearsing.why_not(campaign),
        profiles=rehearsing.profiles(),
        expected=forecasting.forecast(campaign),
        **shown(watching.watch(campaign, campaign.rehearsal)),
    )


@bp.post("")
@needs(Role.OPERATOR)
def begin(campaign_id: int) -> ResponseReturnValue:
    """Rehearse it under the profile that was chosen."""
    profile = request.form.get("profile", "")
    if profile not in rehearsing.profiles():
        abort(400, "Choose what is to go wrong.")
    return _ask(
        campaign_id,
        lambda campaign: rehearsing.begin(campaign, profile),
        "The rehearsal begins. Nobody is reached.",
    )


@bp.post("/go-on")
@needs(Role.OPERATOR)
def go_on(campaign_id: int) -> ResponseReturnValue:
    """Let it go on, to see what else would happen."""
    return _ask(
        campaign_id, rehearsing.go_on, "The rehearsal goes on.", "campaign.rehearsal_continued"
    )


@bp.post("/stop")
@needs(Role.OPERATOR)
def stop(campaign_id: int) -> ResponseReturnValue:
    """End it."""
    return _ask(
        campaign_id, rehearsing.stop, "The rehearsal has ended.", "campaign.rehearsal_stopped"
    )


def _ask(
    campaign_id: int, wish: Callable[[Campaign], object], done: str, action: str | None = None
) -> ResponseReturnValue:
    campaign = find(campaign_id)
    try:
        wish(campaign)
    except (NotPossible, NotReady) as problem:
        db.session.rollback()
        abort(409, str(problem))
    if action:
        record(action, f"{done.rstrip('.')}: “{campaign.name}”", about=campaign)
    db.session.commit()
    say(done)
    return goes_to(url_for(".show", campaign_id=campaign_id))
