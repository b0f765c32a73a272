"""What one recipient is told, and by which channel: the same for check, preview, rehearsal and send."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from sqlalchemy import select

from webapp.campaigns.models import Campaign
from webapp.extensions import db
from webapp.message_templates.rendering import (
    MissingValue,
    NotRenderable,
    Rendered,
    Renderer,
    renderer,
)
from webapp.messages import no_offers, suppressing
from webapp.messages.channels import Channel
from webapp.messages.models import SuppressedBecause, Suppression
from webapp.messages.stopping import NAMES

#: An address that cannot be reached says nothing against the next channel; a wish does.
UNREACHABLE = {SuppressedBecause.BOUNCED}


class Who(Protocol):
    """What must be known of a recipient: a row of ``recipients``, or some of its columns."""

    phone: Any
    email: Any
    values: Any


class Letter(NamedTuple):
    """What is said to a recipient by a channel."""

    channel: Channel
    address: str
    lane: str
    text: Rendered


class Trouble(NamedTuple):
    """Why a recipient cannot be told something by a channel, or by any: a code, and a sentence."""

    code: str
    sentence: str
    channel: Channel | None = None


class Way(NamedTuple):
    """A channel and the text for it, read once."""

    channel: Channel
    text: Renderer


#: By code, why somebody gets nothing: what is read where recipients are counted by reason.
PROBLEMS = {
    "no_address": "No number or address for any channel of the campaign",
    "missing_value": "A value that the text needs is missing",
    "too_long": "The text is too long with their values",
    "nothing_left": "With their values nothing is left of the text",
    "bad_link": "A value makes a link that leads nowhere",
    "suppressed": "They want no offers",
    "bounced": "Their address does not take mail",
}
Suppressed = Mapping[str, SuppressedBecause]
NOBODY: Suppressed = {}
NO_ADDRESS = Trouble(
    "no_address", "There is no number or address for any channel of this campaign."
)
REFUSED = "{} is on the list of those who get nothing by {}."


class Composer:
    """The texts of a campaign in the order in which its channels are tried."""

    def __init__(self, ways: Sequence[Way]) -> None:
        self.ways = ways

    @property
    def needed(self) -> frozenset[str]:
        """The placeholders without a fall-back."""
        return frozenset().union(*(needed(way.text) for way in self.ways))

    @property
    def names(self) -> frozenset[str]:
        """The placeholders of all its texts."""
        return frozenset().union(*(way.text.names for way in self.ways))

    def first(
        self, who: Who, *, suppressed: Suppressed = NOBODY, ref: uuid.UUID | None = None
    ) -> Letter | Trouble:
        """Return what is sent to somebody first, or why nothing can be."""
        return first_of(list(self.each(who, suppressed=suppressed, ref=ref)))

    def next(
        self,
        who: Who,
        after: Channel,
        *,
        suppressed: Suppressed = NOBODY,
        ref: uuid.UUID | None = None,
    ) -> Letter | Trouble:
        """Return what is sent in place of a channel that failed."""
        channels = [way.channel for way in self.ways]
        later = self.ways[channels.index(after) + 1 :] if after in channels else ()
        return first_of(list(Composer(later).each(who, suppressed=suppressed, ref=ref)))

    def each(
        self, who: Who, *, suppressed: Suppressed = NOBODY, ref: uuid.UUID | None = None
    ) -> Iterator[Letter | Trouble]:
        """Go through the channels by which somebody has an address, with text or trouble of each."""
        for way in self.ways:
            if address := address_of(who, way.channel):
                yield _written(way, address, who, suppressed, ref)

    def suppressed(self, people: Iterable[Who]) -> Suppressed:
        """Return who of some people gets nothing by a channel, and why."""
        lanes = self.lanes(people)
        rows = db.session.execute(
            select(Suppression.lane, Suppression.why).where(Suppression.lane.in_(lanes))
        )
        return {**no_offers.known(lanes), **{row.lane: row.why for row in rows}}

    def lanes(self, people: Iterable[Who]) -> list[str]:
        """Return every lane by which some people could be reached."""
        return [
            f"{way.channel}:{address}"
            for who in people
            for way in self.ways
            if (address := address_of(who, way.channel))
        ]


def address_of(who: Who, channel: Channel) -> str | None:
    """Return where a channel reaches somebody."""
    address: str | None = who.email if channel == Channel.EMAIL else who.phone
    return address


def _written(
    way: Way, address: str, who: Who, suppressed: Suppressed, ref: uuid.UUID | None
) -> Letter | Trouble:
    lane = f"{way.channel}:{address}"
    name = NAMES[way.channel]
    if why := suppressed.get(lane):
        code = "bounced" if why in UNREACHABLE else "suppressed"
        return Trouble(code, REFUSED.format(address, name), way.channel)
    mail = way.channel == Channel.EMAIL
    link = suppressing.unsubscribe_url(ref) if mail and ref else None
    try:
        text = way.text.render(who.values, unsubscribe_url=link)
    except NotRenderable as problem:
        return Trouble(problem.code, f"{name}: {problem.sentence}", way.channel)
    return Letter(way.channel, address, lane, text)


def first_of(found: Sequence[Letter | Trouble]) -> Letter | Trouble:
    """Choose among the channels: the first that works, unless an earlier one was refused by a wish."""
    for one in found:
        if isinstance(one, Letter) or one.code == "suppressed":
            return one
    return found[0] if found else NO_ADDRESS


class Fills(Protocol):
    """A text that was read: a template's, or one that fills a place of it."""

    @property
    def names(self) -> frozenset[str]: ...
    def render(self, values: Mapping[str, str]) -> Any: ...


def needed(text: Fills) -> frozenset[str]:
    """Return the placeholders without a fall-back: those that make a text fail without a value."""
    values: dict[str, str] = {}
    for _ in range(len(text.names) + 1):
        try:
            text.render(values)
        except MissingValue as problem:
            values[problem.name] = "1"
        except NotRenderable:
            return text.names  # it cannot be found out so: all of them, to be safe
        else:
            break
    return frozenset(values)


def composer(campaign: Campaign) -> Composer:
    """Read the texts of a campaign; a channel without a text is left out."""
    return Composer(
        [
            Way(channel, renderer(version, campaign.fillings))
            for channel in campaign.order
            if (version := campaign.text(channel)) is not None
        ]
    )
