"""What the list of customers keeps about people, and how it is forgotten."""

from sqlalchemy import delete, update

from webapp.clock import now
from webapp.customers.models import Customer, CustomerTag
from webapp.extensions import db
from webapp.forgetting import Keeps, Person


def finally_forget(person: Person) -> None:
    """Leave of a customer a number, so that what they booked and paid can still be added up."""
    db.session.execute(delete(CustomerTag).where(CustomerTag.customer_id == person.customer_id))
    db.session.execute(
        update(Customer)
        .where(Customer.id == person.customer_id)
        .values(
            name=person.called, phone=None, email=None, note="", zone="UTC", erased_at=now()
        )
    )  # fmt: skip


KEEPS = Keeps(
    own={Customer: "name phone email note zone", CustomerTag: "tag"},
    finally_forget=finally_forget,
)
