"""A customer: found again by phone number or e-mail address."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.clock import now
from webapp.extensions import Model

_NO_PHONE_SQL = text("phone IS NULL")


class Customer(Model):
    """A person whom the business serves."""

    __tablename__ = "customers"
    __table_args__ = (
        # Who gave no number is known by the address alone, so that must be one row.
        Index(
            "uq_customers_email_alone",
            "email",
            unique=True,
            sqlite_where=_NO_PHONE_SQL,
            postgresql_where=_NO_PHONE_SQL,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    #: E.164, such as +919812345678.
    phone: Mapped[str | None] = mapped_column(String(16), unique=True)
    email: Mapped[str | None] = mapped_column(String(254), index=True)
    zone: Mapped[str] = mapped_column(String(64), default="UTC")
    note: Mapped[str] = mapped_column(String(2000), default="")
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)

    tags: Mapped[list["CustomerTag"]] = relationship(
        cascade="all, delete-orphan", order_by="CustomerTag.tag"
    )

    @property
    def told_as(self) -> str:
        """As the jobs about them are told and found."""
        return self.name

    @property
    def found_by(self) -> tuple[str | None, ...]:
        """By what the jobs about them are found beside the name."""
        return (self.phone, self.email)

    @property
    def tz(self) -> ZoneInfo:
        """The zone, to show times in."""
        return ZoneInfo(self.zone)


class CustomerTag(Model):
    """A word by which customers are found together, such as "regular"."""

    __tablename__ = "customer_tags"

    customer_id: Mapped[int] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True
    )
    tag: Mapped[str] = mapped_column(String(40), primary_key=True, index=True)
