"""A customer found again, or added: never twice, and never changed by what a stranger typed."""

import re
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute

from webapp.customers.contacts import Contact
from webapp.customers.models import Customer, CustomerTag
from webapp.extensions import db


def find(contact: Contact) -> Customer | None:
    """Return the customer with this number, or else with this address."""
    if contact.phone:
        known = db.session.scalar(select(Customer).where(Customer.phone == contact.phone))
        if known is not None:
            return known
    if not contact.email:
        return None
    by_email = select(Customer).where(Customer.email == contact.email)
    return db.session.scalar(by_email.order_by(Customer.id).limit(1))


def find_or_add(contact: Contact, *, zone: str) -> Customer:
    """Return the customer whom the contact names, added when unknown.

    Somebody who is known stays as the desk knows him: a form on the web proves nothing.
    """
    known = find(contact)
    if known is not None:
        return known
    customer = Customer(name=contact.name, phone=contact.phone, email=contact.email, zone=zone)
    try:
        with db.session.begin_nested():
            db.session.add(customer)
    except IntegrityError:  # added by somebody else in this very moment
        known = find(contact)
        if known is None:
            raise
        return known
    return customer


def holds(words: str, *columns: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Say in SQL that a column holds the words; a number may be typed with gaps in it."""
    found = [column.icontains(words, autoescape=True) for column in columns]
    digits = re.sub(r"[\s().-]", "", words)
    if digits != words and digits.lstrip("+").isdigit():
        found += [column.contains(digits, autoescape=True) for column in columns]
    return or_(*found)


MOST_TAGS = 200


def tags() -> list[str]:
    """Return the tags that customers have, in the order of the alphabet."""
    query = select(CustomerTag.tag).distinct().order_by(CustomerTag.tag).limit(MOST_TAGS)
    return list(db.session.scalars(query))


def tagged(tag: str) -> ColumnElement[bool]:
    """Say in SQL that a customer has a tag."""
    return Customer.tags.any(CustomerTag.tag == tag)
