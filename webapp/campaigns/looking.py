"""One recipient's text on each channel, before anything is sent."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Select, func, select

from webapp.campaigns.composing import NO_ADDRESS, Letter, Trouble, composer
from webapp.campaigns.models import Campaign, Recipient
from webapp.customers.finding import holds
from webapp.database import LARGEST_ID
from webapp.extensions import db
from webapp.message_templates.rendering import BadTemplate


class Look(NamedTuple):
    """A recipient, the neighbours, and what each channel says."""

    recipient: Recipient
    number: int
    before: int | None
    after: int | None
    texts: Sequence[Letter | Trouble]


def look(campaign: Campaign, *, of: str = "", words: str = "") -> Look | None:
    """Return a recipient by id, or the first that fits some words; None when there is none.

    A number alone is a row of the source, as the spreadsheet counts it.
    """
    found = _searched(campaign, words) if words else by_id(campaign, of) or _first(campaign)
    if found is None:
        return None
    ids = select(Recipient.id).where(Recipient.campaign_id == campaign.id)
    before = ids.where(Recipient.id < found.id).order_by(Recipient.id.desc()).limit(1)
    after = ids.where(Recipient.id > found.id).order_by(Recipient.id).limit(1)
    count = select(func.count()).where(
        Recipient.campaign_id == campaign.id, Recipient.id <= found.id
    )
    return Look(
        found,
        db.session.scalar(count) or 1,
        db.session.scalar(before),
        db.session.scalar(after),
        _texts(campaign, found),
    )


def by_id(campaign: Campaign, typed: str) -> Recipient | None:
    """Return a recipient of this campaign by the id in an address."""
    if not typed.isdecimal() or int(typed) > LARGEST_ID:
        return None
    return db.session.scalar(_of(campaign).where(Recipient.id == int(typed)))


def _of(campaign: Campaign) -> Select[Recipient]:
    return select(Recipient).where(Recipient.campaign_id == campaign.id).order_by(Recipient.id)


def _first(campaign: Campaign) -> Recipient | None:
    return db.session.scalar(_of(campaign).limit(1))


def _searched(campaign: Campaign, words: str) -> Recipient | None:
    if words.isdecimal() and int(words) <= LARGEST_ID:
        row = db.session.scalar(_of(campaign).where(Recipient.row == int(words)).limit(1))
        if row is not None:
            return row
    fits = holds(words, Recipient.name, Recipient.phone, Recipient.email)
    return db.session.scalar(_of(campaign).where(fits).limit(1))


def _texts(campaign: Campaign, who: Recipient) -> list[Letter | Trouble]:
    try:
        texts = composer(campaign)
    except BadTemplate as problem:
        return [Trouble("not_ready", str(problem))]
    if not texts.ways:
        return [Trouble("not_ready", "No text has been chosen yet.")]
    return list(texts.each(who, suppressed=texts.suppressed([who]))) or [NO_ADDRESS]
