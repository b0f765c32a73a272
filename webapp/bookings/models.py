"""A booking, and the payment that it waits for."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import User
from webapp.clock import now
from webapp.customers.models import Customer
from webapp.extensions import Model
from webapp.services.models import Service
from webapp.services.money import words_for

#: How long a time is kept for somebody who has not paid yet.
HOLD = timedelta(minutes=10)
#: No vowels, which make words, and nothing that looks or sounds like something else.
LETTERS = "BCDFGHJKLMNPQRTVWXZ"


class BookingState(StrEnum):
    """Where a booking stands. ``refund_due``: paid, but its time went to somebody else."""

    HELD = "held"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUND_DUE = "refund_due"


_HELD_SQL = text("state = 'held'")


def new_reference() -> str:
    """Return eight letters that can be read out over the telephone."""
    return "".join(secrets.choice(LETTERS) for _ in range(8))


class Booking(Model):
    """One customer's time at one service."""

    __tablename__ = "bookings"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", "takes_time"),
        Index("ix_bookings_slots", "service_id", "starts_at"),
        Index("ix_bookings_day", "starts_at", "id"),
        Index("ix_bookings_state", "state", "starts_at"),
        Index(
            "ix_bookings_holds",
            "hold_until",
            sqlite_where=_HELD_SQL,
            postgresql_where=_HELD_SQL,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: What customer and desk call it.
    reference: Mapped[str] = mapped_column(String(8), unique=True, default=new_reference)
    #: Whoever has the link with this is the customer.
    token: Mapped[str] = mapped_column(
        String(43), unique=True, default=partial(secrets.token_urlsafe, 32)
    )
    #: The one-time key of the form it came from: the same form sent again is the same booking.
    form_key: Mapped[str] = mapped_column(String(80), unique=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    #: As it was typed for this booking; the customer's row is the desk's business.
    name: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str | None] = mapped_column(String(16))
    email: Mapped[str | None] = mapped_column(String(254))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    #: The zone in which the customer was shown the time.
    zone: Mapped[str] = mapped_column(String(64))
    state: Mapped[BookingState] = mapped_column(default=BookingState.HELD)
    hold_until: Mapped[datetime | None]
    #: In the currency's smallest unit.
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    refund_note: Mapped[str] = mapped_column(Text, default="")
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    confirmed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    version: Mapped[int] = mapped_column(default=1)

    service: Mapped[Service] = relationship()
    customer: Mapped[Customer] = relationship()
    payment: Mapped["Payment | None"] = relationship(back_populates="booking")
    confirmed_by: Mapped[User | None] = relationship()

    @property
    def tz(self) -> ZoneInfo:
        """The zone, to show times in."""
        return ZoneInfo(self.zone)

    @property
    def starts_here(self) -> datetime:
        """When it begins, on the clock that the customer was shown."""
        return self.starts_at.astimezone(self.tz)

    @property
    def ends_here(self) -> datetime:
        """When it ends, on the same clock."""
        return self.ends_at.astimezone(self.tz)

    @property
    def told_as(self) -> str:
        """As its jobs are told and found."""
        moment = self.starts_here
        return f"{self.name}, {self.service.name}, {moment.day} {moment:%B %H:%M}"

    @property
    def found_by(self) -> tuple[str | None, ...]:
        """By what its jobs are found beside that: whatever a person knows of it and its customer."""
        known = self.customer
        own = (self.reference, self.phone, self.email, f"{self.starts_here:%Y-%m-%d}")
        return (*own, known.name, known.phone, known.email)

    @property
    def price_words(self) -> str:
        """What it costs, as people write it."""
        return words_for(self.amount, self.currency)

    @property
    def standing(self) -> BookingState:
        """Where it stands at this moment: a hold that ran out is expired, marked so or not."""
        return BookingState.EXPIRED if self.lapsed else self.state

    @property
    def lapsed(self) -> bool:
        """Whether it was held for too long."""
        held = self.state == BookingState.HELD
        return held and self.hold_until is not None and self.hold_until <= now()

    @property
    def paid(self) -> bool:
        """Whether money came in."""
        return self.payment is not None and self.payment.state == PaymentState.PAID


class PaymentState(StrEnum):
    """Where a payment stands. ``mismatch``: the provider reports another amount than ours."""

    ASKED = "asked"
    CREATED = "created"
    PAID = "paid"
    FAILED = "failed"
    MISMATCH = "mismatch"


#: A payment in these can still come in.
OPEN = (PaymentState.ASKED, PaymentState.CREATED, PaymentState.FAILED, PaymentState.MISMATCH)


class Payment(Model):
    """The money for one booking: one order at the provider, paid at most once."""

    __tablename__ = "payments"

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id"), unique=True)
    #: Ours, told to the provider with the order, so that an order whose answer got lost is found.
    receipt: Mapped[str] = mapped_column(String(40), unique=True)
    order_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    payment_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[PaymentState] = mapped_column(default=PaymentState.ASKED)
    #: What went wrong, as the customer and the desk read it.
    problem: Mapped[str | None] = mapped_column(Text)
    #: Before the first request for the order left: from then on the provider may have it.
    ordered_at: Mapped[datetime | None]
    #: When the provider is asked next whether it was paid; NULL when nobody need ask.
    next_check_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    paid_at: Mapped[datetime | None]
    #: When the provider said that the money is ours to keep, and no longer only promised.
    captured_at: Mapped[datetime | None]

    booking: Mapped[Booking] = relationship(back_populates="payment")
