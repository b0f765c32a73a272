"""Who gets a campaign: its lists, live while they are read, and the rows that cannot be used."""

from typing import Any

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import BindParameter, String, bindparam, cast, func, select

from webapp.accounts import polls
from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.campaigns.audience import adding, bad_rows, showing
from webapp.campaigns.audience import stopping as stopping  # a stopped job stops its list
from webapp.campaigns.audience.problems import PROBLEMS
from webapp.campaigns.models import BadRow, Campaign, CampaignState, Source
from webapp.exports import asking
from webapp.extensions import db
from webapp.messages import watching
from webapp.pages import goes_to, render, say
from webapp.paging import page

bp = Blueprint("audience", __name__, url_prefix="/campaigns/<int:campaign_id>/audience")

_ID: BindParameter[int] = bindparam("campaign_id")
#: The campaign may change, and so may its lists and the jobs that read them.
CHANGES = (
    select(Campaign.version).where(Campaign.id == _ID).scalar_subquery()
    + select(func.coalesce(func.sum(Source.version), 0))
    .where(Source.campaign_id == _ID)
    .scalar_subquery()
    + watching.changes_of("campaign", cast(_ID, String))
)


@bp.get("")
@needs(Role.VIEWER)
@polls.polled(CHANGES)
def index(campaign_id: int) -> ResponseReturnValue:
    """Show where the recipients come from, live while a list is read."""
    version = polls.version()
    campaign = find(campaign_id)
    shown = showing.lists(campaign)
    return render(
        "campaigns/audience/index.html",
        block="live_part",
        campaign=campaign,
        lists=shown,
        version=version,
        interval_ms=showing.interval_of(shown),
        may_add=campaign.state != CampaignState.CANCELLED,
        may_remove=campaign.state == CampaignState.DRAFT,
    )


@bp.get("/<int:source_id>/bad-rows")
@needs(Role.VIEWER)
def bad(campaign_id: int, source_id: int) -> ResponseReturnValue:
    """List the rows of a list that cannot be used, each with its reason."""
    source, why = find_source(campaign_id, source_id), request.args.get("why", "")
    if why and why not in PROBLEMS:
        abort(404)
    return render(
        "campaigns/audience/bad_rows.html",
        source=source,
        title=showing.title(source),
        headings=bad_rows.headings(source),
        reasons=bad_rows.by_reason(source),
        why=why,
        page=page(bad_rows.of(source, why), BadRow.id),
        files=[
            one
            for one in asking.of(source.campaign)
            if one.export.args.get("source_id") == source.id
        ],
    )


@bp.post("/<int:source_id>/bad-rows/file")
@needs(Role.OPERATOR)
def bad_file(campaign_id: int, source_id: int) -> ResponseReturnValue:
    """Write them into a file, to be mended and uploaded again."""
    source = find_source(campaign_id, source_id)
    export = bad_rows.ask_for_file(source)
    db.session.commit()
    return goes_to(url_for("exports.show", export_id=export.id))


@bp.post("/<int:source_id>/read-on")
@needs(Role.OPERATOR)
def read_on(campaign_id: int, source_id: int) -> ResponseReturnValue:
    """Go on with a list whose reading was stopped."""
    _tell(adding.read_on, find_source(campaign_id, source_id))
    return goes_to(url_for(".index", campaign_id=campaign_id))


@bp.post("/<int:source_id>/remove")
@needs(Role.OPERATOR)
def remove(campaign_id: int, source_id: int) -> ResponseReturnValue:
    """Take a list out, with the recipients it brought."""
    _tell(adding.remove, find_source(campaign_id, source_id))
    say("The list is being removed.")
    return goes_to(url_for(".index", campaign_id=campaign_id))


def find(campaign_id: int) -> Campaign:
    """Return the campaign."""
    campaign: Campaign = db.get_or_404(Campaign, campaign_id)
    return campaign


def find_source(campaign_id: int, source_id: int) -> Source:
    """Return a list of the campaign."""
    query = select(Source).where(Source.id == source_id, Source.campaign_id == campaign_id)
    source: Source = db.first_or_404(query)
    return source


def _tell(what: Any, source: Source) -> None:
    try:
        what(source)
    except adding.NotNow as problem:
        db.session.rollback()
        abort(409, str(problem))
    db.session.commit()


from webapp.campaigns import audience_adding_views, audience_columns_views  # noqa: E402 - they need the blueprint

__all__ = ["audience_adding_views", "audience_columns_views", "bp"]
