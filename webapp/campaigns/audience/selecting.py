"""Customers chosen by what is known of them: how they are reached, what they want, when they booked, their tags."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, exists, func, or_, select

from webapp.bookings.models import Booking, BookingState
from webapp.campaigns.audience.people import Columns, Person, person
from webapp.campaigns.audience.problems import Refused
from webapp.campaigns.audience.taking import Batch, Found
from webapp.customers.finding import tagged
from webapp.customers.models import Customer
from webapp.extensions import db
from webapp.messages.channels import Channel
from webapp.messages.models import Suppression

#: In the order of the cells that a customer becomes.
CUSTOMER = Columns(("phone", "email", "name", "zone"), phone=0, email=1, name=2)


def chosen(asked: dict[str, Any]) -> Select[Any]:
    """Return the customers whom a filter means.

    ``asked`` may have: "reach" ("phone", "email"), "wants" (a channel), "tag", and "booked_from"
    and "booked_until" (days, both included, by the clock of "zone").
    """
    query = select(Customer).where(or_(Customer.phone.is_not(None), Customer.email.is_not(None)))
    if asked.get("reach") == "phone":
        query = query.where(Customer.phone.is_not(None))
    if asked.get("reach") == "email":
        query = query.where(Customer.email.is_not(None))
    if asked.get("wants"):
        query = _wanting(query, Channel(asked["wants"]))
    if asked.get("tag"):
        query = query.where(tagged(asked["tag"]))
    if asked.get("booked_from") or asked.get("booked_until"):
        query = query.where(_booked(asked))
    return query


def count(asked: dict[str, Any]) -> int:
    """Return how many customers a filter means."""
    return db.session.scalar(select(func.count()).select_from(chosen(asked).subquery())) or 0


def _wanting(query: Select[Any], channel: Channel) -> Select[Any]:
    """Keep those who take offers by a channel, and have an address there."""
    address = Customer.email if channel == Channel.EMAIL else Customer.phone
    stopped = exists().where(Suppression.channel == channel, Suppression.address == address)
    return query.where(address.is_not(None), ~stopped)


def _booked(asked: dict[str, Any]) -> Any:
    zone = ZoneInfo(asked.get("zone") or "UTC")
    conditions = [Booking.customer_id == Customer.id, Booking.state == BookingState.CONFIRMED]
    if asked.get("booked_from"):
        conditions.append(Booking.starts_at >= _midnight(asked["booked_from"], zone))
    if asked.get("booked_until"):
        last = date.fromisoformat(asked["booked_until"]) + timedelta(days=1)
        conditions.append(Booking.starts_at < _midnight(last.isoformat(), zone))
    return exists().where(*conditions)


def _midnight(day: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), zone)


def batches(asked: dict[str, Any], reached: int, last_id: int, size: int) -> Iterator[Batch]:
    """Go through the customers after an id, as they are at this moment."""
    while True:
        rows = db.session.execute(
            chosen(asked)
            .where(Customer.id > last_id)
            .order_by(Customer.id)
            .limit(size)
            .with_only_columns(
                Customer.id, Customer.phone, Customer.email, Customer.name, Customer.zone
            )
        ).all()
        db.session.commit()
        if not rows:
            return
        found = []
        for number, (_, *cells) in enumerate(rows, start=reached + 1):
            texts = [str(cell or "") for cell in cells]
            found.append(Found(number, texts, _who(texts)))
        last_id, reached = rows[-1].id, reached + len(rows)
        yield Batch(found, reached, last_id)


def _who(cells: list[str]) -> Person | Refused:
    try:
        return person(cells, CUSTOMER)
    except Refused as problem:
        return problem
