"""Campaigns: made with their texts and recipients, checked, sent, held, stopped."""

from collections.abc import Callable
from typing import Any

from flask import Response, url_for
from werkzeug.datastructures import MultiDict

from webapp.accounts.scopes import Scope
from webapp.api import composing, tasks
from webapp.api.campaign_schemas import CampaignSchema, Given, MoreRecipients, NewCampaign
from webapp.api.errors import BadFields, not_possible, refuse
from webapp.api.operations import View, operation
from webapp.api.repeating import Made, once
from webapp.campaigns import checking, drafting, going_through, pausing, starting, watching
from webapp.campaigns.audience import adding, selecting
from webapp.campaigns.audience.countries import countries
from webapp.campaigns.audience.forms import CustomersForm
from webapp.campaigns.in_turn import being_read
from webapp.campaigns.models import NOT_SENT, Campaign
from webapp.campaigns.starting import AlreadySent, CheckFirst, NotPossible, NotReady
from webapp.campaigns.steps import steps
from webapp.extensions import db, settings
from webapp.jobs.models import UNFINISHED, Job

TAG = "Campaigns"
SENT = "This campaign has been sent, so there is nothing left to check."
SCOPE = Scope.CAMPAIGNS_WRITE
STATE = {409: "It does not stand so that this can be asked; `error` says why."}


def asked_of_one(wish: str, status: int = 200) -> Callable[[View], View]:
    """Declare a route by which something is asked of a campaign, which it then shows."""
    return operation(
        f"/campaigns/<int:campaign_id>/{wish}",
        SCOPE,
        out=CampaignSchema,
        post=True,
        status=status,
        tag=TAG,
        also=STATE,
    )


@operation(
    "/campaigns",
    SCOPE,
    out=Given,
    body=NewCampaign,
    post=True,
    status=202,
    once=True,
    tag=TAG,
)
def make_campaign(body: dict[str, Any]) -> Response:
    """Make a campaign: send a message to many people.

    The answer comes at once; a task reads the recipients, and leaves out who is named twice or cannot
    be reached. With `send` it is then checked and sent by itself. Without, look at `steps`, let it be
    checked, and send it.
    """
    return once(lambda: _make(body), body)


def _make(body: dict[str, Any]) -> Made:
    campaign = drafting.add(body["name"])
    composing.say(campaign, body["messages"])
    given = _add(campaign, body)
    if body["send"]:
        going_through.ask(campaign)
    db.session.flush()
    db.session.refresh(campaign)
    place = url_for("api.get_campaign", campaign_id=campaign.id)
    return Made(Given().dump({**shown(campaign), "given": given}), 202, place)


@operation(
    "/campaigns/<int:campaign_id>/recipients",
    SCOPE,
    out=Given,
    body=MoreRecipients,
    post=True,
    status=202,
    once=True,
    tag=TAG,
    also=STATE,
)
def add_recipients(body: dict[str, Any], campaign_id: int) -> Response:
    """Add people to a campaign.

    Who is in it already is not added twice. They also get it when it is being sent already.
    """

    def add() -> Made:
        campaign = _find(campaign_id)
        given = _add(campaign, body)
        db.session.refresh(campaign)
        return Made(Given().dump({**shown(campaign), "given": given}), 202)

    return once(add, body)


def _add(campaign: Campaign, body: dict[str, Any]) -> int:
    """Add the people of a request; return how many it names."""
    given, region = 0, body.get("region") or settings().phone_region
    if region not in countries():
        refuse(region="There is no such country. Write its two letters, such as IN.")
    try:
        if body.get("recipients"):
            adding.add_pasted(campaign, "\n".join(body["recipients"]), region)
            given += len(body["recipients"])
        if "customers" in body:
            asked = _asked(campaign, body["customers"])
            adding.add_customers(campaign, asked)
            given += selecting.count(asked)
    except adding.NotNow as problem:
        not_possible(problem)
    return given


