"""A campaign before it is sent: its name, its texts, and what is still missing."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from webapp.accounts.acting import record, who
from webapp.campaigns.models import Campaign, CampaignState
from webapp.extensions import db, settings
from webapp.jobs import subjects
from webapp.message_templates.models import Template, TemplateVersion
from webapp.messages.channels import Channel
from webapp.messages.stopping import NAMES
from webapp.services.models import Service
from webapp.services.seeding import ELSEWHERE, PLACES
from webapp.states import move


class NotADraft(Exception):
    """Somebody has sent or scheduled it, so it cannot be changed; the text says so."""


CHANGED_TOO_LATE = "This campaign is no longer a draft, so it cannot be changed. Nothing of what you typed was stored."


def add(name: str) -> Campaign:
    """Begin a campaign."""
    campaign = Campaign(name=name, zone=usual_zone(), created_by_id=who().user_id)
    db.session.add(campaign)
    db.session.flush()
    record("campaign.added", f"Began the campaign “{name}”", about=campaign)
    return campaign


def usual_zone() -> str:
    """Return the zone of the house: that of its oldest service, else of its country."""
    known = db.session.scalar(select(Service.zone).order_by(Service.id).limit(1))
    return known or PLACES.get(settings().phone_region, ELSEWHERE).zone


def change(campaign: Campaign, sentence: str, **values: Any) -> None:
    """Store what was typed about a draft. Raises NotADraft.

    One conditional UPDATE, so that nobody changes the text of what is being sent.
    """
    changed = {name: value for name, value in values.items() if getattr(campaign, name) != value}
    if not move(campaign, CampaignState.DRAFT, expect=[CampaignState.DRAFT], **changed):
        raise NotADraft(CHANGED_TOO_LATE)
    if changed:
        record("campaign.changed", sentence, about=campaign, changed=changed)


def rename(campaign: Campaign, name: str) -> None:
    """Give it another name. Raises NotADraft."""
    change(campaign, f"Renamed the campaign to “{name}”", name=name)
    subjects.renamed(campaign)


def say_by(
    campaign: Campaign,
    order: Sequence[Channel],
    versions: Mapping[Channel, int | None],
    fillings: Mapping[str, str],
) -> None:
    """Choose the channels, in the order in which they are tried, and what each says. Raises NotADraft."""
    names = ", else ".join(NAMES[channel] for channel in order) or "nothing"
    change(
        campaign,
        f"The campaign “{campaign.name}” is told by {names}",
        channels=[channel.value for channel in order],
        fillings=dict(fillings),
        **{f"{channel.value}_id": versions.get(channel) for channel in Channel},
    )


def keep_quiet(campaign: Campaign, begin: str | None, end: str | None) -> None:
    """Say when recipients are left in peace, by their own clocks; None: never. Raises NotADraft."""
    words = f"between {begin} and {end}" if begin else "at no time"
    change(
        campaign,
        f"The campaign “{campaign.name}” leaves people in peace {words}",
        quiet_from=begin,
        quiet_until=end,
    )


def channels_there() -> list[Channel]:
    """Return the channels that have an account here."""
    config = settings()
    accounts = {
        Channel.WHATSAPP: config.whatsapp,
        Channel.SMS: config.twilio,
        Channel.EMAIL: config.mail,
    }
    return [channel for channel, account in accounts.items() if account]


def texts_for(channel: Channel, campaign: Campaign) -> list[TemplateVersion]:
    """Return what can be chosen for a channel: the newest version of each template, and its own."""
    query = (
        select(Template)
        .where(Template.channel == channel, Template.archived_at.is_(None))
        .order_by(Template.name, Template.language)
    )
    newest = [one.versions[0] for one in db.session.scalars(query) if one.versions]
    own = campaign.text(channel)
    return newest if own is None or own in newest else [own, *newest]


def newer(version: TemplateVersion | None) -> TemplateVersion | None:
    """Return the newest version of the same template, if this is an older one."""
    if version is None:
        return None
    newest = version.template.versions[0]
    return newest if newest.number > version.number else None


def take_newest(campaign: Campaign, channel: Channel) -> bool:
    """Use the newest version of a channel's template; False when it is that. Raises NotADraft."""
    version = newer(campaign.text(channel))
    if version is None:
        return False
    change(
        campaign,
        f"The campaign “{campaign.name}” uses version {version.number} of “{version.template.name}”",
        **{f"{channel.value}_id": version.id},
    )
    return True
