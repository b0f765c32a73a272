"""What the list of customers keeps about people, and how it is forgotten."""

from webapp.clock import now
from webapp.customers.models import Customer, CustomerTag
from webapp.forgetting import Keeps, Person, change_rows, delete_rows


def finally_forget(person: Person) -> None:
    """Leave of a customer a number, so that what they booked and paid can still be added up."""
    delete_rows(CustomerTag, CustomerTag.customer_id == person.customer_id)
    nobody = {"name": person.called, "phone": None, "email": None, "note": "", "zone": "UTC"}
    change_rows(Customer, Customer.id == person.customer_id, **nobody, erased_at=now())


KEEPS = Keeps(
    own={Customer: "name phone email note zone", CustomerTag: "tag"},
    finally_forget=finally_forget,
)
