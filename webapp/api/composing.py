"""What a program wants a campaign to say, chosen as on its page, and what is wrong with it."""

from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Form

from webapp.api.errors import BadFields
from webapp.campaigns import drafting
from webapp.campaigns.models import Campaign
from webapp.campaigns.texts_form import FILLING, field_name, texts_form, turn_names
from webapp.extensions import db
from webapp.message_templates import editing
from webapp.message_templates.forms import FORMS
from webapp.message_templates.models import Template, TemplateVersion
from webapp.messages.channels import Channel
from webapp.messages.stopping import NAMES

#: A field of the form by which a text is written, and what it is called here.
WRITTEN = {"body": "text", "subject": "subject", "name": "name"}
LONGEST_NAME = 100


def say(campaign: Campaign, messages: list[dict[str, Any]]) -> None:
    """Choose channels and texts. Raises BadFields."""
    there = drafting.channels_there()
    typed: MultiDict[str, str] = MultiDict()
    own: list[Template] = []
    for place, (turn, message) in enumerate(zip(turn_names(), messages, strict=False)):
        channel = Channel(message["channel"])
        if channel not in there:
            raise wrong(place, "channel", f"{NAMES[channel]} is not set up here.")
        version = _version(campaign, place, channel, message)
        if "text" in message:
            own.append(version.template)
        typed[turn], typed[channel.value] = channel.value, str(version.id)
        for key, text in message.get("fillings", {}).items():
            typed[field_name(key)] = text
    form = texts_form(campaign, typed)
    if not form.validate():
        raise BadFields(dict(_errors(form, messages)))
    drafting.say_by(campaign, form.order(), form.versions(), form.fillings())
    for template in own:
        editing.archive(template)  # it is this campaign's alone


def wrong(place: int, field: str, *sentences: str) -> BadFields:
    """Return what is wrong with a field of a message."""
    return BadFields({f"messages.{place}.{field}": list(sentences)})


def _version(
    campaign: Campaign, place: int, channel: Channel, message: dict[str, Any]
) -> TemplateVersion:
    if "text" in message:
        return _written(campaign, place, channel, message)
    for version in drafting.texts_for(channel, campaign):
        template = version.template
        if (template.name, template.language) == (message["template"], message["language"]):
            return version
    raise wrong(place, "template", f"There is no template of this name for {NAMES[channel]}.")


def _written(
    campaign: Campaign, place: int, channel: Channel, message: dict[str, Any]
) -> TemplateVersion:
    """Keep a text as a template, of which every message says from which it was made."""
    begin = f"{campaign.name} "
    end = f"(campaign {campaign.id})"
    name = begin[: LONGEST_NAME - len(end)] + end
    typed = {"name": name, "body": message["text"], "subject": message.get("subject", "")}
    form = FORMS[channel](MultiDict(typed))
    if not form.validate():
        found = {
            f"messages.{place}.{WRITTEN[field]}": [str(one) for one in sentences]
            for field, sentences in form.errors.items()
        }
        raise BadFields(found)
    try:
        template = editing.add(channel, **form.values())
    except editing.NameTaken:
        raise wrong(place, "text", "A template with the name of this campaign exists.") from None
    db.session.flush()
    return editing.newest_of(template)


def _errors(form: Form, messages: list[dict[str, Any]]) -> Any:
    """Go through what is wrong in the page's form, by the names that programs know."""
    places = {message["channel"]: place for place, message in enumerate(messages)}
    for name, sentences in form.errors.items():
        texts = [str(one) for one in sentences]
        if name and name.startswith(FILLING):
            place = places[Channel.WHATSAPP]
            yield f"messages.{place}.fillings.{name.removeprefix(FILLING)}", texts
        elif name in places:
            place = places[name]
            yield f"messages.{place}.{'text' if 'text' in messages[place] else 'template'}", texts
        else:
            yield "messages", texts
