"""The form on which it is chosen by which channels a campaign is told, and what each says."""

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, cast

from wtforms import (
    Form,
    SelectField,
    StringField,
    ValidationError,
)

from webapp.campaigns import audience, drafting
from webapp.campaigns.composing import Fills, needed
from webapp.campaigns.models import Campaign
from webapp.campaigns.steps import APPROVED, unknown_names
from webapp.customers.contacts import one_line
from webapp.fields import SelectChoice
from webapp.message_templates.language import compile_text
from webapp.message_templates.models import TemplateVersion
from webapp.message_templates.rendering import BadTemplate, renderer
from webapp.message_templates.whatsapp import blanks
from webapp.messages.channels import Channel
from webapp.messages.stopping import NAMES

TURNS = ("First by", "If that fails, by", "If that fails too, by")
FILLING = "fill_"


class TextsForm(Form):
    """Channels in their order, a template for each, and what fills WhatsApp's places."""

    campaign: Campaign
    versions_there: dict[Channel, dict[int, TemplateVersion]]

    def order(self) -> list[Channel]:
        """Return the channels as chosen, each once."""
        chosen = [self[turn].data for turn in turn_names() if turn in self]
        return [Channel(name) for name in dict.fromkeys(chosen) if name in self.versions_there]

    def versions(self) -> dict[Channel, int | None]:
        """Return the chosen version of each channel that is used."""
        order = self.order()
        chosen = {channel: self.chosen(channel) for channel in order}
        return {channel: version.id for channel, version in chosen.items() if version}

    def chosen(self, name: str) -> TemplateVersion | None:
        """Return the version that is chosen for a channel."""
        typed = self[name].data if name in self else ""
        known = self.versions_there.get(Channel(name), {})
        return known.get(int(typed)) if typed and typed.isdecimal() else None

    def fillings(self) -> dict[str, str]:
        """Return what fills WhatsApp's places."""
        if Channel.WHATSAPP not in self.order():
            return {}
        return {key: self[name].data or "" for key, name in self.places()}

    def places(self) -> list[tuple[str, str]]:
        """Return the places of the chosen WhatsApp template: their keys, and their fields' names."""
        version = self.chosen(Channel.WHATSAPP)
        keys = [blank.key for blank in blanks(version.components or [])] if version else []
        return [(key, name) for key in keys if (name := field_name(key)) in self]

    def validate_first(self, field: Any) -> None:
        if field.data not in self.versions_there:
            raise ValidationError("Choose a channel.")


def turn_names() -> tuple[str, ...]:
    """Return the names of the fields that hold the order."""
    return ("first", "second", "third")


def field_name(key: str) -> str:
    """Return the name of the field of a place."""
    return FILLING + key.replace(".", "_")


def texts_form(campaign: Campaign, typed: Any = None) -> TextsForm:
    """Return the form for a campaign: what is there to choose depends on the house, not on us."""
    there = drafting.channels_there()
    versions = {
        channel: {one.id: one for one in drafting.texts_for(channel, campaign)} for channel in there
    }
    whatsapp = _wanted(campaign, typed, versions)
    fields: dict[str, Any] = {"campaign": campaign, "versions_there": versions}
    for name, label in list(zip(turn_names(), TURNS, strict=True))[: max(1, len(there))]:
        fields[name] = SelectField(
            label, choices=_channels(there, first=name == "first"), validate_choice=False
        )
    for channel in there:
        fields[channel.value] = SelectField(
            f"What is said by {NAMES[channel] if channel != Channel.EMAIL else 'e-mail'}",
            [_Fits()],
            choices=[SelectChoice("", "Choose a template"), *_choices(versions[channel])],
            validate_choice=False,  # _Fits says it better
        )
    for blank in blanks(whatsapp.components or []) if whatsapp else []:
        fields[field_name(blank.key)] = StringField(
            blank.label, [_Fills()], filters=[one_line], description=blank.example
        )
    made = cast("type[TextsForm]", type("TextsForm", (TextsForm,), fields))
    return made(typed) if typed else made(data=_stored(campaign))


def _wanted(
    campaign: Campaign, typed: Any, versions: Mapping[Channel, Mapping[int, TemplateVersion]]
) -> TemplateVersion | None:
    """Return the WhatsApp version whose places are to be shown."""
    chosen = (typed or {}).get(Channel.WHATSAPP.value, "") if typed else campaign.whatsapp_id
    known = versions.get(Channel.WHATSAPP, {})
    return known.get(int(chosen)) if chosen and str(chosen).isdecimal() else None


def _stored(campaign: Campaign) -> dict[str, Any]:
    order = dict(zip(turn_names(), campaign.channels, strict=False))
    ids = {
        channel.value: str(version.id) if (version := campaign.text(channel)) else ""
        for channel in Channel
    }
    fillings = {field_name(key): text for key, text in campaign.fillings.items()}
    return {**order, **ids, **fillings}


def _channels(there: list[Channel], *, first: bool) -> list[SelectChoice]:
    nothing = SelectChoice("", "Choose a channel" if first else "Nothing")
    return [nothing, *(SelectChoice(channel.value, NAMES[channel]) for channel in there)]


def _choices(versions: Mapping[int, TemplateVersion]) -> list[SelectChoice]:
    return [SelectChoice(str(one.id), _label(one)) for one in versions.values()]


def _label(version: TemplateVersion) -> str:
    template = version.template
    parts = [template.name]
    if template.language:
        parts.append(template.language)
    if template.channel != Channel.WHATSAPP or version.number > 1:
        parts.append(f"version {version.number}")
    if template.status and template.status != APPROVED:
        parts.append(template.status.lower())
    return ", ".join(parts)


class _Fits:
    """Check that a text is chosen for a channel that is used, and that its placeholders are known."""

    def __call__(self, form: TextsForm, field: Any) -> None:
        channel = Channel(field.name)
        if channel not in form.order():
            return
        version = form.chosen(channel)
        if version is None:
            raise ValidationError(f"Choose what is said by {NAMES[channel]}.")
        status = version.template.status
        if channel == Channel.WHATSAPP:
            if status and status != APPROVED:
                raise ValidationError(
                    f"WhatsApp has not approved this template: it is {status.lower()}."
                )
            return  # its places are checked one by one
        try:
            text = renderer(version, {})
        except BadTemplate as problem:
            raise ValidationError(problem.sentence) from None
        _known(form.campaign, text)


class _Fills:
    """Check what fills a place of a WhatsApp template."""

    field_flags: ClassVar[dict[str, Any]] = {"required": True}

    def __call__(self, form: TextsForm, field: Any) -> None:
        if Channel.WHATSAPP not in form.order():
            return
        if not field.data:
            raise ValidationError("Say what stands here, such as {{ name }}.")
        try:
            text = compile_text(field.data)
        except BadTemplate as problem:
            raise ValidationError(problem.sentence) from None
        _known(form.campaign, text)


class _Read(NamedTuple):
    """A text's placeholders."""

    names: frozenset[str]
    needed: frozenset[str]


def _known(campaign: Campaign, text: Fills) -> None:
    """Raise ValidationError when the recipients have no such column; without recipients nobody knows."""
    if not campaign.total:
        return
    read = _Read(text.names, needed(text))
    if wrong := list(unknown_names(read, audience.placeholders(campaign))):
        raise ValidationError(" ".join(wrong))
