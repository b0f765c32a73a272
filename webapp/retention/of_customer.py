"""What the page of a customer shows of what is kept about them."""

from collections.abc import Sequence

from sqlalchemy import select

from webapp.customers.models import Customer
from webapp.customers.sections import Section, sections
from webapp.extensions import db
from webapp.retention.models import Erasure


def register() -> None:
    """Put the part on the page."""
    sections["retention"] = Section(
        "What is kept about them", "retention/_of_customer.html", erasures_of
    )


def erasures_of(customer: Customer) -> Sequence[Erasure]:
    """Return how the customer was erased, newest first."""
    mine = select(Erasure).where(Erasure.customer_id == customer.id)
    return db.session.scalars(mine.order_by(Erasure.id.desc()).limit(5)).all()
