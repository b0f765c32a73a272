"""The page on which a campaign is checked, what it costs, how long it takes, and how fast it may go."""

from datetime import time

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import polls
from webapp.accounts.access import needs
from webapp.accounts.acting import record
from webapp.accounts.models import Role
from webapp.campaigns import checking, drafting, forecasting, prices
from webapp.campaigns.composing import PROBLEMS
from webapp.campaigns.forms import QuietForm, RateForm
from webapp.campaigns.models import NOT_SENT, Campaign
from webapp.campaigns.steps import steps
from webapp.campaigns.views import CHANGES, bp, draft_or_409, names, stored
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.messages import limiting, watching
from webapp.messages.channels import Channel
from webapp.messages.stopping import NAMES
from webapp.pages import goes_to, render, say


@bp.get("/<int:campaign_id>/check")
@needs(Role.VIEWER)
@polls.polled(CHANGES)
def check(campaign_id: int) -> ResponseReturnValue:
    """Show what the last check found, the forecast, and the check that is running."""
    campaign = db.get_or_404(Campaign, campaign_id)
    version = polls.version()
    return _page(campaign, version, block="live_part")


@bp.post("/<int:campaign_id>/check")
@needs(Role.OPERATOR)
def run_check(campaign_id: int) -> ResponseReturnValue:
    """Have every recipient checked."""
    campaign = db.get_or_404(Campaign, campaign_id)
    if campaign.state not in NOT_SENT:
        abort(409, "This campaign has been sent, so there is nothing left to check.")
    missing = next((s.sentence for s in steps(campaign)[:2] if not s.done), None)
    if missing:
        abort(409, missing)
    checking.ask(campaign)
    db.session.commit()
    return goes_to(url_for(".check", campaign_id=campaign_id))


@bp.post("/<int:campaign_id>/quiet")
@needs(Role.OPERATOR)
def keep_quiet(campaign_id: int) -> ResponseReturnValue:
    """Set the hours in which recipients are left in peace."""
    campaign, form = draft_or_409(campaign_id), QuietForm(request.form)
    if not form.validate():
        return _page(campaign, "0", quiet=form, status=422)
    stored(drafting.keep_quiet, campaign, *form.values())
    say("Saved.")
    return goes_to(url_for(".check", campaign_id=campaign_id) + "#pace")


@bp.post("/<int:campaign_id>/pace/<channel>")
@needs(Role.OPERATOR)
def set_pace(campaign_id: int, channel: str) -> ResponseReturnValue:
    """Set how many messages may leave by a channel in a minute: of all campaigns together."""
    campaign, form = db.get_or_404(Campaign, campaign_id), RateForm(request.form)
    if channel not in set(Channel):
        abort(404)
    one = Channel(channel)
    if not form.validate():
        return _page(campaign, "0", rates={one: form}, status=422)
    number = form.per_minute.data or 0
    limiting.set_per_minute(one, number)
    words = f"{number:,} a minute" if number else "as fast as it can"
    record("channel.pace", f"{NAMES[one]} may send campaigns at {words}", per_minute=number)
    db.session.commit()
    say("Saved.")
    return goes_to(url_for(".check", campaign_id=campaign_id) + "#pace")


def _page(
    campaign: Campaign,
    version: str,
    *,
    quiet: QuietForm | None = None,
    rates: dict[Channel, RateForm] | None = None,
    block: str | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    watched = watching.about(campaign)
    shown = {
        channel: RateForm(data={"per_minute": limiting.per_minute(channel)})
        for channel in campaign.order
    } | (rates or {})
    for channel, form in shown.items():  # several of them stand on one page
        form.per_minute.id = f"per_minute_{channel}"
    return render(
        "campaigns/check.html",
        block=block,
        campaign=campaign,
        version=version,
        checks=[job for job in watched.jobs if job.kind == JobKind.CAMPAIGN_CHECK][:1],
        interval_ms=watched.interval_ms,
        fresh=checking.is_fresh(campaign),
        ready=all(step.done for step in steps(campaign)[:2]),
        expected=forecasting.forecast(campaign),
        quiet=quiet or _quiet(campaign),
        rates=shown,
        reasons=PROBLEMS,
        sum_words=prices.sum_words,
        price_words=prices.words_for,
        country_words=prices.country_words,
        now=now(),
        status=status,
        **names(),
    )


def _quiet(campaign: Campaign) -> QuietForm:
    begin, end = campaign.quiet_from or "21:00", campaign.quiet_until or "09:00"
    clocks = {"begin": time.fromisoformat(begin), "end": time.fromisoformat(end)}
    return QuietForm(data={"on": campaign.quiet_from is not None, **clocks})
