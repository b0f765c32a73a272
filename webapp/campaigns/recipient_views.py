"""The pages of a campaign's recipients: who got it, who did not and why, again, and as a file."""

from typing import Any

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import String, bindparam, cast, select

from webapp.accounts import polls
from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.campaigns import exporting, recipients, retrying, standing, watching
from webapp.campaigns.live_views import find
from webapp.campaigns.models import Campaign, Recipient
from webapp.campaigns.recipients import Wanted
from webapp.campaigns.starting import NotPossible
from webapp.customers.contacts import one_line
from webapp.exports import asking
from webapp.exports.asking import changes_of
from webapp.extensions import db
from webapp.messages.models import Message
from webapp.messages.stopping import NAMES
from webapp.pages import goes_to, render, say

bp = Blueprint("recipients", __name__, url_prefix="/campaigns/<int:campaign_id>")


@bp.get("/recipients")
@needs(Role.VIEWER)
def index(campaign_id: int) -> ResponseReturnValue:
    """List the recipients, each with what became of the message to them."""
    campaign = find(campaign_id)
    wanted, rehearsed = _wanted(campaign)
    seen = watching.watch(campaign, recipients.batch_of(campaign, rehearsed=rehearsed))
    return render(
        "campaigns/live/recipients.html",
        block="list",
        campaign=campaign,
        page=recipients.listed(wanted),
        wanted=wanted,
        rehearsed=rehearsed,
        parts=seen.parts,
        reasons=seen.reasons,
    )


@bp.get("/recipients/<int:recipient_id>")
@needs(Role.VIEWER)
def show(campaign_id: int, recipient_id: int) -> ResponseReturnValue:
    """Show one recipient, and every attempt at reaching them."""
    campaign, who = find(campaign_id), db.session.get(Recipient, recipient_id)
    if who is None or who.campaign_id != campaign.id:
        abort(404)
    messages = db.session.scalars(
        select(Message)
        .where(Message.subject_type == "recipient", Message.subject_id == str(who.id))
        .order_by(Message.id.desc())
    ).all()
    return render(
        "campaigns/live/recipient.html",
        campaign=campaign,
        who=who,
        messages=[one for one in messages if one.batch_id == campaign.batch_id],
        rehearsed=[one for one in messages if one.batch_id != campaign.batch_id],
        problem=standing.problem_words(who.problem) if who.problem else None,
        names=NAMES,
    )


@bp.get("/retry")
@needs(Role.OPERATOR)
def retry_form(campaign_id: int) -> ResponseReturnValue:
    """Say who would be sent to again, and who would not, before it is done."""
    campaign = find(campaign_id)
    return _asked(campaign, request.args.get("state", ""), request.args.get("code", ""))


@bp.post("/retry")
@needs(Role.OPERATOR)
def retry(campaign_id: int) -> ResponseReturnValue:
    """Send again to just those."""
    campaign = find(campaign_id)
    state, code = request.form.get("state", ""), request.form.get("code", "")
    if state == "unknown" and not request.form.get("twice"):
        return _asked(campaign, state, code, error=TICK_FIRST)
    try:
        retrying.ask(campaign, state, code)
    except NotPossible as problem:
        db.session.rollback()
        abort(409, str(problem))
    db.session.commit()
    say("They are being sent to again.")
    return goes_to(url_for("campaigns.show", campaign_id=campaign_id))


TICK_FIRST = "Tick that they may get it twice, or leave it."


def _asked(
    campaign: Campaign, state: str, code: str, *, error: str | None = None
) -> ResponseReturnValue:
    if state not in retrying.STATES:
        abort(404)
    return render(
        "campaigns/live/retry.html",
        status=422 if error else 200,
        campaign=campaign,
        state=state,
        code=code,
        reach=retrying.reach(campaign, state, code),
        words=standing.explained(code, campaign.order) if code else None,
        error=error,
    )


@bp.get("/export")
@needs(Role.VIEWER)
@polls.polled(changes_of("campaign", cast(bindparam("campaign_id"), String)))
def exports(campaign_id: int) -> ResponseReturnValue:
    """List the files of this campaign, and offer another."""
    version, campaign = polls.version(), find(campaign_id)
    wanted, rehearsed = _wanted(campaign)
    files = asking.of(campaign)
    return render(
        "campaigns/live/exports.html",
        block="files",
        campaign=campaign,
        version=version,
        wanted=wanted,
        rehearsed=rehearsed,
        files=files,
        words=standing.WORDS,
        interval_ms=asking.interval_of(files),
    )


@bp.post("/export")
@needs(Role.OPERATOR)
def export(campaign_id: int) -> ResponseReturnValue:
    """Ask for a file of the recipients, with the filters of the list."""
    campaign = find(campaign_id)
    wanted, rehearsed = _wanted(campaign)
    asked = exporting.ask(campaign, wanted, rehearsed=rehearsed)
    db.session.commit()
    return goes_to(url_for("exports.show", export_id=asked.id))


def _wanted(campaign: Campaign) -> tuple[Wanted, bool]:
    """Return the filters of the address or the form, and whether the rehearsal is meant."""
    typed: Any = request.values
    state, rehearsed = typed.get("state", ""), bool(typed.get("rehearsal"))
    if state and state not in recipients.STATES:
        abort(404)
    batch = recipients.batch_of(campaign, rehearsed=rehearsed)
    words, code = one_line(typed.get("q")), typed.get("code", "")[:40]
    return Wanted(campaign.id, batch.id if batch else None, state, code, words), rehearsed
