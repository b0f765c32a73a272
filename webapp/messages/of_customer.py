"""What the page of a customer shows of the list of who wants no offers."""

from collections.abc import Sequence
from typing import NamedTuple

from webapp.customers.models import Customer
from webapp.customers.sections import Section, sections
from webapp.messages.channels import Channel
from webapp.messages.models import Suppression
from webapp.messages.suppressing import found


class Way(NamedTuple):
    """A way to reach a customer, and the entry that keeps offers away from it, if there is one."""

    customer: Customer
    channel: Channel
    address: str
    entry: Suppression | None


def register() -> None:
    """Put the part on the page."""
    sections["offers"] = Section("Offers", "messages/_offers_of_customer.html", ways_of)


def ways_of(customer: Customer) -> Sequence[Way]:
    """Return the ways by which offers could reach a customer."""
    addresses = [(channel, address_of(customer, channel)) for channel in Channel]
    return [
        Way(customer, channel, address, found(channel, address))
        for channel, address in addresses
        if address
    ]


def address_of(customer: Customer, channel: Channel) -> str | None:
    """Return where a customer is reached by a channel."""
    return customer.email if channel == Channel.EMAIL else customer.phone
