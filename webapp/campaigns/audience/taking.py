"""People taken into a campaign, many at a time: each once, and whoever cannot be reached with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple, cast

from sqlalchemy import ARRAY, Select, String, func, literal, select, true, update

from webapp.campaigns.audience import bulk
from webapp.campaigns.audience.people import Person
from webapp.campaigns.audience.problems import Refused
from webapp.campaigns.models import Campaign, Recipient, Source, SourceState
from webapp.customers.models import Customer
from webapp.extensions import db
from webapp.states import rows_changed


class Found(NamedTuple):
    """A row that was looked at, and who it is about or why nobody can be reached."""

    row: int
    cells: list[str]
    who: Person | Refused


@dataclass(slots=True)
class Batch:
    """Rows of a source that are stored together, and how far they reach."""

    found: list[Found]
    reached: int
    offset: int


class Overtaken(Exception):
    """The source is no longer read, or somebody else has read on: nothing of this may be stored."""


def take(source_id: int, campaign_id: int, batch: Batch, *, before: int) -> int:
    """Store a batch with the place at which reading goes on, and return how many are new.

    All of it is one transaction of the caller's, so after a kill no row is lost and none comes
    twice. Raises Overtaken unless the source was read up to ``before``.
    """
    # Two sources of one campaign take turns here, so what the one stores the other has seen.
    db.session.execute(select(Campaign.id).where(Campaign.id == campaign_id).with_for_update())
    people = {
        found.who.key: found for found in reversed(batch.found) if isinstance(found.who, Person)
    }
    bad = [found for found in batch.found if not isinstance(found.who, Person)]
    own, known = _already(source_id, campaign_id, list(people))
    new = [found for key, found in people.items() if key not in own and key not in known]
    _count(source_id, batch, before, len(new), len(bad), len(known))
    if new:
        _store(source_id, campaign_id, new)
        db.session.execute(
            update(Campaign)
            .where(Campaign.id == campaign_id)
            .values(total=Campaign.total + len(new), version=Campaign.version + 1)
        )
    if bad:
        bulk.add("bad_rows", BAD_ROW, [_bad(source_id, one) for one in bad])
    return len(new)


def _already(source_id: int, campaign_id: int, keys: list[str]) -> tuple[set[str], set[str]]:
    """Return which keys this source has brought before, and which another one."""
    if not keys:
        return set(), set()
    rows = db.session.execute(_standing(campaign_id, keys)).all()
    own = {key for key, source in rows if source == source_id}
    return own, {key for key, _ in rows} - own


def _standing(campaign_id: int, keys: list[str]) -> Select[str, int]:
    """Return the keys that stand in the campaign, with their sources."""
    asked = select(Recipient.key, Recipient.source_id).where(Recipient.campaign_id == campaign_id)
    if db.engine.dialect.name == "sqlite":
        return asked.where(Recipient.key.in_(keys))
    # One look into the unique index for each. While the table fills faster than PostgreSQL counts
    # it, a list of keys would be planned as a walk through the whole campaign.
    wanted = func.unnest(literal(keys, ARRAY(String))).table_valued("key").render_derived()
    found = asked.where(Recipient.key == wanted.c.key).limit(1).lateral()
    return select(found.c.key, found.c.source_id).select_from(wanted.join(found, true()))


def _count(source_id: int, batch: Batch, before: int, good: int, bad: int, known: int) -> None:
    rows = len(batch.found)
    # A row that is known may stand in the file twice: then the second is a double.
    doubles = rows - good - bad - known
    counted = db.session.execute(
        update(Source)
        .where(
            Source.id == source_id,
            Source.state == SourceState.READING,
            Source.offset == before,
        )
        .values(
            rows=Source.rows + rows,
            reached=batch.reached,
            offset=batch.offset,
            good=Source.good + good,
            bad=Source.bad + bad,
            doubles=Source.doubles + doubles,
            known=Source.known + known,
            version=Source.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    if rows_changed(counted) != 1:
        raise Overtaken


def _store(source_id: int, campaign_id: int, new: Sequence[Found]) -> None:
    customers = _customers([found.who for found in new if isinstance(found.who, Person)])
    rows = (_recipient(source_id, campaign_id, found, customers) for found in new)
    bulk.add("recipients", RECIPIENT, sorted(rows, key=itemgetter(2)))


def _customers(people: list[Person]) -> dict[str, tuple[int, str | None]]:
    """Return id and zone of those who are customers, by number and by address."""
    phones = [person.phone for person in people if person.phone]
    emails = [person.email for person in people if person.email and not person.phone]
    found: dict[str, tuple[int, str | None]] = {}
    for column, wanted in ((Customer.email, emails), (Customer.phone, phones)):
        if wanted:
            asked = select(column, Customer.id, Customer.zone).where(bulk.among(column, wanted))
            # UTC is what a customer has whose zone nobody asked for.
            found |= {
                key: (customer_id, zone if zone != "UTC" else None)
                for key, customer_id, zone in db.session.execute(asked)
                if key
            }
    return found


#: In the order in which ``_recipient`` gives them.
RECIPIENT = (
    "campaign_id", "source_id", "row", "key", "name", "phone", "email", "customer_id", "zone",
    "country", "values", "detail",
)  # fmt: skip
BAD_ROW = ("source_id", "row", "problem", "detail", "cells")


def _recipient(
    source_id: int, campaign_id: int, found: Found, customers: dict[str, tuple[int, str | None]]
) -> tuple[Any, ...]:
    person = cast("Person", found.who)
    customer_id, zone = customers.get(person.key, (None, None))
    return (
        campaign_id, source_id, found.row, person.key, person.name, person.phone, person.email,
        customer_id, person.zone or zone or person.zone_of_number, person.country,
        person.values, person.detail,
    )  # fmt: skip


def _bad(source_id: int, found: Found) -> tuple[Any, ...]:
    refused = cast("Refused", found.who)
    return source_id, found.row, refused.code, str(refused)[:300], found.cells
