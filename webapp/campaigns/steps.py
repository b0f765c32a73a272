"""What there is to do before a campaign can be sent, and what of it is missing, in plain words."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import NamedTuple, Protocol

from webapp.campaigns import audience, checking, drafting
from webapp.campaigns.composing import composer
from webapp.campaigns.in_turn import being_read
from webapp.campaigns.models import Campaign, SourceState
from webapp.message_templates.models import TemplateVersion
from webapp.message_templates.rendering import BadTemplate
from webapp.messages.channels import Channel
from webapp.messages.stopping import NAMES

APPROVED = "APPROVED"


class Step(NamedTuple):
    """One step: done or not, and a sentence about it."""

    key: str
    title: str
    done: bool
    sentence: str
    #: Whether it can be sent without.
    needed: bool = True


def steps(campaign: Campaign) -> list[Step]:
    """Return the steps in the order in which they are best taken."""
    return [
        _recipients(campaign),
        _texts(campaign),
        _check(campaign),
        Step(
            "rehearse",
            "Rehearse",
            campaign.rehearsal_id is not None,
            "Send it all to the sandbox first: nobody gets anything, and you see what would happen.",
            needed=False,
        ),
    ]


def _recipients(campaign: Campaign) -> Step:
    title = "Recipients"
    if being_read(campaign.id):
        return Step("recipients", title, done=False, sentence="Recipients are still being read.")
    if not campaign.total:
        return Step("recipients", title, done=False, sentence="Nobody is to get it yet.")
    waiting = sum(source.state == SourceState.MAPPING for source in campaign.sources)
    rest = " A list still waits for you to say what its columns are." if waiting else ""
    people = "1 person is" if campaign.total == 1 else f"{campaign.total:,} people are"
    return Step("recipients", title, done=True, sentence=f"{people} to get it.{rest}")


def _texts(campaign: Campaign) -> Step:
    missing = next(text_troubles(campaign), None)
    if missing:
        return Step("texts", "Texts", done=False, sentence=missing)
    names = ", else ".join(NAMES[channel] for channel in campaign.order)
    return Step("texts", "Texts", done=True, sentence=f"By {names}.")


def text_troubles(campaign: Campaign) -> Iterator[str]:
    """Go through what keeps the texts from being sent."""
    if not campaign.channels:
        yield "Choose how it is told: by SMS, WhatsApp or e-mail."
        return
    there = drafting.channels_there()
    for channel in campaign.order:
        if channel not in there:
            yield f"{NAMES[channel]} is not set up here. Choose another channel."
        elif campaign.text(channel) is None:
            yield f"Choose what is said by {NAMES[channel]}."
    if Channel.WHATSAPP in campaign.order and not is_approved(campaign.whatsapp):
        yield "WhatsApp does not take this template at the moment. Choose another one."
    try:
        texts = composer(campaign)
    except BadTemplate as problem:
        yield str(problem)
        return
    if campaign.total:
        yield from unknown_names(texts, audience.placeholders(campaign))


def is_approved(version: TemplateVersion | None) -> bool:
    """Say whether WhatsApp takes a template; one that nobody asked about is tried."""
    return version is None or version.template.status in (None, APPROVED)


class Named(Protocol):
    """A text with placeholders, of which some need a value."""

    @property
    def names(self) -> frozenset[str]: ...
    @property
    def needed(self) -> frozenset[str]: ...


def unknown_names(text: Named, known: list[str]) -> Iterator[str]:
    """Go through the placeholders that no column of the recipients fills, each with a suggestion.

    One with a fall-back may be unknown, unless it looks like a slip of the pen.
    """
    for name in sorted(text.names - set(known)):
        close = get_close_matches(name, known, 1, 0.6)
        if close:
            yield f"The recipients have no “{name}”. Did you mean {{{{ {close[0]} }}}}?"
        elif name in text.needed:
            there = f" They have {', '.join(known[:8])}." if known else ""
            yield (
                f"The recipients have no “{name}”.{there} "
                f'Or give it a fall-back, such as {{{{ {name}|default:"friend" }}}}.'
            )


def _check(campaign: Campaign) -> Step:
    title = "Check and forecast"
    if campaign.checked is None:
        return Step(
            "check", title, done=False, sentence="The recipients have not been checked yet."
        )
    if not checking.is_fresh(campaign):
        words = "Texts or recipients have changed since they were checked."
        return Step("check", title, done=False, sentence=words)
    bad = checking.problems(campaign)
    good = campaign.findings.get("good", 0)
    if not good:
        return Step("check", title, done=False, sentence="It can be sent to nobody.")
    rest = f" To {bad:,} it cannot." if bad else ""
    return Step("check", title, done=True, sentence=f"It can be sent to {good:,}.{rest}")
