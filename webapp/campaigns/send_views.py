"""The pages by which a campaign is sent, now or at a time."""

from datetime import timedelta
from zoneinfo import available_timezones

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import polls
from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.campaigns import checking, forecasting, prices, scheduling, starting
from webapp.campaigns.forms import StartForm
from webapp.campaigns.models import NOT_SENT, Campaign
from webapp.campaigns.scheduling import NotATime
from webapp.campaigns.starting import AlreadySent, CheckFirst, NotPossible, NotReady
from webapp.campaigns.views import CHANGES, bp, names
from webapp.clock import now
from webapp.extensions import db
from webapp.messages import watching
from webapp.pages import goes_to, render, say


@bp.get("/<int:campaign_id>/send")
@needs(Role.OPERATOR)
@polls.polled(CHANGES)
def confirm(campaign_id: int) -> ResponseReturnValue:
    """Say to how many, by what, for how much and until when, before it is sent."""
    version = polls.version()
    campaign = _not_sent(campaign_id)
    return _page(campaign, _usual(campaign), version, block="live_part")


@bp.post("/<int:campaign_id>/send")
@needs(Role.OPERATOR)
def send(campaign_id: int) -> ResponseReturnValue:
    """Send it: once, however often the button is pressed."""
    campaign = db.get_or_404(Campaign, campaign_id)
    try:
        starting.start(campaign)
    except AlreadySent:
        db.session.rollback()
        say("It is on its way already, and is sent once.", "info")
        return goes_to(url_for(".show", campaign_id=campaign_id))
    except NotPossible as problem:
        db.session.rollback()
        abort(409, str(problem))
    except NotReady as problem:
        return _refused(campaign_id, problem)
    db.session.commit()
    say("It is being sent. You can pause or stop it here at any time.")
    return goes_to(url_for(".show", campaign_id=campaign_id))


@bp.post("/<int:campaign_id>/schedule")
@needs(Role.OPERATOR)
def schedule(campaign_id: int) -> ResponseReturnValue:
    """Have it start by itself at a time."""
    campaign, form = _not_sent(campaign_id), StartForm(request.form)
    if not form.validate():
        return _page(campaign, form, "0", status=422)
    try:
        start = scheduling.read_start(*form.when)
        scheduling.schedule(campaign, start.moment, form.zone.data or "UTC")
    except NotATime as problem:
        form[problem.field].errors = [str(problem)]
        return _page(campaign, form, "0", status=422)
    except NotReady as problem:
        return _refused(campaign_id, problem)
    except NotPossible as problem:
        db.session.rollback()
        abort(409, str(problem))
    db.session.commit()
    say(f"It starts by itself. {start.note}".strip())
    return goes_to(url_for(".show", campaign_id=campaign_id))


@bp.post("/<int:campaign_id>/unschedule")
@needs(Role.OPERATOR)
def unschedule(campaign_id: int) -> ResponseReturnValue:
    """Do not let it start: it is a draft again."""
    campaign = db.get_or_404(Campaign, campaign_id)
    try:
        scheduling.unschedule(campaign)
    except NotPossible as problem:
        db.session.rollback()
        abort(409, str(problem))
    db.session.commit()
    say("It does not start by itself any more.")
    return goes_to(url_for(".show", campaign_id=campaign_id))


def _not_sent(campaign_id: int) -> Campaign:
    campaign: Campaign = db.get_or_404(Campaign, campaign_id)
    if campaign.state not in NOT_SENT:
        abort(409, "This campaign has been sent. It is sent once.")
    return campaign


def _refused(campaign_id: int, problem: NotReady) -> ResponseReturnValue:
    """Show the page again, with what is missing; a stale check is asked for at once."""
    db.session.rollback()
    campaign = db.get_or_404(Campaign, campaign_id)
    if isinstance(problem, CheckFirst):
        checking.ask(campaign)
        db.session.commit()
    return _page(campaign, _usual(campaign), "0", problem=str(problem), status=422)


def _usual(campaign: Campaign) -> StartForm:
    """Return the form with the start that was said, else tomorrow morning."""
    start = campaign.starts_at or now() + timedelta(days=1)
    here = start.astimezone(campaign.tz)
    if campaign.starts_at is None:
        here = here.replace(hour=10, minute=0)
    return StartForm(data={"day": here.date(), "time": here.time(), "zone": campaign.zone})


def _page(
    campaign: Campaign,
    form: StartForm,
    version: str,
    *,
    problem: str | None = None,
    block: str | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    missing = None
    try:
        starting.require_ready(campaign)
    except NotReady as found:
        missing = found
    return render(
        "campaigns/send.html",
        block=block,
        campaign=campaign,
        form=form,
        version=version,
        watched=watching.about(campaign),
        problem=problem,
        missing=missing,
        check_first=isinstance(missing, CheckFirst),
        expected=forecasting.forecast(campaign, now()),
        sum_words=prices.sum_words,
        zones=sorted(available_timezones()),
        now=now(),
        status=status,
        **names(),
    )
