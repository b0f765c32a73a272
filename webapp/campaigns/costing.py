"""What a campaign has cost so far, from what the providers charged for, by the prices of the house."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import select

from webapp.campaigns.models import Price
from webapp.extensions import db
from webapp.messages.channels import Channel
from webapp.messages.stopping import NAMES
from webapp.services.money import SYMBOLS

ANYWHERE = "*"
MILLION = 1_000_000


class Line(NamedTuple):
    """What was charged for by a channel to a country."""

    channel: Channel
    country: str | None
    units: int
    micros: int | None
    currency: str | None

    @property
    def place(self) -> str:
        """Channel and country, in words."""
        return f"{NAMES[self.channel]}{f' to {self.country}' if self.country else ''}"


class Cost(NamedTuple):
    """What was charged for, by place; and all of it, by currency, in millionths."""

    lines: list[Line]
    totals: dict[str, int]

    @property
    def units(self) -> int:
        """Everything that was charged for."""
        return sum(line.units for line in self.lines)

    @property
    def unpriced(self) -> list[Line]:
        """What has no price here."""
        return [line for line in self.lines if line.micros is None]

    @property
    def said(self) -> str | None:
        """All of it in words; None when nothing has a price."""
        return " + ".join(amount(micros, code) for code, micros in self.totals.items()) or None


def cost(billed: Mapping[str, int]) -> Cost:
    """Return what units cost that are counted by "channel country", as a batch has them."""
    prices = {(row.channel, row.country): row for row in db.session.scalars(select(Price))}
    lines, totals = [], Counter[str]()
    for place, units in sorted(billed.items()):
        channel, _, country = place.partition(" ")
        price = prices.get((channel, country)) or prices.get((channel, ANYWHERE))
        micros = price.micros * units if price else None
        if price:
            totals[price.currency] += price.micros * units
        lines.append(
            Line(Channel(channel), country or None, units, micros, price and price.currency)
        )
    return Cost(lines, dict(totals))


def amount(micros: int, currency: str) -> str:
    """Say an amount of money: "₹12.50", with more digits where it is less than one."""
    value = micros / MILLION
    number = f"{value:,.{4 if 0 < abs(value) < 1 else 2}f}"
    symbol = SYMBOLS.get(currency)
    return f"{symbol}{number}" if symbol else f"{currency} {number}"