def _asked(campaign: Campaign, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the filter as the page would keep it."""
    form = CustomersForm(MultiDict({name: str(value) for name, value in wanted.items()}))
    if not form.validate():
        wrong = {f"customers.{field.name}": [str(one) for one in field.errors] for field in form}
        raise BadFields({name: found for name, found in wrong.items() if found})
    return form.asked(campaign.zone)


@operation("/campaigns/<int:campaign_id>", Scope.CAMPAIGNS_READ, out=CampaignSchema, tag=TAG)
def get_campaign(campaign_id: int) -> dict[str, Any]:
    """Look at a campaign."""
    return shown(_find(campaign_id))


@asked_of_one("check", 202)
def check_campaign(campaign_id: int) -> dict[str, Any]:
    """Let the text of every recipient be made once.

    So it is known to how many it can be sent, and why not to the others. It is needed before sending.
    """
    campaign = _find(campaign_id)
    if campaign.state not in NOT_SENT:
        not_possible(SENT)
    if missing := next((step.sentence for step in steps(campaign)[:2] if not step.done), None):
        not_possible(missing)
    checking.ask(campaign)
    return _stored(campaign)


@asked_of_one("send", 202)
def send_campaign(campaign_id: int) -> dict[str, Any]:
    """Send a campaign.

    Once, however often it is asked for. If something is missing the answer is 409 and says what; a
    check that is missing or old is then asked for, so try again when it is done.
    """
    campaign = _find(campaign_id)
    try:
        starting.start(campaign)
    except AlreadySent:
        db.session.rollback()
    except CheckFirst as problem:
        checking.ask(campaign)
        db.session.commit()
        not_possible(problem)
    except (NotReady, NotPossible) as problem:
        not_possible(problem)
    return _stored(_find(campaign_id))


@asked_of_one("pause")
def pause_campaign(campaign_id: int) -> dict[str, Any]:
    """Let nothing more leave until it is let go on."""
    return _ask(campaign_id, pausing.pause)


@asked_of_one("go-on")
def continue_campaign(campaign_id: int) -> dict[str, Any]:
    """Let what was paused leave."""
    return _ask(campaign_id, pausing.go_on)


@asked_of_one("stop")
def stop_campaign(campaign_id: int) -> dict[str, Any]:
    """Send nothing more of it, for good."""
    return _ask(campaign_id, pausing.cancel)


def _ask(campaign_id: int, wish: Callable[[Campaign], None]) -> dict[str, Any]:
    campaign = _find(campaign_id)
    try:
        wish(campaign)
    except NotPossible as problem:
        not_possible(problem)
    return _stored(campaign)


def _stored(campaign: Campaign) -> dict[str, Any]:
    db.session.commit()
    return shown(campaign)


def _find(campaign_id: int) -> Campaign:
    campaign: Campaign = db.get_or_404(Campaign, campaign_id)
    return campaign


def shown(campaign: Campaign) -> dict[str, Any]:
    """Return a campaign as programs see it."""
    todo, sources = steps(campaign), campaign.sources
    begun = campaign.state in watching.BEGUN
    seen = watching.watch(campaign, campaign.batch)
    names = ("id", "name", "paused", "channels", "created_at", "started_at", "finished_at")
    jobs = tasks.newest_of("campaign", campaign.id)
    return {
        **{name: getattr(campaign, name) for name in names},
        "state": campaign.standing,
        "recipients": {
            "total": campaign.total,
            "reading": being_read(campaign.id),
            "bad": sum(source.bad for source in sources),
            "doubles": sum(source.doubles + source.known for source in sources),
        },
        "steps": [] if begun else todo,
        "ready": not begun and all(step.done or not step.needed for step in todo),
        "sends_itself": campaign.send_when_ready and not begun,
        "counts": seen.numbers if begun else None,
        "task_id": _at_work(jobs),
        "tasks": jobs,
        "page": url_for("campaigns.show", campaign_id=campaign.id),
    }


def _at_work(ids: list[Any]) -> Any:
    """Return the newest job that is not finished, else the newest."""
    if not ids:
        return None
    unfinished = Job.id.in_(ids) & Job.state.in_(UNFINISHED)
    newest = db.session.query(Job.id).filter(unfinished).order_by(Job.id.desc()).first()
    return newest.id if newest else ids[0]
