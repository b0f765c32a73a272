"""What a message costs by a channel to a country, as the contracts with the providers say."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from sqlalchemy import delete, select

from webapp.accounts.acting import record
from webapp.campaigns.models import Price
from webapp.extensions import db, settings
from webapp.messages.channels import Channel
from webapp.messages.stopping import NAMES
from webapp.services.money import EXPONENTS, SYMBOLS
from webapp.services.seeding import ELSEWHERE, PLACES
from webapp.states import rows_changed

#: Any country that has no price of its own.
ELSEWHERE_CODE = "*"
MILLION = 1_000_000
MOST = 1_000 * MILLION


class NotAPrice(ValueError):
    """What was typed is no price; the text says it to the person."""


class Line(NamedTuple):
    """What the units of one channel to one country cost; None: nobody said a price."""

    channel: Channel
    country: str
    units: int
    price: Price | None

    @property
    def micros(self) -> int:
        """What they cost together."""
        return self.units * self.price.micros if self.price else 0


def listed() -> list[Price]:
    """Return every price, in the order in which they are read."""
    return list(db.session.scalars(select(Price).order_by(Price.channel, Price.country)))


def bill(units: Mapping[str, int]) -> list[Line]:
    """Say what units counted by "channel country" cost, the most first."""
    known = {(price.channel, price.country): price for price in listed()}
    lines = []
    for place, count in sorted(units.items(), key=lambda item: -item[1]):
        channel, _, country = place.partition(" ")
        price = known.get((channel, country)) or known.get((channel, ELSEWHERE_CODE))
        lines.append(Line(Channel(channel), country, count, price))
    return lines


def total(lines: list[Line]) -> dict[str, int]:
    """Add up by currency, in millionths."""
    sums: Counter[str] = Counter()
    for line in lines:
        if line.price:
            sums[line.price.currency] += line.micros
    return dict(sums)


def change(channel: Channel, country: str, micros: int, currency: str) -> None:
    """Say what a unit costs there."""
    db.session.merge(
        Price(channel=channel.value, country=country, micros=micros, currency=currency)
    )
    words = f"{NAMES[channel]} to {country_words(country)} costs {words_for(micros, currency)}"
    record("price.changed", words, channel=channel.value, country=country)


def remove(channel: Channel, country: str) -> bool:
    """Forget what a unit costs there. False when nobody had said it."""
    gone = db.session.execute(
        delete(Price).where(Price.channel == channel.value, Price.country == country)
    )
    if rows_changed(gone) != 1:
        return False
    words = f"Removed the price of {NAMES[channel]} to {country_words(country)}"
    record("price.removed", words, channel=channel.value, country=country)
    return True


def parse(typed: str) -> int:
    """Return what was typed in millionths of the currency's unit. Raises NotAPrice."""
    try:
        amount = Decimal(typed.strip()) * MILLION
    except InvalidOperation:
        raise NotAPrice("Write the price of one as a number, such as 0.25 or 0.0042.") from None
    if not amount.is_finite() or not 0 <= amount <= MOST:
        raise NotAPrice("The price of one must be between 0 and 1,000.")
    if amount != amount.to_integral_value():
        raise NotAPrice("At most six digits behind the point.")
    return int(amount)


def number_for(micros: int) -> str:
    """Return a price as it stands in a form field, such as 0.25."""
    return f"{Decimal(micros) / MILLION:f}".rstrip("0").rstrip(".") if micros else "0"


def words_for(micros: int, currency: str) -> str:
    """Return the price of one with all its digits: ₹0.125, ₹0.80."""
    symbol, digits = SYMBOLS.get(currency), EXPONENTS.get(currency, 2)
    whole, _, rest = number_for(micros).partition(".")
    number = f"{whole}.{rest:0<{digits}}" if digits or rest else whole
    return f"{symbol}{number}" if symbol else f"{currency} {number}"


def sum_words(sums: Mapping[str, int]) -> str:
    """Return what it costs together, rounded as money is: ₹12,400.50."""
    parts = []
    for currency, micros in sorted(sums.items()):
        digits = EXPONENTS.get(currency, 2)
        number = f"{Decimal(micros) / MILLION:,.{digits}f}"
        symbol = SYMBOLS.get(currency)
        parts.append(f"{symbol}{number}" if symbol else f"{currency} {number}")
    return " and ".join(parts) or "nothing"


def country_words(country: str) -> str:
    """Return a country as it stands in a list."""
    return {ELSEWHERE_CODE: "any other country", "": "a country that is not known"}.get(
        country, country
    )


def seed() -> None:
    """Give a house that is tried out some prices, so that its forecasts show any."""
    if db.session.scalar(select(Price.channel).limit(1)) is not None:
        return
    region = settings().phone_region
    currency = PLACES.get(region, ELSEWHERE).currency
    factor = {"INR": 1.0, "ZAR": 0.2, "AED": 0.04}.get(currency, 0.0125)
    for channel, here, abroad in (
        (Channel.SMS, 0.25, 4.0),
        (Channel.WHATSAPP, 0.8, 3.0),
        (Channel.EMAIL, 0.01, 0.01),
    ):
        for country, amount in ((region, here), (ELSEWHERE_CODE, abroad)):
            micros = round(amount * factor * 10_000) * 100
            db.session.add(
                Price(
                    channel=channel.value, country=country, micros=micros or 100, currency=currency
                )
            )
