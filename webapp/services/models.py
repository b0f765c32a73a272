"""A service: what can be booked, how long it takes, what it costs, and when it is open."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.clock import now
from webapp.extensions import Model
from webapp.services.money import words_for


class Service(Model):
    """Something a customer can book."""

    __tablename__ = "services"
    __table_args__ = (
        CheckConstraint(
            "minutes > 0 AND capacity > 0 AND price >= 0 AND lead_minutes >= 0", "sensible"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    #: Its place in the address of its public page.
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    minutes: Mapped[int]
    #: In the currency's smallest unit, such as paise; 0 is free.
    price: Mapped[int]
    #: ISO 4217.
    currency: Mapped[str] = mapped_column(String(3))
    #: Weekday, "0" for Monday, to its openings: [[minute of the day, minute of the day], ...].
    hours: Mapped[dict[str, Any]]
    #: How many can have the same time.
    capacity: Mapped[int] = mapped_column(default=1)
    #: Where it takes place: an IANA zone. Its hours are meant in this one.
    zone: Mapped[str] = mapped_column(String(64))
    #: How long before its start a time can still be booked.
    lead_minutes: Mapped[int] = mapped_column(default=60)
    days_ahead: Mapped[int] = mapped_column(default=30)
    #: How long before its start a booking's customer is reminded of it; 0: not at all.
    reminder_hours: Mapped[int] = mapped_column(default=24, server_default="24")
    published: Mapped[bool] = mapped_column(default=False, index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def tz(self) -> ZoneInfo:
        """The zone, to reckon with."""
        return ZoneInfo(self.zone)

    @property
    def price_words(self) -> str:
        """What it costs, as people write it."""
        return words_for(self.price, self.currency)

    @property
    def length_words(self) -> str:
        """How long it takes, in words."""
        hours, minutes = divmod(self.minutes, 60)
        parts = [_count(hours, "hour"), _count(minutes, "minute")]
        return " ".join(part for part in parts if part)

    def openings(self, weekday: int) -> list[tuple[int, int]]:
        """Return the openings of a weekday (Monday is 0) in minutes of the day."""
        return [(opens, closes) for opens, closes in self.hours.get(str(weekday), [])]


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}" if number else ""
