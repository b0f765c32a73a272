"""What the desk changes of a customer."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import IntegrityError

from webapp.accounts.acting import record
from webapp.customers.models import Customer, CustomerTag
from webapp.extensions import db
from webapp.jobs import subjects

#: Told of a customer who was changed, with what the changed fields said before.
when_changed: list[Callable[[Customer, dict[str, Any]], None]] = []


class KnownAlready(Exception):
    """Another customer has this number or address."""


def change(customer: Customer, values: dict[str, Any]) -> None:
    """Store what the form says. Raises KnownAlready when another customer has the number."""
    values = {**values, "tags": _tags(customer, values.get("tags", []))}
    before = {name: getattr(customer, name) for name in values}
    changed = {name: value for name, value in values.items() if value != before[name]}
    if not changed:
        return
    try:
        with db.session.begin_nested():
            for name, value in changed.items():
                setattr(customer, name, value)
    except IntegrityError:
        raise KnownAlready from None
    subjects.renamed(customer)
    for tell in when_changed:
        tell(customer, {name: before[name] for name in changed})
    # Which fields, not what was in them: the record outlives the wish to be forgotten.
    record("customer.changed", f"Changed customer {customer.id}", about=customer, fields=[*changed])


def _tags(customer: Customer, words: list[str]) -> list[CustomerTag]:
    """Return the tags, those that stand already as the rows that they are."""
    known = {tag.tag: tag for tag in customer.tags}
    return [known.get(word) or CustomerTag(tag=word) for word in sorted(words)]
