"""The pages on which the texts of a campaign are chosen, and looked at for each recipient."""

from flask import abort, request, session, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import polls
from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.campaigns import audience, drafting, looking, trying
from webapp.campaigns.forms import TestForm
from webapp.campaigns.models import Campaign
from webapp.campaigns.texts_form import TextsForm, texts_form
from webapp.campaigns.views import CHANGES, bp, draft_or_409, names, newer, stored
from webapp.customers.contacts import one_line
from webapp.extensions import db
from webapp.messages.channels import Channel
from webapp.pages import goes_to, render, say

#: In the cookie: where this person wants tests to go.
TRIED = "tests_go_to"


@bp.get("/<int:campaign_id>/texts")
@needs(Role.OPERATOR)
def texts(campaign_id: int) -> ResponseReturnValue:
    """Show the channels and what is said by each; htmx asks again when a choice changes."""
    campaign = draft_or_409(campaign_id)
    return _texts(campaign, texts_form(campaign, request.args or None))


@bp.post("/<int:campaign_id>/texts")
@needs(Role.OPERATOR)
def choose_texts(campaign_id: int) -> ResponseReturnValue:
    """Store them, if every placeholder has a column of the recipients."""
    campaign = draft_or_409(campaign_id)
    form = texts_form(campaign, request.form)
    if not form.validate():
        return _texts(campaign, form, status=422)
    stored(drafting.say_by, campaign, form.order(), form.versions(), form.fillings())
    say("Saved.")
    return goes_to(url_for(".show", campaign_id=campaign_id))


@bp.post("/<int:campaign_id>/texts/<channel>/newest")
@needs(Role.OPERATOR)
def take_newest(campaign_id: int, channel: str) -> ResponseReturnValue:
    """Use the newest version of a template."""
    campaign = draft_or_409(campaign_id)
    if channel not in set(Channel):
        abort(404)
    stored(drafting.take_newest, campaign, Channel(channel))
    say("The newest version is used now. Have the recipients checked again.")
    return goes_to(url_for(".show", campaign_id=campaign_id))


def _texts(campaign: Campaign, form: TextsForm, *, status: int = 200) -> ResponseReturnValue:
    return render(
        "campaigns/texts.html",
        block="choices",
        campaign=campaign,
        form=form,
        hints=_hints(campaign, form),
        placeholders=audience.placeholders(campaign),
        status=status,
        **names(),
    )


def _hints(campaign: Campaign, form: TextsForm) -> dict[str, str]:
    """Return what is to be said under the choice of a template."""
    hints = {
        channel.value: "There is no template for it yet: write one under Templates."
        for channel, versions in form.versions_there.items()
        if not versions
    }
    for channel, version in newer(campaign):
        if form.chosen(channel) == campaign.text(channel):
            hints[channel.value] = f"A newer one is there: choose version {version.number}."
    return hints


@bp.get("/<int:campaign_id>/preview")
@needs(Role.VIEWER)
@polls.polled(CHANGES)
def preview(campaign_id: int) -> ResponseReturnValue:
    """Show what one recipient is told on each channel, and the tests that were sent."""
    campaign = db.get_or_404(Campaign, campaign_id)
    return _preview(campaign, TestForm(data=session.get(TRIED, {})))


@bp.post("/<int:campaign_id>/preview")
@needs(Role.OPERATOR)
def send_test(campaign_id: int) -> ResponseReturnValue:
    """Send one recipient's text to oneself."""
    campaign, form = db.get_or_404(Campaign, campaign_id), TestForm(request.form)
    recipient = looking.by_id(campaign, request.form.get("of", ""))
    if recipient is None:
        abort(409, "This recipient is no longer there. Choose another one.")
    wanted = form.wanted(campaign.order) if form.validate() else {}
    if not wanted:
        form.say_what_is_missing()
        return _preview(campaign, form, status=422)
    try:
        trying.send(campaign, recipient, wanted)
    except trying.NotSendable as problem:
        db.session.rollback()
        form.refuse(problem.channel, str(problem))
        return _preview(campaign, form, status=422)
    db.session.commit()
    session[TRIED] = form.data
    say("Sent to you. Below you see what becomes of it.")
    return goes_to(url_for(".preview", campaign_id=campaign_id, of=recipient.id) + "#test")


def _preview(campaign: Campaign, form: TestForm, *, status: int = 200) -> ResponseReturnValue:
    typed = one_line(request.values.get("q"))
    found = looking.look(campaign, of=request.values.get("of", ""), words=typed)
    return render(
        "campaigns/preview.html",
        block="live_part" if status == 200 and "seen" in request.args else None,
        campaign=campaign,
        found=found,
        words=typed,
        form=form,
        watched=trying.watched(campaign),
        version=polls.version() if request.method == "GET" else "0",
        status=status,
        **names(),
    )
