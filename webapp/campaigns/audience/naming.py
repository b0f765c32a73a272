"""The names by which the texts of a campaign call the columns of its sources."""

from collections.abc import Sequence

from sqlalchemy import select

from webapp.campaigns.models import Campaign, Source, SourceKind
from webapp.extensions import db
from webapp.message_templates.names import name_of

OF_CUSTOMERS = ("name", "phone", "email")


def names_of(headings: Sequence[str]) -> list[str]:
    """Return a placeholder for each column, none of them twice; ``column_3`` where nothing is said."""
    taken: set[str] = set()
    names = []
    for number, heading in enumerate(headings, start=1):
        wanted = name_of(heading) or f"column_{number}"
        name, again = wanted, 1
        while name in taken:
            again += 1
            name = f"{wanted}_{again}"
        taken.add(name)
        names.append(name)
    return names


def placeholders(campaign: Campaign) -> list[str]:
    """Return the names that the texts of the campaign can use, in the order of the columns.

    Not every recipient has each of them: the check before the send says who lacks which.
    """
    sources = db.session.scalars(
        select(Source).where(Source.campaign_id == campaign.id).order_by(Source.id)
    )
    found: dict[str, None] = {}
    for source in sources:
        found.update(dict.fromkeys(_names(source)))
    return list(found)


def _names(source: Source) -> list[str]:
    if source.kind == SourceKind.CUSTOMERS:
        return list(OF_CUSTOMERS)
    mapping = source.mapping or {}
    own = mapping.get("names", [])
    return [*own, *(name for name in OF_CUSTOMERS if mapping.get(name) is not None)]
