"""What campaigns keep about people, and how it is forgotten."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, cast, exists, func, literal, or_, select

from webapp.campaigns.models import (
    BadRow,
    Campaign,
    CampaignState,
    Price,
    Recipient,
    Source,
    SourceState,
)
from webapp.clock import now
from webapp.extensions import db
from webapp.forgetting import Keeps, Kept, Person, Steps, change_rows, matching, remove_children

#: Recipients that are dealt with in a step.
SOME = 500
#: Whom nobody can read any more: the campaign's numbers count them all the same.
NOBODY = "erased:"
#: A list that a job is reading at this moment.
READ_NOW = (SourceState.LOOKING, SourceState.READING)


def forget_recipients(campaign_ids: Sequence[int], size: int) -> Steps:
    """Make campaigns that are over tell nobody who their recipients were; the numbers stay."""
    for campaign_id in campaign_ids:
        lists = select(Source.id).where(Source.campaign_id == campaign_id)
        yield from _empty(Recipient.campaign_id == campaign_id, size)
        yield from remove_children(BadRow, BadRow.source_id.in_(lists), size)
        # Its file is removed by the job that removes files which no row names.
        empty: dict[str, Any] = {"sample": None, "asked": {}, "path": None, "error": None}
        change_rows(Source, Source.campaign_id == campaign_id, **empty, version=Source.version + 1)
        over = {"forgotten_at": now(), "version": Campaign.version + 1}
        change_rows(Campaign, Campaign.id == campaign_id, **over)
        yield 1


def _empty(whose: ColumnElement[bool], size: int) -> Steps:
    left = select(Recipient.id).where(whose, Recipient.key.not_like(f"{NOBODY}%"))
    while some := db.session.scalars(left.limit(size)).all():
        change_rows(Recipient, Recipient.id.in_(some), **_EMPTY)
        yield 0


#: The key stays one of a kind in its campaign.
_EMPTY: dict[str, Any] = {
    "key": literal(NOBODY) + cast(Recipient.id, String),
    "name": "",
    "phone": None,
    "email": None,
    "values": {},
    "detail": None,
    "customer_id": None,
}

OLD = (
    Kept(
        name="recipients",
        title="Recipients of finished campaigns",
        unit="campaigns",
        goes="Names, numbers, addresses and all other columns of everybody it was sent to.",
        stays="The campaign, its texts and its numbers: sent, delivered, read, failed, and the cost. "
        "It can be sent again to nobody.",
        least=7,
        key=Campaign.id,
        by=Campaign.id,
        at=Campaign.finished_at,
        holds=Campaign.forgotten_at.is_(None) | (Campaign.forgotten_at < Campaign.finished_at),
        free=Campaign.state.in_([CampaignState.DONE, CampaignState.CANCELLED]),
        steps=forget_recipients,
    ),
)


def of(person: Person) -> ColumnElement[bool]:
    """Say in SQL that a recipient is a person."""
    ways = [Recipient.customer_id == person.customer_id]
    if person.phones:
        ways += [Recipient.phone.in_(person.phones), Recipient.key.in_(person.phones)]
    if person.emails:
        ways += [
            func.lower(column).in_(person.emails) for column in (Recipient.email, Recipient.key)
        ]
    return or_(*ways)


def objections(person: Person) -> list[str]:
    """Say in which campaigns a person is that are about to be sent."""
    soon = (
        select(Campaign.name)
        .where(
            Campaign.state.in_([CampaignState.SCHEDULED, CampaignState.SENDING]),
            # By the key, which has an index: this is asked for a page.
            exists().where(
                Recipient.campaign_id == Campaign.id,
                Recipient.key.in_(person.phones | person.emails),
            ),
        )
        .limit(5)
    )
    waits = "is not over yet: stop it, or wait for its end."
    return [f"The campaign “{name}” to them {waits}" for name in db.session.scalars(soon)]


def forget(person: Person) -> Steps:
    """Take a person out of every campaign's recipients; the campaigns' numbers stay."""
    for ids in matching(Recipient, of(person)):
        yield from _empty(Recipient.id.in_(ids), SOME)


KEEPS = Keeps(
    sentences={
        Campaign: "name fillings",
        Source: "filename header sample asked error advice",
        BadRow: "detail cells",
        Recipient: "detail",
    },
    letters={Recipient: "values"},
    own={Recipient: "key name phone email"},
    free={
        Campaign: "channels zone quiet_from quiet_until checked findings",
        Source: "path encoding delimiter mapping",
        BadRow: "problem",
        Recipient: "zone country problem",
        Price: "channel country currency",
    },
    old=OLD,
    objections=objections,
    forget=forget,
)
